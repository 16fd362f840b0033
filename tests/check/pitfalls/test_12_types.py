"""FACTS 2.12: TypedDict types are never checked; pydantic state is checked on node input only."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from typing_extensions import TypedDict

from tests.check.rules.chains import chain, found


class State(TypedDict):
    """A state."""

    count: int


class Model(BaseModel):
    """A pydantic state."""

    count: int = 0


def count(state: Any) -> dict[str, Any]:
    """Count in words."""
    return {"count": ["several"]}


def test_a_list_passes_for_a_number_and_check_says_so():
    """Neither kind of state refuses it; the check proves both."""
    for schema in (State, Model):
        graph = chain(schema, count).compile()
        assert graph.invoke({"count": 1})["count"] == ["several"]
        (finding,) = found(graph, "S207")
        assert (finding.key, finding.certainty) == ("count", "proved")
