"""Conversations of other systems as threads of the journal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from stretto.errors import InvalidInput
from stretto.journal.audit import verify
from stretto.records import ModelEnded, ModelStarted, RunEnded, RunStarted, ToolEnded, ToolStarted
from stretto.replay import import_log, recorded, replay_recording
from stretto.replay.talk import conversation_of
from stretto.testing import recorded_agent
from tests.replay.talks import LONG, TALK, call

if TYPE_CHECKING:
    from pathlib import Path

    from stretto.runs import Storage


def written(tmp_path: Path, *talks: list[dict[str, Any]]) -> Path:
    """A log of conversations, one a line."""
    path = tmp_path / "talks.jsonl"
    path.write_text("".join(json.dumps({"messages": talk}) + "\n" for talk in talks))
    return path


async def test_a_conversation_becomes_a_thread(storage: Storage, tmp_path: Path) -> None:
    """A run for each turn of the user, with its model and tool calls, in the order of the log."""
    path = written(tmp_path, LONG)
    assert await import_log(storage.journal, path, now=1000.0) == ["talks"]
    records = await storage.journal.records("talks")
    starts = [r for r in records if isinstance(r, RunStarted)]
    assert [start.question for start in starts] == ["weather?", "tomorrow?", "thanks"]
    assert {start.origin for start in starts} == {f"{path}:1"}
    assert [r.status for r in records if isinstance(r, RunEnded)] == ["done"] * 3
    kinds = [r.type for r in records if r.run == starts[1].run]
    assert kinds == [
        *("run_started", "model_started", "model_ended", "tool_started", "tool_started"),
        *("tool_ended", "tool_ended", "model_started", "model_ended", "run_ended"),
    ]
    ends = [r for r in records if isinstance(r, ToolEnded)]
    assert [(r.call, r.result) for r in ends] == [("c1", "sunny"), ("b", "rain"), ("a", "snow")]
    assert [r.args for r in records if isinstance(r, ToolStarted)][1:] == [
        {"city": "Bonn"},
        {"city": "Ulm"},
    ]
    models = [r for r in records if isinstance(r, ModelStarted)]
    assert [r.messages for r in models] == [2, 4, 7, 10]
    assert [r.input_tokens for r in records if isinstance(r, ModelEnded)] == [0, 0, 0, 7]
    times = [record.time for record in records]
    assert times == sorted(times)
    assert all(1000.0 <= time < 1001.0 for time in times)


async def test_the_chain_of_an_import_verifies(storage: Storage, tmp_path: Path) -> None:
    """As that of a run made here."""
    await import_log(storage.journal, written(tmp_path, LONG))
    entries = await storage.journal.entries("talks")
    recording = await recorded(storage.journal, "talks")
    said = {record.payload for record in recording.records if record.payload}
    payloads = {**recording.payloads, **await storage.journal.payloads("talks", said)}
    assert verify(entries, payloads).ok
    assert len(entries) == len(recording.records)


async def test_an_imported_thread_is_replayed_as_a_conversation(
    files: Storage, tmp_path: Path
) -> None:
    """It is put together again as it was, and an agent of recorded parts does the same."""
    await import_log(files.journal, written(tmp_path, LONG))
    recording = await recorded(files.journal, "talks")
    talk = conversation_of(recording)
    assert [m.type for m in talk] == [
        *("system", "human", "ai", "tool", "ai", "human", "human"),
        *("ai", "tool", "tool", "ai", "system", "human"),
    ]
    found = await replay_recording(recorded_agent(talk), recording)
    assert found.same, str(found)
    assert (found.turns, found.model_calls, found.tool_calls) == (3, 4, 3)


async def test_calls_without_a_result_are_left(files: Storage, tmp_path: Path) -> None:
    """A tool that never answered ended as `cancelled`; broken calls are none."""
    asked = [call("look", "{}", "a"), call("look", "{oops", "b")]
    talk = [
        {"role": "user", "content": "go"},
        {"role": "assistant", "tool_calls": asked},
        {"role": "user", "content": "well?"},
    ]
    await import_log(files.journal, written(tmp_path, talk))
    records = await files.journal.records("talks")
    assert [(r.call, r.status) for r in records if isinstance(r, ToolEnded)] == [("a", "cancelled")]
    assert [r.tool_calls for r in records if isinstance(r, ModelEnded)] == [("look", "look")]


async def test_times_of_the_log_are_kept(files: Storage, tmp_path: Path) -> None:
    """Where it has them; a model takes the time between what it was asked and its answer."""
    talk = [
        {"role": "user", "content": "go", "timestamp": 100.0},
        {"role": "assistant", "content": "gone", "timestamp": 102.5},
    ]
    await import_log(files.journal, written(tmp_path, talk))
    records = await files.journal.records("talks")
    assert [record.time for record in records] == [100.0, 100.0, 102.5, 102.5]
    assert [r.seconds for r in records if isinstance(r, ModelEnded)] == [2.5]


async def test_nothing_is_imported_when_something_is_amiss(files: Storage, tmp_path: Path) -> None:
    """A malformed line, or a thread of that name: the journal stays as it is."""
    good = written(tmp_path, TALK, LONG)
    assert await import_log(files.journal, good, prefix="x") == ["x-1", "x-2"]
    before = len(await files.journal.records())
    with pytest.raises(InvalidInput, match="x-1"):
        await import_log(files.journal, good, prefix="x")
    bad = tmp_path / "bad.jsonl"
    bad.write_text(good.read_text() + '{"messages": 1}\n')
    with pytest.raises(InvalidInput, match=r"bad\.jsonl:3"):
        await import_log(files.journal, bad)
    assert len(await files.journal.records()) == before
