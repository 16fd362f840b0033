"""The team `feature`: what is to be built, who may do what, and what the lead does next."""

from __future__ import annotations

import asyncio
import keyword
import re
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import RunnableConfig  # noqa: TC002 - LangGraph reads it
from langgraph.runtime import Runtime  # noqa: TC002 - how LangGraph knows what to give
from typing_extensions import TypedDict

from stretto import Project, effect
from stretto.errors import InvalidInput
from stretto.members.decisions import decided
from stretto.patterns import decide
from stretto.patterns.brief import request_of
from stretto.policy import Authority
from stretto.state import Delegate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

AGAIN = 2
"""Rounds after red tests that the lead decides on alone; beyond that a person is asked."""
LEAD = Authority(span=6, may_decide={"another round": AGAIN})
"""Merging is in nobody's authority, so a person is always asked."""
FRONTEND = Authority(tools=frozenset({"build_frontend", "put_frontend", "look_at", "overview"}))
BACKEND = Authority(tools=frozenset({"build_backend", "put_backend", "look_at", "overview"}))
INFRASTRUCTURE = Authority(
    tools=frozenset({"build_infrastructure", "put_infrastructure", "look_at", "overview"})
)
ORDER = ("frontend", "backend", "infrastructure")
SHOWN = 3_000
"""Characters of a failure that an area is told."""
_NAMED = re.compile(
    r"(?i)\b(?:list|page|status) (?:of|for) (?:the |all )?(\w+)|\b(?:called|named) (\w+)"
)
_QUOTED = re.compile(r"['\"`](\w+)['\"`]")
_PLAIN = re.compile(r"[a-z][a-z0-9_]{1,29}")


class FeatureContext(TypedDict, total=False):
    """The context of a run; it may be left out."""

    repository: str
    """A folder in the repository, by default the working directory."""


class Feature(TypedDict, total=False):
    """What the team holds of a feature."""

    request: str
    repository: str
    main: str
    """The branch that the checkout is on, which the feature begins at."""
    base: str
    """Its commit."""
    name: str
    recipe: str
    """`list`, `status`, or `none` where the areas write it themselves."""
    tasks: dict[str, str]
    """What each area is to do."""
    home: str
    """The folder of the rooms."""
    rooms: dict[str, str]
    """Worktrees by area, and the one where all come together."""
    unit: dict[str, str]
    """What is wrong with each area's part; an empty text where it is green."""
    integration: dict[str, str]
    """What is wrong with all of it, by the area that is to mend it; empty when green."""
    commit: str
    """The feature's last commit, when all is green."""
    merged: dict[str, Any]
    """Whether it was merged (`done`), and what is to be told (`said`)."""


def look(state: Mapping[str, Any], runtime: Runtime[FeatureContext]) -> dict[str, Any]:
    """Looks at the repository, and at what is wanted.

    Raises:
        InvalidInput: There is no repository, no commit in it, or it is on no branch.
    """
    step = Project.at(__file__).step
    request = request_of(state["messages"][-1:])[0].strip()
    if not request:
        raise InvalidInput("nothing is asked for. Say what is to be built.")
    root = step("repository.repository_of")(runtime.context)
    base = step("repository.commit_of")(root, "HEAD")
    if not step("repository.holds")(root, "symbolic-ref", "--quiet", "HEAD"):
        raise InvalidInput(f"{root!r} is on no branch. Check one out, such as main.")
    main = step("repository.text_of")(root, "symbolic-ref", "--short", "HEAD")
    empty: dict[str, Any] = {"unit": {}, "integration": {}, "commit": "", "merged": {}}
    return {"request": request, "repository": root, "base": base, "main": main, **empty}


async def planned(state: Mapping[str, Any], config: RunnableConfig) -> dict[str, Any]:
    """Opens a room for each area: a worktree on a branch of its own.

    Raises:
        InvalidInput: The feature's branch is there already.
    """
    step = Project.at(__file__).step
    said = state["results"].get("planner")
    parts: Mapping[str, Any] = said if isinstance(said, dict) else {}
    recipe = str(parts.get("recipe"))
    recipe = recipe if recipe in step("feature_recipes.RECIPES") else "none"
    name = name_of(str(parts.get("name", "")), state["request"], recipe)
    home = str(await asyncio.to_thread(step("feature_rooms.home_of"), config))
    plan = {"name": name, "recipe": recipe}
    rooms = await effect(
        "open_rooms",
        step("feature_rooms.open_rooms"),
        state["repository"],
        state["base"],
        plan,
        home,
    )
    await decided("plan", f"{name} by recipe {recipe}", reason="as the request says")
    tasks = {area: str(parts.get(area) or state["request"]) for area in ORDER}
    return {"name": name, "recipe": recipe, "tasks": tasks, "home": home, "rooms": rooms}


def name_of(said: str, request: str, recipe: str) -> str:
    """What a feature is called: as the planner says where that can be, else as the request says."""
    quoted, named = _QUOTED.search(request), _NAMED.search(request)
    found = [said, quoted[1] if quoted else "", (named[1] or named[2]) if named else ""]
    found += [recipe if recipe != "none" else "", "feature"]
    names = (each.lower() for each in found)
    return next(n for n in names if _PLAIN.fullmatch(n) and not keyword.iskeyword(n))


async def lead(state: Mapping[str, Any]) -> Delegate | list[Delegate] | str:
    """Leads the areas: gives out work, has it tested, and goes on only where tests are green."""
    work = state.get("work") or []
    if not work:
        return [Delegate(worker=area, task=task_of(state, area)) for area in ORDER]
    last, number = work[-1].worker, rounds(work)
    if last in ORDER:
        return Delegate(worker="unit_tests", task=f"Test each part, round {number}.")
    red = {a: why for a, why in (state["unit"] | state["integration"]).items() if why}
    if red:
        return await _again(state, red, number)
    if last == "unit_tests":
        return Delegate(worker="integration_tests", task=f"Test all together, round {number}.")
    return str(state["merged"]["said"]) if state["merged"] else await _merging(state)


async def _merging(state: Mapping[str, Any]) -> Delegate | str:
    """Have a person asked whether the feature goes in."""
    branch = f"feature/{state['name']}"
    found = await decide(
        "merge",
        reason=f"{branch} is green at {state['commit'][:12]}; it would go into {state['main']}",
        branch=branch,
        into=state["main"],
    )
    if found.granted:
        return Delegate(worker="merger", task=f"Merge {branch}.")
    return f"Not merged: {found.reason or 'a person said no'}."


async def _again(
    state: Mapping[str, Any], red: Mapping[str, str], number: int
) -> list[Delegate] | str:
    """Ask the areas once more whose part is red, where that may be done."""
    first = next(iter(red.values())).strip().splitlines()[-1]
    why = f"tests of {', '.join(red)} are red after round {number}: {first}"
    found = await decide("another round", number, reason=why)
    if not found.granted:
        return f"Stopped: {why}"
    return [
        Delegate(worker=area, task=f"{task_of(state, area)}\nround: {number + 1}, because:\n"
                 f"{said[-SHOWN:]}")
        for area, said in red.items()
    ]  # fmt: skip


def rounds(work: Sequence[Any]) -> int:
    """How often areas have been given work, those of one message counted once."""
    areas = [each.worker in ORDER for each in work]
    return sum(now and not before for before, now in zip([False, *areas], areas, strict=False))


def task_of(state: Mapping[str, Any], area: str) -> str:
    """The task of an area, in words."""
    if state["recipe"] == "none":
        return f"Do the {area} part of {state['name']!r}; no recipe fits: {state['tasks'][area]}"
    return (
        f"Build the {area} of this feature from its recipe.\nrecipe: {state['recipe']}\n"
        f"name: {state['name']}\nroute: /api/{state['name']}\npage: /{state['name']}\n"
        f"wanted: {state['tasks'][area]}"
    )
