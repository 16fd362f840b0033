"""What a run is given."""

from __future__ import annotations

from typing import Any

import pytest
from typing_extensions import TypedDict

from stretto import run
from stretto.errors import InvalidInput
from stretto.patterns import sequential


class Batch(TypedDict, total=False):
    """Fields of the user's own."""

    words: list[str]


async def count(state: Any) -> str:
    """Count words."""
    return str(len(state.get("words") or []))


async def test_a_field_that_the_graph_does_not_have_is_refused() -> None:
    """It would be dropped, and the run would end as a success."""
    graph = sequential(count, state=Batch)
    with pytest.raises(InvalidInput, match=r"no field 'word', so it would be dropped.*'words'"):
        await run(graph, {"messages": [("human", "go")], "word": ["a"]})
    found = await run(graph, {"messages": [("human", "go")], "words": ["a"]})
    assert found.text == "1"
