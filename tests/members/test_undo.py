"""What undoes a step is found by its name, and called with what the step gave and was given."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import ToolMessage
from pydantic import BaseModel

import stretto
from stretto.errors import InvalidInput, WorkUndone
from stretto.members import member
from stretto.members.compensation import in_peace
from stretto.members.undo import Given, call_undo, undo_effect, undo_function
from stretto.policy import Policy
from stretto.records import Compensated
from stretto.spec import undo as declared
from stretto.spec.module import load_module
from stretto.spec.undo import undo_name, undo_of
from stretto.state import Plan, Review, Task

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stretto.runs import Storage

SEEN: list[Any] = []


@pytest.fixture(autouse=True)
def seen() -> list[Any]:
    """Nothing has been undone yet."""
    SEEN.clear()
    return SEEN


class Room(BaseModel):
    """A pydantic value."""

    number: int


class Desk:
    """A class with a function that is no method."""

    @staticmethod
    def clear(result: Any) -> None:
        """Undo something."""
        SEEN.append(result)


def plain(result: Any, *args: Any, **kwargs: Any) -> None:
    """Undo something."""
    SEEN.append((result, args, kwargs))


def fitted(result: Room, room: Room, *, other: Room) -> None:
    """Undo something with pydantic values."""
    SEEN.append((result, room, other))


def listed(result: list[int]) -> None:
    """Undo what a tool gave as JSON."""
    SEEN.append(result)


def whole(result: ToolMessage) -> None:
    """Undo what a tool did, from its message."""
    SEEN.append(result.tool_call_id)


async def slow(result: Any) -> None:
    """Never ends."""
    SEEN.append("begun")
    await asyncio.Event().wait()


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("function", [plain, Desk.clear])
def test_a_function_is_found_by_its_name(
    function: Callable[..., Any], *, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Declared in this process, or in another one."""
    name = undo_name(function)
    if not known:
        monkeypatch.setattr(declared, "_declared", {})
    assert undo_function(name) is function


def test_a_name_that_leads_nowhere_is_told() -> None:
    """With the name."""
    for name in ("no.module:f", "json:nothing", f"{__name__}:SEEN", ":f", "tests:"):
        with pytest.raises(InvalidInput, match="is not found here"):
            undo_function(name)


def test_files_that_were_loaded_under_made_up_names_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project's tools and graphs, as `stretto`, `langgraph dev` or another checkout load them."""
    text = "def give_back(result):\n    return 'undone'\n"
    for folder in ("tools", "graphs"):
        (tmp_path / folder).mkdir()
    (tmp_path / "tools" / "till.py").write_text(text)
    (tmp_path / "graphs" / "corner-shop.py").write_text(text)
    config = {"dependencies": ["."], "graphs": {"shop": "./graphs/corner-shop.py:graph"}}
    (tmp_path / "langgraph.json").write_text(json.dumps(config))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(declared, "_declared", {})
    own = load_module(tmp_path / "tools" / "till.py").give_back
    del sys.modules[own.__module__]
    for name in (
        f"{own.__module__}:give_back",
        "stretto_file_0123abcd_till:give_back",
        "__deps__project__tools__till:give_back",
        "__deps__project__graphs__corner-shop:give_back",
        "stretto_file_0123abcd_corner_shop:give_back",
    ):
        assert undo_function(name)(None) == "undone", name


def test_undos_of_tools_are_read_from_wherever_they_are_marked() -> None:
    """On the function, or in the metadata of a LangChain tool."""

    def charge() -> None:
        """Charge."""

    assert undo_of(charge) == ""
    marked = stretto.tool(effect="ask", undo=plain)(charge)
    assert undo_of(marked) == f"{__name__}:plain"
    wrapped = type("Wrapped", (), {"func": marked, "metadata": None})()
    assert undo_of(wrapped) == f"{__name__}:plain"
    named = type("Named", (), {"metadata": {"stretto_undo": plain}})()
    assert undo_of(named) == f"{__name__}:plain"


def test_an_undo_that_is_not_declared_counts_as_idempotent() -> None:
    """Nobody is asked in the middle of an undoing."""
    assert undo_effect(plain) == "idempotent"
    assert undo_effect(stretto.tool(effect="fail")(lambda: None)) == "fail"


async def test_values_come_as_the_undo_declares_them(seen: list[Any]) -> None:
    """By position and by name."""
    given = Given({"number": 1}, ({"number": 2},), {"other": {"number": 3}})
    await call_undo(fitted, given, 5)
    assert seen == [(Room(number=1), Room(number=2), Room(number=3))]
    seen.clear()
    await call_undo(plain, given, 5)
    assert seen == [({"number": 1}, ({"number": 2},), {"other": {"number": 3}})]


async def test_a_tools_result_is_what_it_returned(seen: list[Any]) -> None:
    """Text, JSON, or the message itself."""
    message = ToolMessage("[1, 2]", tool_call_id="c1")
    for undo in (plain, listed, whole):
        await call_undo(undo, Given(message), 5)
    assert seen == [("[1, 2]", (), {}), [1, 2], "c1"]
    await call_undo(listed, Given(ToolMessage("no JSON", tool_call_id="c1")), 5)
    assert seen[-1] == "no JSON"


async def test_an_undo_that_hangs_is_left(seen: list[Any]) -> None:
    """After the time it has."""
    with pytest.raises(TimeoutError):
        await call_undo(slow, Given(), 0.001)
    assert seen == ["begun"]


async def test_peace_has_an_end() -> None:
    """What was cancelled is waited for, but not for ever; a second cancellation ends it."""
    ended: list[str] = []
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("left")

    await in_peace(work(), 0.001)
    assert ended == ["left"]
    begun.clear()
    waiting = asyncio.create_task(in_peace(work(), 60))
    await begun.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended == ["left", "left"]


def test_a_policys_undo_is_checked_when_the_member_is_made() -> None:
    """What nobody could find again is refused."""

    def worker(state: Any) -> str:
        """Works."""
        return "done"

    with pytest.raises(InvalidInput, match="a lambda"):
        member(worker, policy=Policy(undo=lambda output, brief: None))


def undo_work(output: Any, brief: dict[str, Any]) -> None:
    """Undo a member's whole work."""
    SEEN.append(("work", output))


async def test_a_members_policy_undoes(storage: Storage, seen: list[Any]) -> None:
    """`Policy(undo=)` notes the whole work, `compensate=` undoes what was done within."""
    tasks = [Task(id="a", goal="A", executor="worker"), Task(id="b", goal="B", executor="fails")]
    tasks[1] = tasks[1].model_copy(update={"needs": ["a"]})

    def worker(state: Any) -> str:
        """Works."""
        return f"did {state['task'].id}"

    async def fails(state: Any) -> str:
        """Does something, and fails."""
        await stretto.effect("step", lambda: "given", effect="idempotent", undo=plain)
        raise ValueError("no")

    def planner(state: Any) -> Plan:
        """Plans."""
        return Plan(tasks=tasks)

    def reviewer(state: Any) -> Review:
        """Reviews."""
        return Review(verdict="accept", reason="fine")

    graph = stretto.plan(
        planner,
        [
            member(worker, policy=Policy(undo=undo_work)),
            member(fails, policy=Policy(compensate=True)),
        ],
        reviewer,
    )
    with pytest.raises(Exception, match="no"):
        await stretto.run(graph, "go", thread="t", storage=storage)
    assert seen == [("given", (), {})]
    with pytest.raises(WorkUndone, match="'fails' failed"):
        await stretto.resume(graph, "t", storage=storage)
    made = await stretto.compensate("t", storage=storage)
    assert [each.step.start.name for each in made] == ["worker"]
    assert seen[1:] == [("work", "did a")]
    records = await storage.journal.records("t")
    assert [r.step for r in records if isinstance(r, Compensated)] == ["step", "worker"]
