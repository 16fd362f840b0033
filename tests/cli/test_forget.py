"""`stretto forget`: nothing of what was said is left, and the chain holds."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from pathlib import Path
from typing import Any

from stretto.home import state_home
from stretto.runs.lock import FileLocks

SECRET = "the glaze of Ann"


def stored() -> bytes:
    """All that lies in the project's state."""
    return b"".join(one.read_bytes() for one in state_home().rglob("*") if one.is_file())


def test_forgotten_words_are_in_no_file(stretto: Any) -> None:
    """Neither in the journal nor in the checkpoints, nor in free pages; the rest still verifies."""
    stretto("run", "talk", SECRET, "--thread", "t-1")
    stretto("run", "talk", "another", "--thread", "t-2")
    assert SECRET.encode() in stored()
    said = stretto("forget", "t-1", "--yes", "--by", "ann")
    assert said.code == 0
    assert "all checkpoints are gone" in said.out
    assert SECRET.encode() not in stored()
    assert b"another" in stored()
    verified = stretto("audit", "--verify")
    assert (verified.code, "forgotten" in verified.out) == (0, True)
    audited = stretto("audit", "t-1").out
    assert "what was said is gone, or part of it" in audited
    assert "by ann" in audited


def test_forget_asks_before_it_does(stretto: Any) -> None:
    """Without a terminal to ask on, it must be said that it is meant."""
    stretto("run", "talk", SECRET, "--thread", "t-1")
    said = stretto("forget", "t-1")
    assert (said.code, "Say --yes" in said.err) == (2, True)
    assert SECRET.encode() in stored()


def test_forget_refuses_a_thread_at_work(stretto: Any) -> None:
    """A run that goes on would bring back what was dropped."""
    stretto("run", "talk", SECRET, "--thread", "t-1")

    async def held() -> Any:
        async with FileLocks(Path(os.environ["STRETTO_HOME"]) / "locks").hold("t-1", wait=0):
            return await asyncio.to_thread(stretto, "forget", "t-1", "--yes")

    said = asyncio.run(held())
    assert (said.code, "another turn is being written" in said.err) == (4, True)
    assert SECRET.encode() in stored()


def test_forget_tells_in_json(stretto: Any) -> None:
    """For scripts: the thread and how much was dropped."""
    stretto("run", "talk", "x", "--thread", "t-1")
    told = stretto("forget", "t-1", "--yes", "--json").json
    assert told["thread"] == "t-1"
    assert told["payloads"] > 0
    assert stretto("forget", "nobody", "--yes").code == 2


def test_pruned_thread_can_be_forgotten(stretto: Any) -> None:
    """Its checkpoints hold all words still, also when not even the record of the pruning is left."""
    for gone in (False, True):
        stretto("run", "talk", SECRET, "--thread", "t-1")
        assert stretto("prune", "--keep", "0", "--yes").code == 0
        if gone:
            with sqlite3.connect(state_home() / "journal.sqlite") as connection:
                connection.execute("DELETE FROM records")
            connection.close()
        assert SECRET.encode() in stored()
        said = stretto("forget", "t-1", "--yes")
        assert said.code == 0, said
        assert SECRET.encode() not in stored()
