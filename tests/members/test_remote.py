"""What a remote graph is told of the team's run; calls of a real server are in tests/teams."""

from __future__ import annotations

import uuid
from typing import Any

from langchain_core.messages import AIMessageChunk
from langgraph.pregel.protocol import StreamProtocol

from stretto.members.remote import own_config, thread_of


def here(**configurable: Any) -> Any:
    """The config of a node that calls a remote graph."""
    return {
        "configurable": {"__pregel_resuming": True, "user": "ada", **configurable},
        "metadata": {"langgraph_node": "n", "thread_id": "t", "stretto_team": "a", "plan": "b"},
        "tags": ["seq:step:1", "stretto"],
    }


def test_each_place_has_a_thread_of_its_own_whatever_the_team_calls_its_own() -> None:
    """The name is a UUID, the same on a resume and another in another task."""
    first = thread_of(here(thread_id="any text", checkpoint_ns="execute:1|t1:2"))
    assert first == str(uuid.UUID(first))
    assert first == thread_of(here(thread_id="any text", checkpoint_ns="execute:1|t1:2"))
    assert first != thread_of(here(thread_id="any text", checkpoint_ns="execute:1|t2:3"))
    assert first != thread_of(here(thread_id="other", checkpoint_ns="execute:1|t1:2"))


def test_without_a_thread_there_is_nothing_to_name() -> None:
    """A run without a checkpointer is kept nowhere."""
    assert thread_of(here()) is None


def test_the_server_is_not_told_of_the_teams_run() -> None:
    """The user's own keys, metadata and tags go along; the team's bookkeeping stays."""
    told = own_config(here(thread_id="t", checkpoint_ns="n:1"), "u")
    assert told == {
        "configurable": {"user": "ada", "checkpoint_ns": "n:1", "thread_id": "u"},
        "metadata": {"plan": "b"},
        "tags": ["stretto"],
    }


def test_messages_from_the_server_enter_the_stream_as_messages() -> None:
    """JSON becomes LangChain's message; other parts pass as they are."""
    heard: list[Any] = []
    stream = StreamProtocol(heard.append, {"messages", "updates"})
    told = own_config(here(__pregel_stream=stream), None)
    send: Any = told["configurable"]["__pregel_stream"]
    send((("n",), "messages", [{"type": "AIMessageChunk", "content": "hi", "id": "1"}, {"a": 1}]))
    send((("n",), "updates", {"n": {}}))
    assert heard[0] == (("n",), "messages", (AIMessageChunk(content="hi", id="1"), {"a": 1}))
    assert heard[1] == (("n",), "updates", {"n": {}})
