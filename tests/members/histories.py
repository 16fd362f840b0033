"""Histories that hypothesis makes: any broken one, and any that strict providers accept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_core.messages import AnyMessage, InvalidToolCall, ToolCall

IDS = st.sampled_from(["a", "b", "c", "a_2", "", "functions.look:0", "x" * 41, "x" * 42])
NAMES = st.sampled_from(["look", "to look", "", "é" * 3, "n" * 70])
TEXTS = st.sampled_from(["", " ", "\n\t", "hello", "hello ", " so\n", "<note>x</note>"])
ANY_NAME = st.none() | st.sampled_from(["ann", "Ann Lee", "", "a|b", "n" * 70])


def text_block(text: str) -> dict[str, Any]:
    """A block of text."""
    return {"type": "text", "text": text}


BLOCKS = st.one_of(
    TEXTS,
    TEXTS.map(text_block),
    st.just({"type": "thinking", "thinking": "hm", "signature": "s"}),
    st.just({"type": "reasoning", "summary": []}),
    st.just({"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}),
)
CONTENTS = TEXTS | st.lists(BLOCKS, max_size=3)
CALLS = st.builds(
    lambda name, id_: {"name": name, "args": {"q": 1}, "id": id_, "type": "tool_call"},
    NAMES,
    st.none() | IDS,
)
INVALID = st.builds(
    lambda name, args, id_: {"name": name, "args": args, "id": id_, "type": "invalid_tool_call"},
    NAMES,
    st.sampled_from(["{", "[1]", '{"q": 2}', None]),
    st.none() | IDS,
)
RAW = st.builds(
    lambda name, args, id_: {"id": id_, "function": {"name": name, "arguments": args}},
    NAMES,
    st.sampled_from(["{", "[1]", '{"q": 2}']),
    IDS,
)


def use_block(name: str, id_: str, given: Any) -> dict[str, Any]:
    """A tool call as Anthropic says it."""
    return {"type": "tool_use", "id": id_, "name": name, "input": given}


USES = st.builds(use_block, NAMES, IDS, st.sampled_from([{}, {"q": 3}]))
CALLING_BLOCKS = st.one_of(
    USES,
    IDS.map(lambda id_: {"type": "function_call", "call_id": id_, "name": "look"}),
    IDS.map(lambda id_: {"type": "tool_call", "id": id_, "name": "look", "args": {}}),
)


@st.composite
def said(draw: Callable[..., Any]) -> AIMessage:
    """A message of a model, its calls in any of the places where one holds them."""
    calls: list[ToolCall] = draw(st.lists(CALLS, max_size=3))
    invalid: list[InvalidToolCall] = draw(st.lists(INVALID, max_size=1))
    content = draw(CONTENTS)
    if draw(st.booleans()):
        blocks = [text_block(content)] if isinstance(content, str) else content
        told = [use_block(c["name"], c["id"] or "", c["args"]) for c in calls]
        content = [*blocks, *draw(st.sampled_from([told, told[1:], told * 2]))]
        content += draw(st.lists(CALLING_BLOCKS, max_size=1))
    more: dict[str, Any] = draw(st.sampled_from([{}, {"name": "a b"}, {"other": 1}]))
    kind = draw(st.sampled_from([AIMessage, AIMessage, AIMessage, AIMessageChunk]))
    made = kind(content=content, name=draw(ANY_NAME), additional_kwargs=more)
    changed: dict[str, Any] = {"tool_calls": calls, "invalid_tool_calls": invalid}
    if raw := draw(st.lists(RAW, max_size=1)):
        changed["additional_kwargs"] = {**more, "tool_calls": raw}
    return made.model_copy(update=changed)


@st.composite
def asked(draw: Callable[..., Any]) -> HumanMessage:
    """A message of a human, now and then with tool results as Anthropic says them."""
    content = draw(CONTENTS)
    if draw(st.integers(0, 4)) == 0:
        told = draw(st.lists(IDS, min_size=1, max_size=2))
        results = [{"type": "tool_result", "tool_use_id": i, "content": "found"} for i in told]
        content = [*results, *([text_block(content)] if isinstance(content, str) else content)]
    return HumanMessage(content, name=draw(ANY_NAME))


RESULTS = st.builds(
    lambda content, id_, status: ToolMessage(content, tool_call_id=id_, status=status),
    CONTENTS,
    IDS,
    st.sampled_from(["success", "error"]),
)
OTHERS = st.one_of(
    st.builds(lambda content, name: SystemMessage(content, name=name), CONTENTS, ANY_NAME),
    st.builds(lambda: RemoveMessage("m1")),
    st.builds(
        lambda content, role: ChatMessage(content, role=role),
        CONTENTS,
        st.sampled_from(["user", "assistant", "system", "developer", "critic"]),
    ),
    TEXTS.map(lambda text: FunctionMessage(content=text, name="look")),
)


def any_histories(longest: int = 12) -> st.SearchStrategy[list[AnyMessage]]:
    """Histories with everything that teams can do to them."""
    return st.lists(st.one_of(said(), RESULTS, RESULTS, asked(), OTHERS), max_size=longest)


WORDS = st.text("ab c", min_size=1, max_size=5).map(lambda text: f"w{text}w")


@st.composite
def turn(draw: Callable[..., Any], number: int) -> list[AnyMessage]:
    """What follows one word of a human: calls and their results, and an answer."""
    made: list[AnyMessage] = [HumanMessage(draw(WORDS), name=draw(st.none() | st.just("ann")))]
    for round_ in range(draw(st.integers(0, 2))):
        ids = [f"c{number}-{round_}-{i}" for i in range(draw(st.integers(1, 3)))]
        calls: list[ToolCall] = [
            {"name": "look", "args": {}, "id": id_, "type": "tool_call"} for id_ in ids
        ]
        blocks = [use_block("look", id_, {}) for id_ in ids]
        content = draw(st.sampled_from(["", "I look.", blocks, [text_block("So."), *blocks]]))
        made.append(AIMessage(content, tool_calls=calls))
        made += [
            ToolMessage(draw(st.just("") | WORDS), tool_call_id=id_)
            for id_ in draw(st.permutations(ids))
        ]
    return [*made, AIMessage(draw(WORDS))] if draw(st.booleans()) else made


@st.composite
def valid_histories(draw: Callable[..., Any]) -> list[AnyMessage]:
    """Histories that strict providers accept."""
    front = draw(st.lists(WORDS.map(SystemMessage), max_size=2))
    turns = [draw(turn(number)) for number in range(draw(st.integers(1, 3)))]
    return [*front, *(message for each in turns for message in each)]
