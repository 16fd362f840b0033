from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.journal.following import LEFT, Failures
from stretto.records import FellBack, Retried

FIELDS: dict[str, Any] = {"time": 1.0, "thread": "t", "run": "r"}
KEY = ("node", "model", "digest")
PLACE = ("", "place")


def begun(failures: Failures, name: str) -> Retried | FellBack | None:
    """What it means that a model begins."""
    return failures.begun(KEY, "model", name, FIELDS)


def test_what_has_not_failed_is_not_tried_again() -> None:
    """However often it is done."""
    failures = Failures()
    assert begun(failures, "a") is None
    failures.settle(KEY)
    assert begun(failures, "a") is None


@given(st.integers(1, 10))
def test_attempts_are_counted_with_the_last_error(times: int) -> None:
    """From 2, the first try being the first."""
    failures = Failures()
    for number in range(times):
        failures.note(KEY, "a", f"error {number}")
    again = begun(failures, "a")
    assert isinstance(again, Retried)
    assert (again.attempt, again.error) == (times + 1, f"error {times - 1}")


def test_another_one_takes_the_place_of_the_one_that_failed_last() -> None:
    """A chain of fallbacks; who has failed before is tried again, whoever failed since."""
    failures = Failures()
    failures.note(KEY, "a", "1")
    second = begun(failures, "b")
    failures.note(KEY, "b", "2")
    third = begun(failures, "c")
    again = begun(failures, "a")
    assert isinstance(second, FellBack)
    assert (second.name, second.to, second.error) == ("a", "b", "1")
    assert isinstance(third, FellBack)
    assert (third.name, third.to, third.error) == ("b", "c", "2")
    assert isinstance(again, Retried)
    assert (again.attempt, again.error) == (2, "1")


def test_success_and_the_end_of_the_node_forget() -> None:
    """The next failure is a first one."""
    failures = Failures()
    failures.note(KEY, "a", "1")
    failures.settle(KEY)
    assert begun(failures, "a") is None
    failures.enter(PLACE, "node", "n")
    failures.note(KEY, "a", "1")
    failures.leave(PLACE, "node", "n", "failed", "1")
    assert begun(failures, "a") is None
    assert failures.begun(PLACE, "node", "n", FIELDS) is not None
    failures.enter(PLACE, "second", "n")
    failures.leave(PLACE, "second", "n", "done", "")
    assert failures.begun(PLACE, "node", "n", FIELDS) is None


@pytest.mark.parametrize("ends_late", [True, False])
def test_a_node_that_was_cancelled_is_tried_again(*, ends_late: bool) -> None:
    """Its end may come after the beginning of the second try, and is no end of that."""
    failures = Failures()
    failures.enter(PLACE, "first", "n")
    if not ends_late:
        failures.leave(PLACE, "first", "n", "cancelled", "")
    failures.enter(PLACE, "second", "n")
    again = failures.begun(PLACE, "node", "n", FIELDS)
    assert isinstance(again, Retried)
    assert (again.attempt, again.error) == (2, LEFT)
    if ends_late:
        failures.leave(PLACE, "first", "n", "cancelled", "")
    failures.leave(PLACE, "second", "n", "failed", "x")
    third = failures.begun(PLACE, "node", "n", FIELDS)
    assert isinstance(third, Retried)
    assert (third.attempt, third.error) == (3, "x")
