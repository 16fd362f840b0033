"""A chat model made of whole answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage

from stretto.models.answering import AnsweringModel
from stretto.testing import tool_call

if TYPE_CHECKING:
    from collections.abc import Mapping

USED = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}


class Echo(AnsweringModel):
    """Says again what it was told, and calls each tool that it was offered."""

    @property
    def _llm_type(self) -> str:
        return "echo"

    def _answer(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, Any]
    ) -> AIMessage:
        calls = [
            {**tool_call(tool["function"]["name"], a=[1] * 20), "id": f"c{place}"}
            for place, tool in enumerate(kwargs.get("tools") or ())
        ]
        return AIMessage(
            messages[-1].text,
            tool_calls=calls,
            usage_metadata=USED,
            response_metadata={"finish_reason": "stop"},
        )


class Late(Echo):
    """Knows its answer only when it is awaited."""

    async def _aanswer(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, Any]
    ) -> AIMessage:
        return AIMessage("late")


class Spelled(Echo):
    """Says one letter at a time, and names a call before it says more."""

    def _pieces(self, text: str) -> list[str]:
        return list(text)

    def _argument_pieces(self, call: Any) -> list[str]:
        return ["", "{}"]


def first(a: list[int]) -> None:
    """Take the first."""


def second(a: list[int]) -> None:
    """Take the second."""


async def test_one_answer_serves_all_four_ways_of_asking():
    """Plain or async, whole or streamed."""
    model = Echo().bind_tools([first, second])
    whole = model.invoke("a text that is longer than one piece")
    assert [c["name"] for c in whole.tool_calls] == ["first", "second"]
    streams = [
        list(model.stream("a text that is longer than one piece")),
        [chunk async for chunk in model.astream("a text that is longer than one piece")],
    ]
    assert (await model.ainvoke("a text that is longer than one piece")).text == whole.text
    for chunks in streams:
        total = AIMessageChunk(content="")
        for chunk in chunks:
            total += chunk
        assert (total.text, total.tool_calls) == (whole.text, whole.tool_calls)
        assert (total.usage_metadata, total.response_metadata) == (
            whole.usage_metadata,
            whole.response_metadata,
        )
        assert [chunk.chunk_position for chunk in chunks[-2:]] == [None, "last"]


async def test_an_answer_that_is_awaited_is_given_to_async_calls():
    """Plain calls have the plain one."""
    assert Late().invoke("now").text == "now"
    assert (await Late().ainvoke("now")).text == "late"
    assert [chunk.text async for chunk in Late().astream("now")] == ["late", ""]


def test_a_child_says_where_its_answer_is_cut():
    """A call's name and id come once, with the first piece."""
    chunks = list(Spelled().bind_tools([first]).stream("abc"))
    assert [chunk.text for chunk in chunks] == ["a", "b", "c", "", "", ""]
    parts = [part for chunk in chunks for part in chunk.tool_call_chunks]
    assert [(part["name"], part["id"], part["args"]) for part in parts] == [
        ("first", "c0", ""),
        (None, None, "{}"),
    ]


def test_a_model_without_an_answer_cannot_be_made():
    """The base alone has nothing to say."""
    nothing: Any = AnsweringModel
    with pytest.raises(TypeError, match="_answer"):
        nothing()
