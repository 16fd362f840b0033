"""Pauses real threads in an old graph, resumes them in a new one, and says what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from stretto.check.reading.compiled import read_graph
from stretto.comparing import waiting_threads
from tests.comparing.small import ahead, module, whole

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from stretto.comparing import Waiting
    from tests.comparing.small import Small

CONFIG: Any = {"configurable": {"thread_id": "1"}}
GIVEN = {"go": "go"}


@dataclass(frozen=True)
class Trial:
    """A thread that was paused in the old graph and resumed in the new one."""

    said: Waiting
    """What was told beforehand."""
    wrong: str
    """Why it did not go on; empty where it did."""


async def trials(
    old: Small, new: Small, picked: frozenset[str], folder: Path
) -> AsyncIterator[Trial]:
    """Pause a thread at each function of the old graph, and wherever it asks; resume each."""
    from tests.comparing.small import places

    if await _fails(old, picked, folder) or await _fails(new, picked, folder):
        return
    for crash in ["", *places(old)]:
        for answered in range(3 if not crash else 1):
            trial = await _trial(old, new, picked, folder, crash=crash, answered=answered)
            if trial is not None:
                yield trial


async def _fails(small: Small, picked: frozenset[str], folder: Path) -> bool:
    """Whether a graph fails by itself."""
    made = module(small, folder)
    made.PICK |= picked
    try:
        await _finished(made.builder.compile(checkpointer=InMemorySaver()), GIVEN)
    except Exception:  # noqa: BLE001 - any fault makes the graph useless here
        return True
    return False


async def _finished(graph: Any, given: Any) -> Any:
    """Run to the end; whatever is asked is answered "later"."""
    said = await graph.ainvoke(given, CONFIG)
    for _ in range(12):
        if "__interrupt__" not in said:
            return said
        answers = {each.id: "later" for each in said["__interrupt__"]}
        said = await graph.ainvoke(Command(resume=answers), CONFIG)
    raise AssertionError("it asks for ever")


async def _trial(
    old: Small, new: Small, picked: frozenset[str], folder: Path, *, crash: str, answered: int
) -> Trial | None:
    saver = InMemorySaver()
    before, after = module(old, folder), module(new, folder)
    before.PICK |= picked
    after.PICK |= picked
    before.CRASH |= {crash} if crash else set()
    graph = before.builder.compile(checkpointer=saver)
    try:
        said = await graph.ainvoke(GIVEN, CONFIG)
        for _ in range(answered):  # wait at a later question
            if "__interrupt__" not in said:
                return None
            first = {said["__interrupt__"][0].id: "early"}
            said = await graph.ainvoke(Command(resume=first), CONFIG)
    except RuntimeError:
        said = {}
    state = await graph.aget_state(CONFIG, subgraphs=True)
    if not state.next:
        return None
    facts = read_graph(before.builder.compile()), read_graph(after.builder.compile())
    told = await waiting_threads(*facts, saver)
    assert [each.thread for each in told] == ["1"], told
    wrong = await _resumed(old, new, picked, (before, after), saver, state)
    return Trial(told[0], wrong)


async def _resumed(  # noqa: PLR0917 - an experiment
    old: Small, new: Small, picked: frozenset[str], made: Any, saver: Any, state: Any
) -> str:
    """Resume a thread in the new graph; why it did not go on."""
    before, after = made
    done = set(before.RAN)
    asked = {each.id for each in state.interrupts}
    graph = after.builder.compile(checkpointer=saver)
    now = await graph.aget_state(CONFIG, subgraphs=True)
    if {each.id for each in now.interrupts} != asked:
        return "its questions are not known"
    expected, waits = _expected(old, new, picked, state, done)
    given = Command(resume=dict.fromkeys(sorted(asked), "yes")) if asked else None
    try:
        said = await _finished(graph, given)
    except Exception as error:  # noqa: BLE001 - whatever it is, the thread did not go on
        return f"{type(error).__name__}: {error}"
    ran = set(after.RAN)
    if ran != expected:
        return f"{sorted(ran)} ran, and {sorted(expected)} were to"
    askers = _askers(state) - _led_to(new, {task.name for task in state.tasks}, picked)
    lost = {name for name in askers if "yes" not in said.get(f"k_{name}", "").split()}
    if lost:
        return f"answers were lost: {lost}"
    last = (await saver.aget_tuple(CONFIG)).checkpoint["channel_values"]
    stuck = {key for key, value in last.items() if key.startswith("join:") and value}
    own = {f"join:{'+'.join(s)}:{b}" for s, b in whole(new, picked)[1]}
    if (stuck | {f"join:{'+'.join(s)}:{b}" for s, b in waits}) - own:
        return f"it still waits: {stuck}, {waits}"
    plain = {step.name for step in old.steps if step.inner is None}
    ended = {task.name for task in state.tasks if task.result is not None}
    kept = {f"k_{name}" for name in ended & plain}
    gone = kept - set(said)
    return f"results were lost: {gone}" if gone else ""


def _askers(state: Any) -> set[str]:
    """The nodes of the outermost graph that ask."""
    return {
        task.name
        for task in state.tasks
        if len(task.interrupts) == 1 and task.state is None and task.result is None
    }


def _expected(
    old: Small, new: Small, picked: frozenset[str], state: Any, done: set[str]
) -> tuple[set[str], set[Any]]:
    """What is to run in the new graph, and which joins wait for ever, if nothing is lost."""
    tasks = {task.name: task for task in state.tasks}
    arrived: dict[Any, set[str]] = {}
    whole_ones = {step.name for step in old.steps if _ended(old, step.name, done)} - set(tasks)
    for join in new.joins:
        if join[1] not in done | set(tasks):
            arrived[join] = whole_ones & set(join[0])
    ran, waits = ahead(new, set(tasks), arrived, picked)
    for name, task in tasks.items():
        finished = task.result is not None
        step = next((s for s in new.steps if s.name == name), None)
        again = _led_to(new, set(tasks), picked)
        if step is None or name in again:
            continue
        mine = {r for r in ran if r == name or r.startswith(f"{name}_")}
        if finished:
            ran -= mine
        elif step.inner is not None and task.state is not None and hasattr(task.state, "tasks"):
            before = next(s for s in old.steps if s.name == name)
            if before.inner is not None:
                inside = _inside(before.inner, step.inner, picked, task.state, done, f"{name}_")
                ran = (ran - mine) | inside
    return ran, waits


def _inside(  # noqa: PLR0917 - a place in an experiment
    old: Small, new: Small, picked: frozenset[str], state: Any, done: set[str], prefix: str
) -> set[str]:
    tasks = {task.name: task for task in state.tasks}
    if not tasks:
        return ahead(new, {"START"}, {}, picked, prefix)[0]
    ended = {s.name for s in old.steps if f"{prefix}{s.name}" in done} - set(tasks)
    arrived = {j: ended & set(j[0]) for j in new.joins if j[1] not in ended | set(tasks)}
    ran, _ = ahead(new, set(tasks), arrived, picked, prefix)
    again = _led_to(new, set(tasks), picked, prefix)
    finished = {n for n, t in tasks.items() if t.result is not None and n not in again}
    return ran - {f"{prefix}{name}" for name in finished}


def _ended(small: Small, name: str, done: set[str]) -> bool:
    return name in done or any(each.startswith(f"{name}_") for each in done)


def _led_to(small: Small, begun: set[str], picked: frozenset[str], prefix: str = "") -> set[str]:
    """The nodes that are started after these, which may be some of them again."""
    first: set[str] = set()
    for name in begun & set(small.names):
        first |= {b for a, b in small.edges if a == name}
        for source, yes, no in small.picks:
            if source == name:
                first |= set(yes if f"{prefix}{name}" in picked else no)
        first |= {b for s, b in small.joins if name in s}
    seen: set[str] = set()
    while first - seen:
        name = (first - seen).pop()
        seen.add(name)
        first |= {b for a, b in small.edges if a == name}
        first |= {t for s, yes, no in small.picks if s == name for t in (*yes, *no)}
        first |= {b for s, b in small.joins if name in s}
    return seen
