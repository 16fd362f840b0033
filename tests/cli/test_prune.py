"""`stretto prune`: old runs go, and what is left still verifies."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from stretto.cli.prune import age_of
from stretto.errors import InvalidInput
from stretto.home import state_home


def test_old_runs_are_removed_and_the_rest_verifies(stretto: Any) -> None:
    """By count, or by age; the audit tells who did it."""
    for question in ("first", "second", "third"):
        stretto("run", "talk", question, "--thread", "t-1")
    assert "nothing was removed" in stretto("prune", "--older-than", "1d", "--yes").out
    told = stretto("prune", "--keep", "1", "--yes", "--by", "ann", "--json").json
    assert told["records"] > 0
    assert "first" not in stretto("show", "t-1", "--all").out
    verified = stretto("audit", "--verify")
    assert verified.code == 0
    assert "older ones pruned" in verified.out
    assert "2 runs" in stretto("audit", "t-1").out


def test_all_runs_of_a_thread_may_go(stretto: Any) -> None:
    """A thread of which only the pruning is left still verifies."""
    stretto("run", "talk", "x", "--thread", "t-1")
    assert stretto("prune", "--keep", "0", "--yes").code == 0
    assert stretto("audit", "t-1", "--verify").code == 0
    assert "t-1" in stretto("audit", "--verify").out


def test_what_is_old_must_be_said(stretto: Any) -> None:
    """Neither option is an error, and so is an age that is none."""
    said = stretto("prune")
    assert (said.code, "Give --older-than 30d, --keep 10, or both" in said.err) == (2, True)
    assert stretto("prune", "--older-than", "soon").code == 2


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("90s", 90), ("1.5m", 90), ("2h", 7200), ("30d", 2592000), ("6 W", 3628800)],
)
def test_ages(given: str, seconds: float) -> None:
    """Seconds, minutes, hours, days and weeks."""
    assert age_of(given) == seconds
    with pytest.raises(InvalidInput, match="such as 30d"):
        age_of(f"{given}x")


def test_prune_asks_before_it_does(stretto: Any) -> None:
    """Without a terminal to ask on, it must be said that it is meant."""
    stretto("run", "talk", "x", "--thread", "t-1")
    said = stretto("prune", "--keep", "0")
    assert (said.code, "Say --yes" in said.err) == (2, True)
    assert stretto("show", "t-1").code == 0


@pytest.mark.parametrize("change", ["position = 'abc'", "body = x'ff00fe'"])
def test_damaged_records_are_no_crash(stretto: Any, change: str) -> None:
    """What must be read to prune is told to be damaged, and nothing is removed."""
    stretto("run", "talk", "x", "--thread", "t-1")
    with sqlite3.connect(state_home() / "journal.sqlite") as connection:
        connection.execute(f"UPDATE records SET {change} WHERE type = 'run_ended'")
    connection.close()
    said = stretto("prune", "--keep", "0", "--yes")
    assert (said.code, "stretto audit t-1 --verify" in said.err) == (3, True), said
