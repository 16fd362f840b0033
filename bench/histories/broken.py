"""Histories as no provider accepts them: what functions, graphs and imported threads may hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

if TYPE_CHECKING:
    from random import Random

TEXTS = ("", " ", "\n\t", "hello", "hello ", " so\n", "<note>x</note>", "Grüße, wie geht's?")
IDS = ("a", "b", "c", "a_2", "", "functions.look:0", "x" * 41)
NAMES = ("look", "look", "to look", "", "é" * 3, "n" * 70)
AUTHORS = (None, None, "ann", "Ann Lee", "", "a|b")


def text(rng: Random) -> str:
    """Words, or none."""
    return rng.choice(TEXTS)


def content(rng: Random) -> Any:
    """Text, or blocks of it, thoughts and pictures."""
    return text(rng) if rng.random() < 0.6 else blocks(rng)


def blocks(rng: Random) -> list[Any]:
    """Some blocks, or none."""
    known: list[Any] = [
        text(rng),
        {"type": "text", "text": text(rng)},
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "reasoning", "summary": []},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}},
    ]
    return rng.sample(known, rng.randrange(4))


def broken_call(rng: Random) -> Any:
    """A call whose arguments are no JSON."""
    args = rng.choice(["{", "[1]", '{"q": 2}', None])
    return {
        "name": rng.choice(NAMES),
        "args": args,
        "id": rng.choice(IDS),
        "error": "not JSON",
        "type": "invalid_tool_call",
    }


def history(rng: Random, longest: int = 8) -> list[Any]:
    """Messages in any order: calls without results, results without calls, empty ones."""
    return [_message(rng) for _ in range(rng.randrange(longest + 1))]


def _message(rng: Random) -> Any:
    kind = rng.random()
    if kind < 0.3:
        return _said(rng)
    if kind < 0.55:
        status = rng.choice(["success", "error"])
        return ToolMessage(content(rng), tool_call_id=rng.choice(IDS), status=status)
    if kind < 0.8:
        return _asked(rng)
    if kind < 0.88:
        return SystemMessage(content(rng), name=rng.choice(AUTHORS))
    role = rng.choice(["user", "assistant", "system", "developer", "critic"])
    return rng.choice([ChatMessage(content(rng), role=role), FunctionMessage("x", name="look")])


def _said(rng: Random) -> AIMessage:
    calls = [
        {"name": rng.choice(NAMES), "args": {"q": 1}, "id": rng.choice(IDS), "type": "tool_call"}
        for _ in range(rng.randrange(4))
    ]
    told = content(rng)
    if rng.random() < 0.2:
        uses = [
            {"type": "tool_use", "id": call["id"], "name": call["name"], "input": call["args"]}
            for call in calls
        ]
        said = [{"type": "text", "text": told}] if isinstance(told, str) else told
        told = [*said, *rng.choice([uses, uses[1:], uses * 2])]
    made = rng.choice([AIMessage, AIMessage, AIMessageChunk])(told, name=rng.choice(AUTHORS))
    bad = [broken_call(rng)] if rng.random() < 0.15 else []
    return made.model_copy(update={"tool_calls": calls, "invalid_tool_calls": bad})


def _asked(rng: Random) -> HumanMessage:
    told = content(rng)
    if rng.random() < 0.2:
        said = [{"type": "text", "text": told}] if isinstance(told, str) else told
        result = {"type": "tool_result", "tool_use_id": rng.choice(IDS), "content": "found"}
        told = [result, *said]
    return HumanMessage(told, name=rng.choice(AUTHORS))
