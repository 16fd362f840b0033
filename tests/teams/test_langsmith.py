"""With a LangSmith key runs are traced under their names; without one nothing leaves the machine.

Each test runs a small team in a process of its own, because langsmith reads its settings once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEAM = '''
import asyncio, json, sys

reached = []
def hear(event, args):
    if event in ("socket.connect", "socket.getaddrinfo"):
        reached.append(repr(args))
sys.addaudithook(hear)

import stretto
from stretto import Agent, Plan, Review, Task, plan
from stretto.testing import Reply, ScriptedModel, tool_call

def planner(state):
    tasks = [Task(id=i, goal=f"find {i}", executor="worker") for i in ("t1", "t2")]
    return Plan(tasks=tasks)

def reviewer(state):
    return Review(verdict="accept", reason="fine")

def look(place: str) -> str:
    """Look at a place."""
    return "forty-two"

def say(messages):
    if messages[-1].type == "human":
        return Reply(tool_calls=[tool_call("look", place="here")])
    return "forty-two"

async def main():
    worker = Agent(name="worker", prompt="Answer.", model=ScriptedModel(say), tools=[look])
    graph = plan(planner, [worker], reviewer).compile(name="small")
    for question in ("What?", "And what else?"):
        done = await stretto.run(graph, question, thread="thread one", team="answers")
    print(json.dumps({"text": done.text, "reached": reached}))

asyncio.run(main())
'''

BATCHES = {
    "use_multipart_endpoint": False,
    "size_limit": 100,
    "size_limit_bytes": 20_000_000,
    "scale_up_qsize_trigger": 1000,
    "scale_up_nthreads_limit": 1,
    "scale_down_nempty_trigger": 4,
}
"""How the server wants runs: in batches of plain JSON."""


def run_team(tmp_path: Path, **env: str) -> dict[str, Any]:
    """Run two turns in a fresh process where any warning is an error; give what it printed."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LANGSMITH", "LANGCHAIN"))}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", TEAM],
        env={**kept, **env},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    printed: dict[str, Any] = json.loads(done.stdout)
    assert "forty-two" in printed["text"]
    return printed


class Traced:
    """What a server that poses as LangSmith was sent: runs by id, with all that was told of them."""

    def __init__(self) -> None:
        self.runs: dict[str, dict[str, Any]] = {}
        self.keys: set[str] = set()

    def take(self, path: str, body: bytes) -> None:
        """Read a batch of runs that began or ended."""
        assert path == "/runs/batch"
        batch = json.loads(body)
        for run in [*batch.get("post", []), *batch.get("patch", [])]:
            told = {k: v for k, v in run.items() if v is not None}
            self.runs[run["id"]] = {**self.runs.get(run["id"], {}), **told}

    def named(self, name: str, **metadata: str) -> list[dict[str, Any]]:
        """The runs of a name with this metadata."""
        found = [r for r in self.runs.values() if r["name"] == name]
        return [r for r in found if metadata.items() <= about(r).items()]


def about(run: dict[str, Any]) -> dict[str, Any]:
    """A run's metadata."""
    metadata: dict[str, Any] = run["extra"]["metadata"]
    return metadata


@contextmanager
def langsmith_server() -> Iterator[tuple[str, Traced]]:
    """Answer as LangSmith's API does, and keep what comes in; batches are asked for as JSON."""
    traced = Traced()
    info = json.dumps({"batch_ingest_config": BATCHES}).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(200, info)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            traced.keys.add(self.headers["x-api-key"])
            traced.take(self.path, body)
            self.answer(202, b"{}")

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", traced
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Traced:
    """What LangSmith got of two turns on one thread."""
    home = tmp_path_factory.mktemp("traced")
    with langsmith_server() as (url, traced):
        run_team(
            home,
            STRETTO_HOME=str(home),
            LANGSMITH_TRACING="true",
            LANGSMITH_API_KEY="lsv2_not_a_key",
            LANGSMITH_ENDPOINT=url,
            LANGSMITH_PROJECT="garden",
        )
    return traced


def test_a_turn_is_one_trace_under_the_teams_name(traced: Traced) -> None:
    """The root carries the team's name; all runs of the turn are in its trace and have ended."""
    roots = [r for r in traced.runs.values() if not r.get("parent_run_id")]
    assert [r["name"] for r in roots] == ["answers", "answers"]
    assert {r["trace_id"] for r in traced.runs.values()} == {r["id"] for r in roots}
    assert all(r.get("end_time") for r in traced.runs.values())
    assert {r["session_name"] for r in traced.runs.values()} == {"garden"}
    assert traced.keys == {"lsv2_not_a_key"}


def test_all_runs_of_a_thread_are_grouped_by_it(traced: Traced) -> None:
    """LangSmith groups by `thread_id` in the metadata: every run of both turns has it."""
    assert {about(r)["thread_id"] for r in traced.runs.values()} == {"thread one"}
    assert {about(r)["stretto_team"] for r in traced.runs.values()} == {"answers"}


def test_agents_and_tasks_are_named(traced: Traced) -> None:
    """Who worked on which task shows in the names and can be filtered by."""
    assert traced.named("planner", agent="planner")
    assert traced.named("reviewer", agent="reviewer")  # a function: its node tells
    for task in ("t1", "t2"):
        assert len(traced.named(f"{task} worker", stretto_task=task)) == 2
        names = {"stretto_agent": "worker", "stretto_task": task}
        assert len(traced.named("ScriptedModel", **names)) == 4
        (first, second) = traced.named("look", **names)
        assert first["run_type"] == second["run_type"] == "tool"
    assert not [r for r in traced.named("look") if "stretto_task" not in about(r)]


def test_runs_are_tagged(traced: Traced) -> None:
    """Steps and models carry the tag `stretto`, the model calls too."""
    told = [*traced.named("answers"), *traced.named("execute"), *traced.named("ScriptedModel")]
    assert told
    assert all("stretto" in r["tags"] for r in told)


@pytest.mark.parametrize("env", [{}, {"LANGSMITH_TRACING": "false", "LANGSMITH_API_KEY": "k"}])
def test_without_a_key_nothing_is_sent_and_nothing_warns(
    tmp_path: Path, env: dict[str, str]
) -> None:
    """No name is looked up and no connection tried, with no key or with tracing off."""
    printed = run_team(tmp_path, STRETTO_HOME=str(tmp_path), **env)
    assert printed["reached"] == []
