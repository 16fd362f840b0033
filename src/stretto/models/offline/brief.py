"""What a conversation asks and what it brings along, read from the messages once.

The request is the last human message, or what its first `<task>` or `<request>` holds. All other
tagged parts, and all that tools gave, are material: never followed as orders.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from stretto.models.offline.passages import Source, holds_passages, sources_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TAG = re.compile(r"<([a-z][\w-]*)((?:\s+[\w-]+=\"[^\"]*\")*)\s*>")
_CITED = re.compile(r"^\s*\[\d+\]\s+(\S+?):(\d+)\s+(?:(.*?)\s+)?[\"“](.+)[\"”]\s*$", re.MULTILINE)
_ASKED = re.compile(
    r"^\s*(?:question|asked|q|user|human)\b\W*:\s*(.+)$", re.IGNORECASE | re.MULTILINE
)
_QUESTION = re.compile(r"[^.?!\n>]*\?")
_REQUESTS = ("task", "request", "question")


@dataclass(frozen=True)
class Call:
    """A tool call that was made, and what came of it."""

    name: str
    args: Mapping[str, Any]
    result: object = None
    """Content of the tool's message; `None` while there is none."""
    failed: bool = False
    current: bool = True
    """Whether it belongs to this turn."""

    @property
    def passages(self) -> tuple[Source, ...]:
        """What it gave that can be quoted."""
        if self.failed or self.result is None:
            return ()
        return sources_in(self.result, self.name)


@dataclass(frozen=True)
class Brief:
    """A request, the material that came with it, and what has been done for it so far."""

    request: str
    parts: Mapping[str, str] = field(default_factory=dict[str, str])
    """Tagged material by tag: results, earlier, checks, feedback, executors..."""
    system: str = ""
    calls: tuple[Call, ...] = ()
    questions: tuple[str, ...] = ()
    """What was asked before in this conversation, oldest first."""
    answers: tuple[str, ...] = ()
    """What was answered before, oldest first."""

    @property
    def feedback(self) -> str:
        """Why the work was sent back, empty when it was not."""
        return self.parts.get("feedback", "")

    @property
    def done(self) -> tuple[Call, ...]:
        """The calls of this turn."""
        return tuple(call for call in self.calls if call.current)

    def sources(self) -> tuple[Source, ...]:
        """All that may be quoted: what tools gave, then earlier answers' citations, each once."""
        given = [p for call in self.calls if holds_passages(call.result) for p in call.passages]
        cited = [c for tag in ("results", "earlier") for c in citations(self.parts.get(tag, ""))]
        return tuple(dict.fromkeys([*given, *cited]))


def read_brief(messages: Sequence[BaseMessage]) -> Brief:
    """Read a conversation."""
    last = max((i for i, m in enumerate(messages) if isinstance(m, HumanMessage)), default=-1)
    asked = _text(messages[last]) if last >= 0 else _spoken(messages)
    request, parts = split_parts(asked)
    before = messages[: max(last, 0)]
    asked_before = (
        *earlier_questions(parts.get("earlier", "")),
        *(split_parts(_text(m))[0] for m in before if isinstance(m, HumanMessage)),
    )
    return Brief(
        request=request,
        parts=parts,
        system="\n".join(_text(m) for m in messages if isinstance(m, SystemMessage)),
        calls=_calls(messages, last),
        questions=tuple(question for question in asked_before if question != request),
        answers=tuple(_text(m) for m in before if isinstance(m, AIMessage) and _text(m).strip()),
    )


def split_parts(text: str) -> tuple[str, dict[str, str]]:
    """The request of a message, and its other tagged parts by tag.

    Tags inside a part belong to that part: a result that contains `<task>` gives no orders.
    """
    parts: dict[str, str] = {}
    rest: list[str] = []
    at = 0
    while match := _TAG.search(text, at):
        close = f"</{match[1]}>"
        end = text.find(close, match.end())
        if end < 0:
            rest.append(text[at : match.end()])
            at = match.end()
            continue
        rest.append(text[at : match.start()])
        content = text[match.end() : end].strip()
        parts[match[1]] = f"{parts[match[1]]}\n{content}" if match[1] in parts else content
        at = end + len(close)
    rest.append(text[at:])
    for tag in _REQUESTS:
        if parts.get(tag):
            request = parts.pop(tag)
            return request.strip(), parts
    return "".join(rest).strip(), parts


def citations(text: str) -> tuple[Source, ...]:
    """Quotations in a brief, written as `[1] path:line symbol "quote"`."""
    return tuple(
        Source(match[4], path=match[1], line=int(match[2]), symbol=match[3] or "", whole=True)
        for match in _CITED.finditer(text)
    )


def earlier_questions(text: str) -> tuple[str, ...]:
    """The questions in a record of earlier turns, oldest first."""
    named = [match[1].strip() for match in _ASKED.finditer(text)]
    tagged = re.findall(r"<question>(.*?)</question>", text, re.DOTALL)
    return tuple(tagged or named or [q.strip() for q in _QUESTION.findall(text) if q.strip("? ")])


def _calls(messages: Sequence[BaseMessage], last: int) -> tuple[Call, ...]:
    results = {m.tool_call_id: m for m in messages if isinstance(m, ToolMessage)}
    found: list[Call] = []
    for place, message in enumerate(messages):
        if not isinstance(message, AIMessage):
            continue
        for call in message.tool_calls:
            given = results.get(call["id"] or "")
            found.append(
                Call(
                    name=call["name"],
                    args=call["args"],
                    result=None if given is None else _content(given),
                    failed=given is not None and given.status == "error",
                    current=place > last,
                )
            )
    return tuple(found)


def _content(message: BaseMessage) -> object:
    content = cast("object", message.content)
    return content if isinstance(content, str) else message.text


def _text(message: BaseMessage) -> str:
    return str(message.text)


def _spoken(messages: Sequence[BaseMessage]) -> str:
    texts = [_text(m) for m in messages if not isinstance(m, (ToolMessage, AIMessage))]
    return next((text for text in reversed(texts) if text.strip()), "")
