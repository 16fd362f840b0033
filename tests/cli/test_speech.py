from __future__ import annotations

import io

from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from rich.console import Console

from stretto.cli.speech import Speech


def said_by(*parts):
    """Show messages with their metadata; give what was printed."""
    console = Console(file=io.StringIO(), width=80)
    speech = Speech(console)
    for message, about in parts:
        speech.part({"type": "messages", "ns": (), "data": (message, about)})
    speech.close()
    return console.file.getvalue(), speech.spoke


def test_tokens_of_a_message_stand_on_a_line_under_its_speaker():
    """Tokens of a message stand on a line under its speaker."""
    out, spoke = said_by(
        (AIMessageChunk(content="Good", id="1"), {"lc_agent_name": "ann"}),
        (AIMessageChunk(content="bye", id="1"), {"lc_agent_name": "ann"}),
        (AIMessageChunk(content="Hi", id="2"), {"langgraph_node": "bob"}),
    )
    assert (out, spoke) == ("ann: Goodbye\nbob: Hi\n", True)


def test_a_message_is_said_once_and_only_those_of_models():
    """A message is said once and only those of models."""
    out, _ = said_by(
        (AIMessageChunk(content="Hello", id="1"), {}),
        (AIMessage("Other", id="2", name="carl"), {}),
        (AIMessage("Hello", id="1"), {}),
        (HumanMessage("Why?", id="3"), {}),
        (ToolMessage("4", tool_call_id="c", id="4"), {}),
    )
    assert out == "agent: Hello\ncarl: Other\n"


def test_empty_tokens_say_nothing():
    """Empty tokens say nothing."""
    assert said_by((AIMessageChunk(content="", id="1"), {})) == ("", False)


def test_of_what_a_team_gives_on_only_the_rest_is_said():
    """A whole message that repeats, or begins with, what was said is not said twice."""
    out, _ = said_by(
        (AIMessageChunk(content="Block", id="1"), {"langgraph_node": "desk"}),
        (AIMessageChunk(content=" it.", id="1"), {"langgraph_node": "desk"}),
        (AIMessage("Block it.", id="2", name="team"), {}),
        (AIMessage("Block it.\n\nSee cards.md", id="3", name="reply"), {}),
        (AIMessage("Block it.Now", id="4", name="other"), {}),
    )
    assert out == "desk: Block it.\nreply: See cards.md\nother: Block it.Now\n"
