"""Pauses threads of one team wherever they can be, resumes them in another, and says what came."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from stretto.check.reading.compiled import read_graph
from stretto.checkpoint.serializer import serializer
from stretto.comparing import going_on, waiting_threads
from stretto.errors import StateUnavailable
from tests.comparing.watching import RAN, kill

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from stretto.check.facts import Graph
    from stretto.comparing import Verdict, Waiting

CONFIG: Any = {"configurable": {"thread_id": "1"}, "recursion_limit": 100}
GIVEN: Any = {"messages": [("user", "Go.")]}
YES = {"decisions": [{"type": "approve"}]}


@dataclass(frozen=True)
class Whole:
    """A turn from its beginning to its end."""

    ran: Counter[str]
    asked: int
    results: dict[str, Any]


@dataclass(frozen=True)
class Both:
    """Two versions of a team, and the facts of each."""

    old: Any
    new: Any
    before: Graph
    after: Graph
    said: list[Verdict]


@dataclass(frozen=True)
class Trial:
    """A thread that was paused in the old team and resumed in the new one."""

    at: str
    """The step that was killed; empty where it waits for a person."""
    said: Waiting
    wrong: str
    """Why it did not go on; empty where it did."""


async def trials(old: Any, new: Any, *, every: bool = False) -> AsyncIterator[Trial]:
    """Pause a thread in each piece of work of the old team, and at each question; resume each.

    Args:
        old: The team in which it is paused.
        new: That in which it is resumed.
        every: Whether those are resumed, too, that are not said to go on.
    """
    whole, begun = await _whole(old), await _whole(new)
    if whole is None or begun is None:  # such a team cannot end this turn by itself
        return
    before, after = read_graph(old), read_graph(new)
    both = Both(old, new, before, after, going_on(before, after))
    for at in whole.ran:
        trial = await _trial(both, (whole, begun), at, 0, every=every)
        for _ in range(3):  # a kill may come between the work beside it and its being stored
            if trial.wrong.endswith("times"):
                trial = await _trial(both, (whole, begun), at, 0, every=every)
        yield trial
    for answered in range(whole.asked):
        yield await _trial(both, (whole, begun), "", answered, every=every)


async def _whole(graph: Any) -> Whole | None:
    RAN.clear()
    kill("")
    saved = graph.copy({"checkpointer": InMemorySaver(serde=serializer())})
    try:
        said = await saved.ainvoke(GIVEN, CONFIG)
        said, asked = await _finished(saved, said)
    except Exception:  # noqa: BLE001 - any fault makes the team useless here
        return None
    return Whole(Counter(RAN), asked, said.get("results", {}))


async def _finished(graph: Any, said: Any) -> tuple[Any, int]:
    asked = 0
    while "__interrupt__" in said:
        asked += len(said["__interrupt__"])
        assert asked < 20, "it asks for ever"
        said = await graph.ainvoke(
            Command(resume={each.id: YES for each in said["__interrupt__"]}), CONFIG
        )
    return said, asked


async def _trial(
    both: Both, known: tuple[Whole, Whole], at: str, answered: int, *, every: bool
) -> Trial:
    RAN.clear()
    kill(at)
    saver = InMemorySaver(serde=serializer())
    graph, after = (each.copy({"checkpointer": saver}) for each in (both.old, both.new))
    answers: set[str] = set()
    try:
        said = await graph.ainvoke(GIVEN, CONFIG)
        while "__interrupt__" in said and (at or len(answers) < answered):
            one = said["__interrupt__"][0]
            answers.add(one.id)
            said = await graph.ainvoke(Command(resume={one.id: YES}), CONFIG)
    except StateUnavailable:
        assert at
    kill("")
    (told,) = await waiting_threads(both.before, both.after, saver, both.said)
    if told.going != "goes on" and not every:
        return Trial(at, told, "")
    state = await graph.aget_state(CONFIG)
    given = {each.id: YES for each in state.interrupts if each.id not in answers}
    try:
        said = await after.ainvoke(Command(resume=given) if given else None, CONFIG)
        said, more = await _finished(after, said)
    except Exception as error:  # noqa: BLE001 - whatever it is, the thread did not go on
        return Trial(at, told, f"{type(error).__name__}: {error}"[:200])
    now = Whole(Counter(RAN), len(answers) + len(given) + more, said.get("results", {}))
    return Trial(at, told, _wrong(now, known))


def _wrong(now: Whole, known: tuple[Whole, Whole]) -> str:
    """What was lost or done twice: more or less than either version does from the beginning."""
    for what in sorted({*now.ran, *(name for each in known for name in each.ran)}):
        counts = [each.ran[what] for each in known]
        if now.ran[what] < min(counts):
            return f"{what} was not done"
        if now.ran[what] > max(counts):
            return f"{what} was done {now.ran[what]} times"
    if not min(k.asked for k in known) <= now.asked <= max(k.asked for k in known):
        return f"{now.asked} questions"
    for name in set.intersection(*(set(each.results) for each in known)):
        if now.results.get(name) not in [each.results[name] for each in known]:
            return f"the result of {name} is {now.results.get(name)!r}"
    return ""
