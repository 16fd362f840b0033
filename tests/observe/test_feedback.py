"""Feedback is written down first, whoever writes the thread, and sent to LangSmith after."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from langgraph.graph import END, START, MessagesState, StateGraph

import stretto
from stretto import give_feedback
from stretto.errors import InvalidInput, ThreadTaken, ThreadUnknown
from stretto.journal.audit import verify
from stretto.journal.evidence import evidence
from stretto.observe.feedback import score_of
from stretto.records import Decided, Feedback
from stretto.runs import open_storage
from stretto.testing import ScriptedModel

PROJECT = "6f2f9a5e-0000-4000-8000-000000000001"


def talk():
    """A graph of one node that asks a model."""
    model = ScriptedModel(["So it is."] * 9)

    async def say(state):
        return {"messages": [await model.ainvoke(state["messages"])]}

    return StateGraph(MessagesState).add_node(say).add_edge(START, "say").add_edge("say", END)


@pytest.fixture
async def told(storage):
    """A thread with one run; its id."""
    return await stretto.run(talk(), "Why?", storage=storage, thread="t")


async def feedback(storage, thread="t"):
    """What the journal has."""
    found = await storage.journal.records(thread, types=("feedback",))
    assert all(isinstance(one, Feedback) for one in found)
    return found


async def intact(storage, thread="t"):
    """Whether the chain holds."""
    held = await evidence(storage.journal, thread)
    return verify(held.entries, held.payloads).ok


async def test_a_run_is_judged(storage, told):
    """The last one where none is named; what is said is kept, and the chain goes on."""
    given = await give_feedback(
        storage.journal, "t", thumb="up", score=0.5, comment="good", correction="better", by="ann"
    )
    (one,) = await feedback(storage)
    assert (one.on, one.run, one.thumb, one.score) == (told.run, told.run, "up", 0.5)
    assert (one.comment, one.correction, one.by) == ("good", "better", "ann")
    assert (given.record.seq, given.sent, given.problem) == (one.seq, False, "")
    assert await intact(storage)


@pytest.mark.parametrize("on", ["say", "scripted", "ScriptedModel"])
async def test_a_step_is_judged_by_its_name(storage, told, on):
    """The last of the last run; an unknown one is refused with those there are."""
    if on == "scripted":
        with pytest.raises(InvalidInput, match="ScriptedModel"):
            await give_feedback(storage.journal, "t", on=on, thumb="down")
        return
    await give_feedback(storage.journal, "t", on=on, thumb="down")
    (one,) = await feedback(storage)
    assert one.node == "say"
    assert one.on == one.span != told.run


async def test_a_step_is_judged_by_the_beginning_of_its_id(storage, told):
    """Where only one begins so."""
    await give_feedback(storage.journal, "t", on=told.run[:35], thumb="up")
    (one,) = await feedback(storage)
    assert one.on == told.run


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"comment": "  "},
        {"score": float("nan")},
        {"score": float("inf")},
        {"thumb": "sideways"},
        {"thumb": "up", "on": "nothing"},
    ],
)
async def test_what_says_nothing_is_refused(storage, told, said):
    """Nothing is written."""
    with pytest.raises(InvalidInput):
        await give_feedback(storage.journal, "t", **said)
    assert await feedback(storage) == []


async def test_an_unknown_thread_is_refused(storage):
    """Nobody can judge what was not done."""
    with pytest.raises(ThreadUnknown):
        await give_feedback(storage.journal, "nope", thumb="up")


async def test_it_goes_in_while_another_process_writes_the_thread(storage, told, place):
    """An outsider's record is no part of a run: both go in, and the chain holds."""
    async with open_storage(**place) as other:
        async with other.writing("t"):
            await give_feedback(storage.journal, "t", thumb="up")
            other.journal.append(Decided(time=1, thread="t", run="other", by="x", decision="go on"))
            await other.journal.flush("t")
            await give_feedback(storage.journal, "t", thumb="down")
        kinds = [r.type for r in await other.journal.records("t")][-3:]
    assert kinds == ["feedback", "decided", "feedback"]
    assert await intact(storage)


async def test_it_goes_in_from_a_process_that_lost_the_thread(storage, told, place):
    """What that process's run writes is refused, as ever; what its person says is not."""
    journal = storage.journal
    await journal.take("t")
    async with open_storage(**place) as other:
        await other.journal.take("t")
    record = Decided(time=1, thread="t", run="lost", by="x", decision="go on")
    journal.append(record)
    with pytest.raises(ThreadTaken):
        await journal.flush("t")
    await give_feedback(journal, "t", thumb="down")
    assert [r.type for r in await journal.records("t")][-1] == "feedback"
    assert await intact(storage)


async def test_listeners_are_told(storage, told):
    """Metrics count it as soon as it is stored."""
    heard: list[Any] = []
    storage.journal.listeners = (*storage.journal.listeners, heard.extend)
    with storage.journal.subscribe() as queue:
        await give_feedback(storage.journal, "t", thumb="up")
        assert (await queue.get()).type == "feedback"
    assert [r.type for r in heard] == ["feedback"]


async def test_secrets_in_it_are_redacted(storage, told):
    """As in all that people say."""
    await give_feedback(storage.journal, "t", comment="password=hunter2 is wrong")
    (one,) = await feedback(storage)
    assert "hunter2" not in one.comment


def test_thumbs_count_as_numbers():
    """Where there is no score."""
    base = {"time": 0, "thread": "t", "run": "r", "on": "r"}
    assert score_of(Feedback(**base, thumb="up")) == 1
    assert score_of(Feedback(**base, thumb="down")) == 0
    assert score_of(Feedback(**base, thumb="up", score=0.2)) == 0.2
    assert score_of(Feedback(**base, comment="hm")) is None


@contextmanager
def langsmith(status=200):
    """Answer as LangSmith's API does, and keep the feedback that comes in."""
    taken: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/sessions"):
                about = {"id": PROJECT, "name": "garden", "start_time": "2026-01-01T00:00:00"}
                self.answer(200, [{**about, "tenant_id": PROJECT, "reference_dataset_id": None}])
            else:
                self.answer(200, {"batch_ingest_config": {"use_multipart_endpoint": False}})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if status == 200 and self.path == "/feedback":
                taken.append({**json.loads(body), "api_key": self.headers["x-api-key"]})
            self.answer(status, {})

        def answer(self, code: int, told: Any) -> None:
            body = json.dumps(told).encode()
            self.send_response(code)
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
            yield f"http://127.0.0.1:{server.server_port}", taken
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def traced(monkeypatch):
    """Sets the variables by which runs are traced, to a server."""

    def trace(url: str) -> None:
        from langsmith import utils

        monkeypatch.setenv("LANGSMITH_API_KEY", "lsv2_not_a_key")
        monkeypatch.setenv("LANGSMITH_ENDPOINT", url)
        monkeypatch.setenv("LANGSMITH_PROJECT", "garden")
        monkeypatch.setenv("LANGSMITH_TRACING", "true")
        utils.get_env_var.cache_clear()
        utils.get_tracer_project.cache_clear()

    yield trace
    from langsmith import utils

    utils.get_env_var.cache_clear()
    utils.get_tracer_project.cache_clear()


async def test_with_a_key_langsmith_gets_it_on_the_same_run(storage, told, traced):
    """Score, comment and correction; a secret is not sent either."""
    with langsmith() as (url, taken):
        traced(url)
        given = await give_feedback(
            storage.journal,
            "t",
            thumb="down",
            comment="password=hunter2",
            correction="No.",
            by="ann",
        )
    assert (given.sent, given.problem) == (True, "")
    (one,) = taken
    assert (one["run_id"], one["key"], one["score"]) == (told.run, "stretto", 0)
    assert (one["correction"], one["session_id"]) == ({"answer": "No."}, PROJECT)
    assert "hunter2" not in one["comment"]
    assert one["feedback_source"]["metadata"]["by"] == "ann"
    assert one["api_key"] == "lsv2_not_a_key"


async def test_a_step_is_judged_in_langsmith_too(storage, told, traced):
    """By the id that it has in both."""
    with langsmith() as (url, taken):
        traced(url)
        given = await give_feedback(storage.journal, "t", on="ScriptedModel", score=0.3)
    assert (taken[0]["run_id"], taken[0]["score"]) == (given.record.span, 0.3)


async def test_without_langsmith_the_journal_has_it(storage, told, traced):
    """Why LangSmith does not is told in one line."""
    with langsmith(status=403) as (url, _):
        traced(url)
        given = await give_feedback(storage.journal, "t", thumb="up")
    assert not given.sent
    assert given.problem
    assert "\n" not in given.problem
    assert len(await feedback(storage)) == 1


async def test_a_server_that_is_down_loses_nothing(storage, told, traced):
    """Nobody listens there."""
    with langsmith() as (url, _):
        pass
    traced(url)
    given = await give_feedback(storage.journal, "t", thumb="up")
    assert (given.sent, bool(given.problem)) == (False, True)
    assert len(await feedback(storage)) == 1
