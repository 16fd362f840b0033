"""What a member came back with."""

from __future__ import annotations

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from stretto.members.reply import reply, text_of
from stretto.state import HandOver

TYPED = {"answer": "a", "summary": "b"}


def test_a_patterns_typed_result_is_worded_as_its_last_message() -> None:
    """Whatever its members are called."""
    messages = [HumanMessage("go"), AIMessage("answer: a\nsummary: b")]
    output = {"messages": messages, "results": TYPED, "structured_response": TYPED}
    found = reply(output, "both")
    assert (found.text, found.value) == ("answer: a\nsummary: b", TYPED)


def test_an_agents_typed_result_is_worded_by_itself() -> None:
    """Its last message may be what the tool said by which it gave it."""
    messages = [HumanMessage("go"), ToolMessage("Returning structured response", tool_call_id="c")]
    output = {"messages": messages, "structured_response": TYPED}
    assert reply(output, "agent").text == "a"


def test_of_a_handover_what_is_said_to_the_person_is_its_words() -> None:
    """A pattern in a swarm words it so, and says nothing where nothing is said."""
    assert text_of(HandOver(to="billing", reason="a charge")) == ""
    assert text_of(HandOver(to="billing", say="One moment.")) == "One moment."
