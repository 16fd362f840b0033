from __future__ import annotations

import pytest

from stretto.cli.finding import pick
from stretto.errors import InvalidInput, ThreadUnknown
from stretto.journal import ThreadSummary


def summary(thread):
    """A thread of that id."""
    return ThreadSummary(
        thread=thread, team="t", status="done", question="", started=0, updated=0, runs=1, model=""
    )


THREADS = [summary("beef-1"), summary("bead-2"), summary("bead")]


def test_a_thread_is_found_by_id_by_its_beginning_and_as_the_last():
    """A thread is found by id by its beginning and as the last."""
    assert pick(THREADS, "bead").thread == "bead"
    assert pick(THREADS, "bee").thread == "beef-1"
    assert pick(THREADS, "last").thread == "beef-1"


def test_a_beginning_that_fits_several_names_them():
    """A beginning that fits several names them."""
    with pytest.raises(InvalidInput, match="beef-1, bead-2, bead"):
        pick(THREADS, "be")


def test_a_thread_that_is_not_there_is_unknown():
    """A thread that is not there is unknown."""
    with pytest.raises(ThreadUnknown, match="stretto threads"):
        pick(THREADS, "x")
    with pytest.raises(ThreadUnknown, match="no threads here yet"):
        pick([], "last")
