from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from stretto.errors import Deadlock
from stretto.resilience import waiting_board
from stretto.resilience.bulkhead_permits import Hold
from stretto.resilience.lock_keeper import process_name
from stretto.resilience.waiting import GRAPH, Waiting
from stretto.resilience.waiting_board import Board, told

if TYPE_CHECKING:
    from collections.abc import Iterator

FAR = "far-1-x"


@pytest.fixture
def mine() -> Iterator[tuple[Waiting, list[BaseException]]]:
    """A wait of this process within lock a, for lock b; and the errors it was ended with."""
    errors: list[BaseException] = []
    hold = Hold(None, "lock 'a' held by me", "lock:a")
    waiting = Waiting("lock 'b'", (hold,), tuple, errors.append, bounded=False, key="lock:b")
    GRAPH.begin(waiting)
    yield waiting, errors
    GRAPH.end(waiting)


def far(beat: int, number: int = 1, *, within: str = "lock:b", needs: str = "lock:a") -> str:
    """What another process tells: it waits within lock b for lock a."""
    wait = {"id": f"{FAR}:{number}", "since": 0.0, "needs": [needs], "within": [within]}
    holds = {within: "lock 'b' held by another"}
    return json.dumps({"beat": beat, "waits": [wait], "holds": holds})


def looks(board: Board, *texts: str) -> None:
    """Look as often, while the other process tells this."""
    for text in texts:
        board.look({process_name(): told(), FAR: text})


def test_a_cycle_counts_when_all_have_looked_again(mine: Any) -> None:
    """Twice since it was seen first: the last that came gives up, and is told who holds what."""
    waiting, errors = mine
    board = Board()
    looks(board, far(1), far(2))
    assert errors == []
    looks(board, far(3))
    (error,) = errors
    assert isinstance(error, Deadlock)
    assert error.cycle == ("lock 'a' held by me", "lock 'b' held by another")
    assert waiting.key == "lock:b"


def test_what_was_told_long_ago_counts_for_nothing(mine: Any) -> None:
    """A process that was killed, or has not looked again, may not wait any more."""
    _, errors = mine
    looks(Board(), *[far(7)] * 10)
    assert errors == []


def test_waits_that_come_and_go_are_no_deadlock(mine: Any) -> None:
    """Another wait each time, though it looks alike; or none in between."""
    _, errors = mine
    looks(Board(), *(far(beat, number=beat) for beat in range(10)))
    board = Board()
    looks(board, far(1), far(2), far(3, needs="lock:c"), far(4), far(5))
    assert errors == []


def test_who_came_first_leaves_giving_up_to_the_other(mine: Any) -> None:
    """So one of them goes on."""
    waiting, errors = mine
    waiting.since = -1.0
    looks(Board(), *(far(beat) for beat in range(1, 10)))
    assert errors == []


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"waits": [{}]}', '{"waits": []}', '{"waits": 1}']
)
def test_what_cannot_be_read_is_passed_over(mine: Any, text: str) -> None:
    """Another version may tell it otherwise."""
    _, errors = mine
    looks(Board(), text)
    assert errors == []


def test_each_telling_is_numbered() -> None:
    """So that others see that it is new."""
    first, second = json.loads(told()), json.loads(told())
    assert second["beat"] == first["beat"] + 1
    assert waiting_board._read(json.dumps(first)) == first
