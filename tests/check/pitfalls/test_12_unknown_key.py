"""FACTS 2.12: unknown state keys are dropped silently."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from tests.check.rules.chains import chain, found


class State(TypedDict):
    """A state."""

    question: str
    answer: str


def reply(state: State) -> dict[str, Any]:
    """Answer under the wrong name."""
    return {"answers": state["question"] + "!"}


def test_the_answer_is_lost_and_check_says_so():
    """LangGraph runs the graph as a success without the answer; the check names the key."""
    graph = chain(State, reply).compile()
    assert graph.invoke({"question": "why"}) == {"question": "why"}
    (finding,) = found(graph, "S201")
    assert finding.key == "answers"
