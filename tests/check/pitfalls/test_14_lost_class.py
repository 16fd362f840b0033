"""FACTS 2.14: a type that the reading process cannot import comes back as a plain dict."""

from __future__ import annotations

from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel
from typing_extensions import TypedDict

from tests.check.rules.chains import chain, found


def made() -> Any:
    """A graph with a class that only this function knows."""

    class Draft(BaseModel):
        text: str

    schema: Any = TypedDict("schema", {"draft": Draft, "length": int})  # type: ignore[operator]

    def write(state: Any) -> dict[str, Any]:
        return {"draft": Draft(text="a draft")}

    def measure(state: Any) -> dict[str, Any]:
        return {"length": len(state["draft"].text)}

    return chain(schema, write, measure)


def test_the_record_is_a_dictionary_after_a_resume_and_check_says_so():
    """In one go the graph works; after a pause it fails. The check proves it."""
    assert made().compile().invoke({})["length"] == len("a draft")
    graph = made().compile(checkpointer=InMemorySaver(), interrupt_before=["measure"])
    config: Any = {"configurable": {"thread_id": "1"}}
    graph.invoke({}, config)
    assert graph.get_state(config).values["draft"] == {"text": "a draft"}
    with pytest.raises(AttributeError):
        graph.invoke(None, config)
    (finding,) = found(graph, "S211")
    assert (finding.key, finding.certainty) == ("draft", "proved")
