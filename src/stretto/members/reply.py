"""What a member came back with, whatever its kind."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from langchain_core.messages import BaseMessage, convert_to_messages
from pydantic import BaseModel, ValidationError

from stretto.errors import MemberFailed
from stretto.state import Answer, Citation, Finding, HandOver

if TYPE_CHECKING:
    from collections.abc import Collection

    from langchain_core.messages import AnyMessage

_OURS = frozenset({"messages", "results", "failed", "structured_response", "answer"})
"""What is read as the reply itself, never as an update of a field."""


@dataclass(frozen=True)
class Reply:
    """What a member came back with, whatever its kind."""

    text: str
    value: Any = None
    """Its typed output: a pydantic value or JSON; `None` when it gave only words."""
    complete: bool = True
    """False when it owed a typed output and gave none."""
    update: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What it gave for fields of the team's state."""
    messages: Sequence[AnyMessage] = field(default=(), compare=False, repr=False)
    """What it said and did after the last word of a person, where it is a graph: tool calls and
    their results too."""

    answer: Answer | None = field(default=None, compare=False, repr=False)
    """A team's answer, with its verdict, where it gave one."""

    @property
    def silent(self) -> bool:
        """True when it gave nothing but updates of fields."""
        return not self.text and self.value is None

    @property
    def found(self) -> bool:
        """False when its typed output says that it found nothing, or is missing."""
        return self.complete and bool(_field(self.value, "found", default=True))

    @property
    def citations(self) -> list[Citation]:
        """The quotations of its typed output, empty when it has none that are well formed."""
        cited = _field(self.value, "citations", default=[])
        try:
            return [c if isinstance(c, Citation) else Citation.model_validate(c) for c in cited]
        except (ValidationError, TypeError):
            return []

    @property
    def json(self) -> Any:
        """The typed output as JSON."""
        value = self.value
        return value.model_dump(mode="json") if isinstance(value, BaseModel) else value


def reply(
    output: Any,
    name: str,
    *,
    given: Mapping[str, Any] | None = None,
    typed: bool = False,
    fields: Collection[str] = (),
    whole: bool = False,
) -> Reply:
    """Read what a member returned as a reply.

    Args:
        output: What it returned.
        name: The member's.
        given: What it was given: what a graph gives back of that unchanged says nothing.
        typed: Whether it owes a typed output.
        fields: Those of the team's state that a dictionary may give updates of.
        whole: Whether a dictionary is a whole state, as a graph gives, and not an update.

    Raises:
        MemberFailed: There is nothing in it: no message, no text, no value, no update.
    """
    if isinstance(output, dict) and fields:
        mine = cast("dict[str, Any]", output)
        update = {k: v for k, v in mine.items() if k in fields and k not in _OURS}
        if whole:
            update = {k: v for k, v in update.items() if (given or {}).get(k) is not v}
        left = {k: v for k, v in mine.items() if k not in fields or k in _OURS}
        if not whole and not left:
            return Reply("", update=update)
        try:
            said = _read(left, name, given, typed=typed, whole=whole)
        except MemberFailed:
            if not update:
                raise
            return Reply("", update=update)
        return replace(said, update=update)
    return _read(output, name, given, typed=typed, whole=whole)


def _read(
    output: Any, name: str, given: Mapping[str, Any] | None, *, typed: bool, whole: bool
) -> Reply:
    match output:
        case Reply():
            return output
        case str() | BaseMessage():
            return _spoken(output if isinstance(output, str) else output.text, name, output)
        case HandOver():
            return Reply(output.say, output)
        case BaseModel() | int() | float() | list():
            return Reply(text_of(output), output)
        case dict():
            mine = cast("dict[str, Any]", output)
            return _reply_of_state(mine, name, given or {}, typed=typed, whole=whole)
        case _:
            raise _nothing(name, output)


def _spoken(text: str, name: str, output: Any) -> Reply:
    """A reply in words; an empty one is none, so that policies and joins do not take it for one."""
    if not text.strip():
        raise _nothing(name, output)
    return Reply(text)


def _reply_of_state(
    output: dict[str, Any], name: str, given: Mapping[str, Any], *, typed: bool, whole: bool
) -> Reply:
    messages = output.get("messages")
    own = _own(messages) if isinstance(messages, list) else []
    value, answer = output.get("structured_response"), output.get("answer")
    answer = answer if isinstance(answer, Answer) else None
    if value is not None:
        # a pattern of ours has worded its result; in other graphs the last word may be a tool's
        said = own[-1].text if own and "results" in output and own[-1].type == "ai" else ""
        return Reply(said or text_of(value), value, messages=own, answer=answer)
    if answer is not None:
        return Reply(answer.text, _finding(answer), messages=own, answer=answer)
    if own:  # the last word is the brief when the graph wrote elsewhere
        return Reply(own[-1].text, complete=not typed, messages=own)
    if whole and "failed" in output and output.get("results") == {}:
        return Reply("")  # a pattern of ours, all of whose members were left out
    told = {k: v for k, v in output.items() if k not in given and v is not None}
    if not told:
        raise _nothing(name, output)
    return Reply(text_of(told), told)


def _own(messages: Sequence[Any]) -> list[AnyMessage]:
    """The messages after the last one of a person."""
    own: list[Any] = []
    for message in reversed(messages):
        taken = message if isinstance(message, BaseMessage) else convert_to_messages([message])[0]
        if taken.type == "human":
            break
        own.append(taken)
    return own[::-1]


def _finding(answer: Answer) -> Finding:
    """A team's answer as what an outer team takes: found only when it was accepted."""
    return Finding(found=answer.accepted, answer=answer.text, citations=answer.citations)


def _nothing(name: str, output: Any) -> MemberFailed:
    return MemberFailed(
        f"{name!r} returned {output!r}, which says nothing. Return text, a message, a pydantic "
        "value or a dictionary with `messages` or a result."
    )


_TEXT_FIELDS = ("answer", "text", "output", "result", "summary", "content")


def text_of(value: Any) -> str:
    """Word a value: text as it is, all else by its text field, its only field, or as JSON.

    Of a handover it is what is said to the person.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, HandOver):
        return value.say
    for name in _TEXT_FIELDS:
        if isinstance(found := _field(value, name, default=None), str):
            return found
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    if isinstance(plain, dict) and len(cast("dict[str, Any]", plain)) == 1:
        plain = next(iter(cast("dict[str, Any]", plain).values()))
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False, default=str)


def _field(value: Any, name: str, *, default: Any) -> Any:
    if isinstance(value, Mapping):
        return cast("Mapping[str, Any]", value).get(name, default)
    return getattr(value, name, default)
