"""What holds of every saga: its undos are those of what was done, once, in reverse."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import stretto
from stretto.errors import Rejected, WorkUndone
from stretto.journal.letters import open_letters
from stretto.members import undoing
from stretto.patterns import saga
from stretto.runs import open_storage
from tests.patterns.sagas import WORLD, Crash, step, undo

if TYPE_CHECKING:
    from stretto.runs import Result, Storage

KINDS = ("ok", "ok", "ok", "ask", "refused", "fail", "reject")
ENDS: dict[str, Any] = {"fail": ValueError("no"), "reject": Rejected("no")}
Plan = list[list[tuple[str, str, bool, int]]]
"""Stages of steps: name, how it ends, whether something undoes it, how often that fails."""


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """A saga of up to three stages of up to three steps."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    one = st.tuples(st.sampled_from(KINDS), st.booleans(), st.sampled_from([0, 0, 0, 1, 2, 3, 9]))
    return [
        [(f"s{stage}{place}", *draw(one)) for place in range(size)]
        for stage, size in enumerate(sizes)
    ]


def build(plan: Plan) -> Any:
    """The saga, as another process would build it."""

    def made(name: str, kind: str, undone: bool) -> Any:  # noqa: FBT001
        ends = ENDS.get(kind, "ask" if kind in {"ask", "refused"} else "")
        return (step(name, ends), undo) if undone else step(name, ends)

    stages = [[made(name, kind, undone) for name, kind, undone, _ in stage] for stage in plan]
    return saga(*(stage if len(stage) > 1 else stage[0] for stage in stages))


def expected(plan: Plan) -> tuple[list[set[str]], bool]:
    """The steps that are done, stage by stage, and whether it comes to nothing."""
    done: list[set[str]] = []
    for stage in plan:
        done.append({name for name, kind, *_ in stage if kind in {"ok", "ask"}})
        if len(done[-1]) < len(stage):
            return done, True
    return done, False


def answers(plan: Plan, result: Result) -> dict[str, Any]:
    """What people say to all that is asked."""
    kinds = {name: kind for stage in plan for name, kind, *_ in stage}
    said: dict[str, Any] = {}
    for asked in result.interrupts:
        name = asked.value["action_requests"][0]["args"]["step"]
        word = "approve" if kinds[name] == "ask" else "reject"
        said[asked.id] = {"decisions": [{"type": word}]}
    return said


async def carried_out(plan: Plan, storage: Storage, *, crash_at: int) -> Exception | None:
    """Run it to its end, through questions and the end of one process; gives what it raised."""
    WORLD.crash_at, begun = crash_at, False
    said: dict[str, Any] = {}
    for _ in range(12):
        graph = build(plan)
        try:
            if begun:
                result = await stretto.resume(graph, "t", answers=said, storage=storage)
            else:
                begun = True
                result = await stretto.run(graph, "go", thread="t", storage=storage)
            said = answers(plan, result)
            if not said:
                return None
        except Crash:
            said = {}
        except Exception as error:  # noqa: BLE001 - it is what is looked at
            return error
    raise AssertionError("it does not end")


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    async def sleep(_: float) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(undoing, "SLEEP", sleep)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=plans(), crash_at=st.integers(0, 14))
async def test_undos_are_those_of_what_was_done_once_in_reverse(plan: Plan, crash_at: int) -> None:
    """Whatever fails, is refused or asked, and wherever the process ends.

    A step in which the process ended, and that failed when it was begun again, may have been done
    the first time: that is for a person to find out.
    """
    WORLD.forget()
    done, broken = expected(plan)
    failing = {name: count for stage in plan for name, _, _, count in stage}
    undone = {name for stage in plan for name, _, can, _ in stage if can}
    WORLD.fails = {f"undo {n}": [ValueError("busy")] * count for n, count in failing.items()}
    with tempfile.TemporaryDirectory() as home:
        async with open_storage(home=Path(home)) as storage:
            error = await carried_out(plan, storage, crash_at=crash_at)
            letters = {letter.name for letter in await open_letters(storage.journal)}
    did = [what for what in WORLD.once if " " not in what]
    assert set(did) == set().union(*done)
    assert [{n for n in did if n in stage} for stage in done] == done
    if not broken:
        assert error is None
        assert not [what for what in WORLD.log if what.startswith("undo")]
        return
    assert isinstance(error, ValueError | Rejected | WorkUndone)
    owed = [name for name in reversed(did) if name in undone]
    dead = {name for name in owed if failing[name] > 2}
    assert [w for w in WORLD.once if w.startswith("undo")] == [
        f"undo {name}" for name in owed if name not in dead
    ]
    crashed = 0 < crash_at <= WORLD.events
    unknown = {name for name in undone - set(did) if crashed}  # begun, and it never came back
    assert dead <= letters <= dead | unknown
