"""A killed process loses nothing stored, and a resume repeats nothing finished."""

from __future__ import annotations

import json
import signal
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.crash.processes import child

if TYPE_CHECKING:
    from pathlib import Path

CHILD = """
import asyncio, json, os, sys
from pathlib import Path
import stretto
from stretto import Plan, Review, Task
log, home, kill_at, mode = sys.argv[1:]
tasks = [Task(id="a", goal="A", executor="worker"), Task(id="b", goal="B", executor="worker"),
         Task(id="c", goal="C", executor="worker", needs=["a"]),
         Task(id="d", goal="D", executor="worker", needs=["b", "c"])]

def note(what):
    with open(log, "a") as file:
        file.write(what + chr(10))

def planner(state):
    note("planner")
    return Plan(tasks=tasks)

async def worker(state):
    task = state["task"]
    for _ in range(3):
        await asyncio.sleep(0.005 if task.id != kill_at else 0.05)
    if task.id == kill_at:
        os.kill(os.getpid(), 9)
    note(task.id)
    return task.id + "(" + ",".join(r.text for r in state["results"].values()) + ")"

def reviewer(state):
    if kill_at == "reviewer":
        os.kill(os.getpid(), 9)
    note("reviewer")
    return Review(verdict="accept", reason="fine")

async def main():
    place = {"url": home} if home.startswith("postgres") else {"home": Path(home)}
    graph = stretto.plan(planner, [worker], reviewer)
    async with stretto.open_storage(**place) as storage:
        if mode == "run":
            result = await stretto.run(graph, "go", thread="t", storage=storage)
        else:
            result = await stretto.resume(graph, "t", storage=storage)
        runs = [r.type for r in await storage.journal.records("t") if r.type.startswith("run_")]
        results = {i: r.text for i, r in result.value["results"].items()}
        print(json.dumps({"results": results, "text": result.text, "runs": runs}))

asyncio.run(main())
"""


@pytest.mark.parametrize("kill_at", ["a", "c", "d", "reviewer"])
async def test_finished_tasks_are_not_run_again_after_kill_9(
    kill_at: str, place: dict[str, Any], tmp_path: Path
) -> None:
    """Killed in any task, the resumed run gives the same results and repeats only that task."""
    log = tmp_path / "log"
    home = str(place.get("url") or place["home"])
    if "home" in place:
        place["home"].mkdir()
    code, _ = await child(CHILD, str(log), home, kill_at, "run")
    assert code == -signal.SIGKILL
    before = log.read_text().split()
    code, out = await child(CHILD, str(log), home, "", "resume")
    assert code == 0
    told = json.loads(out)
    assert told["results"] == {"a": "a()", "b": "b()", "c": "c(a())", "d": "d(b(),c(a()))"}
    assert told["runs"] == ["run_started", "run_started", "run_ended"]
    done = Counter(log.read_text().split())
    assert all(done[one] == 1 for one in before)
    assert set(done) == {"planner", "a", "b", "c", "d", "reviewer"}
