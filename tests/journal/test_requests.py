from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    AnyMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.tools import tool
from pydantic import BaseModel

from stretto.journal.capture import request
from stretto.journal.requests import exact_payload, request_of, request_payloads, tool_schema

CALL: dict[str, Any] = {"name": "look", "args": {"x": 1}, "id": "c1"}
texts = st.text(max_size=20)
messages = st.lists(
    st.one_of(
        st.builds(HumanMessage, content=texts, id=texts),
        st.builds(SystemMessage, content=texts),
        st.builds(AIMessage, content=texts, id=texts, tool_calls=st.sampled_from([[], [CALL]])),
        st.builds(ToolMessage, content=texts, tool_call_id=st.just("c1"), id=texts),
    ),
    max_size=6,
)


@tool
def look(x: int) -> str:
    """Look at it."""
    return str(x)


def digest(asked: list[Any], *rest: Any) -> str:
    """Of a request."""
    return request_payloads(asked, *rest)[0]


@given(messages)
def test_a_request_comes_back_as_it_was(asked: list[AnyMessage]) -> None:
    """Whatever was said in it."""
    named, payloads = request_payloads(asked, [look], {"stop": ["end"]})
    found = request_of(named, {p.digest: p for p in payloads})
    assert [m["content"] for m in found["messages"]] == [m.content for m in asked]
    assert [m["type"] for m in found["messages"]] == [m.type for m in asked]
    assert found["tools"] == [tool_schema(look)]
    assert found["settings"] == {"stop": ["end"]}
    assert payloads[-1].digest == named


@given(messages, texts)
def test_a_growing_conversation_adds_a_message_and_the_request(
    asked: list[AnyMessage], more: str
) -> None:
    """What was said before is stored already."""
    before = {p.digest for p in request_payloads(asked)[1]}
    after = {p.digest for p in request_payloads([*asked, HumanMessage(more)])[1]}
    assert len(after - before) <= 2


@given(messages)
def test_ids_of_messages_do_not_count(asked: list[AnyMessage]) -> None:
    """A resume makes new ones."""
    renamed = [message.model_copy(update={"id": "another"}) for message in asked]
    assert digest(asked) == digest(renamed)


@pytest.mark.parametrize(
    "other",
    [
        [HumanMessage("b")],
        [SystemMessage("a")],
        [HumanMessage("a"), HumanMessage("a")],
        [HumanMessage("a", name="eva")],
        [HumanMessage("a", additional_kwargs={"audio": "x"})],
        [],
    ],
)
def test_what_the_model_sees_counts(other: list[Any]) -> None:
    """Another text, role, name, number or attachment is another request."""
    assert digest([HumanMessage("a")]) != digest(other)


def test_what_a_provider_tells_of_an_answer_does_not_count() -> None:
    """No model is sent it back; nor is it another message that came in chunks."""
    told = AIMessage(
        "hi",
        usage_metadata={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
        response_metadata={"model_name": "x"},
        additional_kwargs={"tool_calls": [{"id": "c1"}], "parsed": look},
        tool_calls=[CALL],
    )
    assert digest([told]) == digest([AIMessage("hi", tool_calls=[CALL])])
    assert digest([AIMessageChunk("hi")]) == digest([AIMessage("hi")])


def test_tools_count_and_settings_of_the_call() -> None:
    """What belongs to the model itself does not."""
    plain = digest([HumanMessage("a")])
    assert digest([HumanMessage("a")], [], {"temperature": 1, "model": "x"}) == plain
    assert digest([HumanMessage("a")], [], {"stop": None}) == plain
    assert digest([HumanMessage("a")], [look]) != plain
    assert digest([HumanMessage("a")], [look]) == digest([HumanMessage("a")], [tool_schema(look)])
    assert digest([HumanMessage("a")], [], {"stop": ["x"]}) != plain


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("any", "required"),
        (True, "required"),
        ({"type": "function", "function": {"name": "look"}}, "look"),
        ({"type": "tool", "name": "look"}, "look"),
        ({"type": "any"}, "required"),
    ],
)
def test_a_choice_of_tools_is_one_in_any_provider_s_words(one: Any, other: Any) -> None:
    """OpenAI's, Anthropic's, LangChain's."""
    assert digest([], [], {"tool_choice": one}) == digest([], [], {"tool_choice": other})
    assert digest([], [], {"tool_choice": one}) != digest([], [], {"tool_choice": "auto"})


def test_a_response_format_may_be_a_class() -> None:
    """Its schema says what is wanted."""

    class Wanted(BaseModel):
        """An answer."""

        answer: int

    form = Wanted.model_json_schema()
    one = digest([], [], {"response_format": Wanted})
    assert one == digest([], [], {"response_format": form})


def test_what_is_no_tool_and_no_json_is_kept_somehow() -> None:
    """A request is never refused for it."""
    named, payloads = request_payloads([], [3, look, "name"], {"stop": [object]})
    assert request_of(named, {p.digest: p for p in payloads})["tools"][1] == tool_schema(look)
    assert exact_payload({1: {2, 3}}).kind == "json"


def test_a_missing_payload_is_named() -> None:
    """It was forgotten."""
    named, payloads = request_payloads([HumanMessage("a"), HumanMessage("b")])
    gone = payloads[0].digest
    with pytest.raises(KeyError, match=gone):
        request_of(named, {p.digest: p for p in payloads if p.digest != gone})


@pytest.mark.parametrize(
    "block",
    [
        {"type": "image", "base64": "aGk=", "mime_type": "image/png"},
        {"type": "image", "source_type": "base64", "data": "aGk=", "mime_type": "image/png"},
        {"type": "image", "url": "https://example.org/a.png"},
        {"type": "file", "base64": "aGk=", "mime_type": "application/pdf"},
        {"text": "hi"},
        {"type": "text", "text": "hi"},
    ],
)
def test_callbacks_are_told_the_same_request(block: dict[str, Any]) -> None:
    """LangChain rewrites images and files for callbacks; a model that is called sees them raw."""
    told: list[str] = []

    class Listens(BaseCallbackHandler):
        def on_chat_model_start(self, _: Any, batches: Any, **rest: Any) -> None:
            told.append(request(batches, rest)[0])

    asked = [HumanMessage([block])]
    GenericFakeChatModel(messages=iter(["ok"])).invoke(asked, {"callbacks": [Listens()]})
    assert told == [digest(asked)]
