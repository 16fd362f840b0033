"""The names of members."""

from __future__ import annotations

from typing import Any

import pytest

from stretto import member
from stretto.errors import InvalidMember
from stretto.patterns import (
    board,
    group_chat,
    parallel,
    refine,
    saga,
    sequential,
    supervisor,
    swarm,
)


async def worker(state: Any) -> str:
    """Work."""
    return "worked"


@pytest.mark.parametrize("name", ["a:b", "a|b", "  "])
@pytest.mark.parametrize(
    "pattern",
    [
        sequential,
        parallel,
        saga,
        lambda one: swarm([one, worker]),
        lambda one: group_chat([one, worker]),
        lambda one: board([one], tasks=["x"]),
        lambda one: supervisor(worker, [one]),
        lambda one: refine(one, worker, until=3),
    ],
)
def test_a_name_that_no_node_can_have_is_refused(pattern: Any, name: str) -> None:
    """With the pattern, the name and what helps."""
    with pytest.raises(InvalidMember, match=r"a member is called .*neither ':' nor '\|'.*name="):
        pattern(member(worker, name=name))
