"""The tool results and model calls of a thread, with what was said in them."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from stretto.models.marks import unmarked_text
from stretto.records import ModelEnded, ModelStarted, NodeStarted, ToolEnded, ToolStarted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stretto.journal.payloads import Payload
    from stretto.records import AnyRecord

SPOKEN = 20
"""Characters from which a text is taken to be somebody's words and no coincidence."""


def plain(text: str) -> str:
    """A text with each white space as one blank: what does not count when words are compared."""
    return " ".join(text.split())


class Result:
    """A tool call that has ended, and what it returned."""

    def __init__(self, start: ToolStarted, end: ToolEnded, said: str | None, within: str) -> None:
        self.start, self.end, self.said = start, end, said
        self.within = within
        """The span of the tool that called it; empty when no tool did."""
        self.seq = end.seq

    @cached_property
    def texts(self) -> list[tuple[str, str]]:
        """The texts it returned, each with the path that it is told to be of."""
        if self.said is None:
            return []
        try:
            value = json.loads(self.said)
        except ValueError:
            return [("", plain(self.said))]
        found = [(path, plain(text)) for path, text in _texts(value, "")]
        return [*found, ("", plain(self.said))]

    def holds(self, words: str, path: str = "") -> bool:
        """Whether the words stand in it, in a text of that path, or in one without any."""
        sought = plain(words)
        told = [p for p, _ in self.texts if p]
        return bool(sought) and any(
            sought in text for p, text in self.texts if not path or p == path or not told
        )


class Model:
    """A model call that has ended: what it was given, and what it wrote."""

    def __init__(
        self, start: ModelStarted, end: ModelEnded, payloads: Mapping[str, Payload]
    ) -> None:
        self.start, self.end, self._payloads = start, end, payloads
        self.seq = end.seq

    @property
    def who(self) -> str:
        """The task and the agent that it worked for."""
        known = (self.start.task, self.start.agent or self.start.node)
        return " ".join(part for part in known if part) or self.start.model

    @cached_property
    def given(self) -> list[dict[str, Any]] | None:
        """The messages of its request; `None` when they are no longer there."""
        from stretto.errors import StateUnreadable
        from stretto.journal.requests import request_of

        try:
            found: list[dict[str, Any]] = request_of(self.start.input, self._payloads)["messages"]
        except (KeyError, TypeError, StateUnreadable):
            return None
        return found

    @cached_property
    def written(self) -> list[str]:
        """The texts that it wrote, those in the arguments of its calls too."""
        return [plain(text) for _, text in _texts(self._wrote(), "")]

    @cached_property
    def _read(self) -> str:
        messages = self.given or []
        return "\n".join(plain(text) for m in messages for _, text in _texts(m.get("content"), ""))

    @cached_property
    def results(self) -> dict[str, str]:
        """The tool results in its request, by the id of the call."""
        return {
            str(m.get("tool_call_id") or ""): unmarked_text(said(m.get("content")))
            for m in self.given or []
            if m.get("type") == "tool"
        }

    def text(self) -> str:
        """What it wrote in words; of a typed answer its own text, or else all of it as JSON."""
        message = self._wrote()
        if isinstance(message, dict):
            told = cast("dict[str, Any]", message)
            if words := said(told.get("content")).strip():
                return words
            typed = self.values()
            answer = typed[0].get("answer") if typed else None
            if isinstance(answer, str) and answer:
                return answer
            return json.dumps(typed[0], ensure_ascii=False) if typed else ""
        return str(message) if message else self.end.text

    def values(self) -> list[dict[str, Any]]:
        """The arguments of the calls that it wrote."""
        message = self._wrote()
        calls = (
            cast("dict[str, Any]", message).get("tool_calls") if isinstance(message, dict) else ()
        )
        return [c.get("args") or {} for c in cast("list[dict[str, Any]]", calls or [])]

    def calls(self) -> list[str]:
        """The ids of the calls that it wrote."""
        message = self._wrote()
        calls = (
            cast("dict[str, Any]", message).get("tool_calls") if isinstance(message, dict) else ()
        )
        return [str(c.get("id") or "") for c in cast("list[dict[str, Any]]", calls or [])]

    def wrote(self, words: str) -> bool:
        """Whether the words stand in what it wrote."""
        sought = plain(words)
        return bool(sought) and any(sought in text for text in self.written)

    def read(self, result: Result, words: str) -> bool:
        """Whether a tool result lay in its request, with these words."""
        held = self.results.get(result.start.call)
        if held is None or not result.start.call:
            return False
        copy = Result(result.start, result.end, held, "")
        return copy.holds(words)

    def heard(self, other: Model) -> bool:
        """Whether what another one wrote lay in its request."""
        text = self._read
        return any(len(words) >= SPOKEN and words in text for words in other.written)

    @cached_property
    def _message(self) -> Any:
        from stretto.errors import StateUnreadable
        from stretto.journal.payloads import value_of

        payload = self._payloads.get(self.end.output)
        if payload is None:
            return None
        try:
            value = value_of(payload)
        except StateUnreadable:
            return None
        calls = getattr(value, "tool_calls", None)
        if calls is None:
            return value
        return {"content": getattr(value, "content", ""), "tool_calls": calls}

    def _wrote(self) -> Any:
        return self.end.text if self._message is None else self._message


class Calls:
    """All that models and tools said in a thread."""

    def __init__(self, records: Sequence[AnyRecord], payloads: Mapping[str, Payload]) -> None:
        self.models: list[Model] = []
        self.results: list[Result] = []
        self.lacking = False
        """Whether something that a tool returned is no longer there."""
        starts: dict[str, ModelStarted | ToolStarted] = {}
        parents: dict[str, str] = {}
        for record in records:
            match record:
                case ModelStarted() | ToolStarted():
                    starts[record.span] = record
                    parents[record.span] = record.parent
                case NodeStarted():
                    parents[record.span] = record.parent
                case ModelEnded() if isinstance(start := starts.get(record.span), ModelStarted):
                    if not record.error:
                        self.models.append(Model(start, record, payloads))
                case ToolEnded() if isinstance(start := starts.get(record.span), ToolStarted):
                    if record.status in {"done", "failed"}:
                        text = _returned(record, payloads)
                        self.lacking = self.lacking or text is None
                        within = _tool_around(start.span, parents, starts)
                        self.results.append(Result(start, record, text, within))
                case _:
                    pass
        self._by_call: dict[str, list[Result]] = {}
        for result in self.results:
            self._by_call.setdefault(result.start.call, []).append(result)
        self._called = {r.start.call for r in self.results if r.start.call}

    def front(self, model: Model) -> list[Result]:
        """The tool results in a model's request, by the ids of their calls."""
        found: list[Result] = []
        for call in model.results:
            before = [r for r in self._by_call.get(call, ()) if call and r.seq < model.seq]
            found += before[-1:]
        return found

    def is_last_word(self, model: Model) -> bool:
        """Whether none of the calls that it wrote was made."""
        return not self._called.intersection(model.calls())


def said(content: object) -> str:
    """The words of a message's content."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(text for _, text in _texts(cast("list[object]", content), ""))
    return "" if content is None else str(content)


def _returned(record: ToolEnded, payloads: Mapping[str, Payload]) -> str | None:
    """What a tool returned, in words; `None` when it is no longer there."""
    from stretto.errors import StateUnreadable
    from stretto.journal.payloads import value_of

    payload = payloads.get(record.output)
    if payload is None:
        return record.result or record.error or (None if record.forgotten or record.output else "")
    try:
        value = value_of(payload)
    except StateUnreadable:
        return None
    value = getattr(value, "content", value)
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError):
        return str(value)


def _texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    """All texts in a value, each with the path of the object it stands in."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        told = cast("dict[str, object]", value)
        own = told.get("path")
        here = own if isinstance(own, str) else path
        for inner in told.values():
            yield from _texts(inner, here)
    elif isinstance(value, list | tuple):
        for inner in cast("Sequence[object]", value):
            yield from _texts(inner, path)


def _tool_around(
    span: str, parents: Mapping[str, str], starts: Mapping[str, ModelStarted | ToolStarted]
) -> str:
    at, seen = parents.get(span, ""), set[str]()
    while at and at not in seen:
        if isinstance(starts.get(at), ToolStarted):
            return at
        seen.add(at)
        at = parents.get(at, "")
    return ""
