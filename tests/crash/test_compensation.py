"""Killed in the middle of an undoing, a resume undoes the rest: each step once, in reverse."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from stretto.journal.letters import open_letters
from stretto.records import Compensated, CompensationStarted
from stretto.runs import open_storage
from tests.crash.processes import child

if TYPE_CHECKING:
    from pathlib import Path

CHILD = """
import asyncio, json, sys
from pathlib import Path
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict
import stretto
from stretto import effect, idempotency_key, tool
from stretto.members.compensation import compensating
from stretto.members.where import here
from stretto.testing import count_writes, kill_at

log, home, kill, when, mode = sys.argv[1:]

def note(what):
    with open(log, "a") as file:
        file.write(json.dumps([what, idempotency_key()]) + chr(10))

def book(what):
    note("book " + what)
    return what

def cancel(result, what):
    note("cancel " + what)

@tool(effect="ask")
def careful(result, what):
    note("cancel " + what)

async def work():
    await effect("book", book, "a", effect="idempotent", undo=cancel)
    await effect("book", book, "b", effect="idempotent", undo=careful)
    await effect("book", book, "c", effect="idempotent", undo=cancel)
    raise ValueError("the hotel is full")

class State(TypedDict, total=False):
    done: list

async def trip(state):
    return await compensating(here(), "trip", work)

async def main():
    graph = StateGraph(State)
    graph.add_node("trip", trip)
    graph.add_edge(START, "trip")
    place = {"url": home} if home.startswith("postgres") else {"home": Path(home)}
    async with stretto.open_storage(**place) as storage:
        writes = kill_at(storage, int(kill), when) if int(kill) else count_writes(storage)
        try:
            if mode == "run":
                await stretto.run(graph, {}, thread="t", storage=storage)
            else:
                await stretto.resume(graph, "t", storage=storage)
        except Exception as error:
            print(json.dumps({"writes": writes.count, "error": type(error).__name__}))

asyncio.run(main())
"""


async def ran(*arguments: str) -> tuple[int, dict[str, Any]]:
    """Run the program to its end; give its return code and what it says."""
    code, out = await child(CHILD, *arguments)
    return code, json.loads(out) if out.strip() else {}


async def judge(log: Path, place: dict[str, Any]) -> None:
    """Each step is undone once or a dead letter, in reverse, and none is undone twice."""
    text = await asyncio.to_thread(log.read_text)
    told = [json.loads(line) for line in text.splitlines()]
    async with open_storage(**place) as storage:
        records = await storage.journal.records("t")
        letters = await open_letters(storage.journal, "t")
    made = [r for r in records if isinstance(r, Compensated)]
    assert len([r for r in records if isinstance(r, CompensationStarted)]) == 1
    assert len({r.id for r in made}) == len(made) == 3
    assert {r.id for r in made if r.status == "failed"} == {letter.id for letter in letters}
    cancels = [what for what, _ in told if what.startswith("cancel")]
    assert [what[-1] for what in dict.fromkeys(cancels)] in (["c", "b", "a"], ["c", "a"])
    assert cancels.count("cancel b") <= 1
    for what in set(cancels):
        assert len({key for each, key in told if each == what}) == 1
    if len(letters) == 0:
        assert cancels.count("cancel b") == 1
    assert all("never came back" in letter.error for letter in letters)


def kills(place: dict[str, Any]) -> list[tuple[int, str]]:
    """How many writes before the last to kill, and when: some on each store, all in the sweep."""
    every = [(1, "before"), (4, "after"), (7, "before"), (10, "after")]
    if os.environ.get("STRETTO_CRASH_SWEEP") == "1":
        return every
    return every[::3] if "home" in place else every[1:2]


@pytest.mark.slow
async def test_a_killed_undoing_is_finished_once(place: dict[str, Any], tmp_path: Path) -> None:
    """Killed before and after some of its writes, on both stores."""
    home = str(place.get("url") or place["home"])
    if "home" in place:
        place["home"].mkdir()
    base = {"url": home} if "url" in place else {"home": tmp_path / "reference"}
    if "home" in base:
        base["home"].mkdir()
    code, reference = await ran(
        str(tmp_path / "log"), str(base.get("url") or base["home"]), "0", "before", "run"
    )
    assert (code, reference["error"]) == (0, "ValueError")
    await judge(tmp_path / "log", base)
    last = reference["writes"]
    for early, when in kills(place):
        n = last - early
        if "url" in place:
            await _empty(home)
        else:
            place["home"] = tmp_path / f"state-{n}"
            place["home"].mkdir()
            home = str(place["home"])
        log = tmp_path / f"log-{n}"
        code, _ = await ran(str(log), home, str(n), when, "run")
        assert code == -signal.SIGKILL, (n, when, last)
        await resume_and_judge(log, place, home)
    await resume_and_judge(log, place, home)  # a second resume does nothing more


async def resume_and_judge(log: Path, place: dict[str, Any], home: str) -> None:
    """Go on in another process."""
    code, told = await ran(str(log), home, "0", "before", "resume")
    assert (code, told["error"] in {"WorkUndone", "ValueError"}) == (0, True), told
    await judge(log, place)


async def _empty(url: str) -> None:
    """Make the database what it was at first."""
    psycopg = pytest.importorskip("psycopg")
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("DROP SCHEMA public CASCADE")
        await connection.execute("CREATE SCHEMA public")
