"""What a member came back with, whatever its kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from langchain_core.messages import BaseMessage, convert_to_messages
from pydantic import BaseModel, ValidationError

from stretto.errors import MemberFailed
from stretto.state import Answer, Citation, Finding


@dataclass(frozen=True)
class Reply:
    """What a member came back with, whatever its kind."""

    text: str
    value: Any = None
    """Its typed output: a pydantic value or JSON; `None` when it gave only words."""
    complete: bool = True
    """False when it owed a typed output and gave none."""

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
    output: Any, name: str, *, given: Mapping[str, Any] | None = None, typed: bool = False
) -> Reply:
    """Read what a member returned as a reply; `typed` when it owes a typed output.

    Raises:
        MemberFailed: There is nothing in it: no message, no text, no value.
    """
    match output:
        case Reply():
            return output
        case str():
            return Reply(output)
        case BaseMessage():
            return Reply(output.text)
        case BaseModel():
            return Reply(_text(output), output)
        case dict():
            return _reply_of_state(cast("dict[str, Any]", output), name, given or {}, typed=typed)
        case _:
            raise _nothing(name, output)


def _reply_of_state(
    output: dict[str, Any], name: str, given: Mapping[str, Any], *, typed: bool
) -> Reply:
    value = output.get("structured_response")
    if value is not None:
        return Reply(_text(value), value)
    if isinstance(answer := output.get("answer"), Answer):
        return Reply(answer.text, _finding(answer))
    messages = output.get("messages")
    if isinstance(messages, list) and messages:
        last = convert_to_messages(messages)[-1]
        if last.type != "human":  # the last word is the brief when the graph wrote elsewhere
            return Reply(last.text, complete=not typed)
    said = {k: v for k, v in output.items() if k not in given and v is not None}
    if not said:
        raise _nothing(name, output)
    return Reply(_text(said), said)


def _finding(answer: Answer) -> Finding:
    """A team's answer as what an outer team takes: found only when it was accepted."""
    return Finding(found=answer.accepted, answer=answer.text, citations=answer.citations)


def _nothing(name: str, output: Any) -> MemberFailed:
    return MemberFailed(
        f"{name!r} returned {output!r}, which says nothing. Return text, a message, a pydantic "
        "value or a dictionary with `messages` or a result."
    )


_TEXT_FIELDS = ("answer", "text", "output", "result", "summary", "content")


def _text(value: Any) -> str:
    for field in _TEXT_FIELDS:
        if isinstance(found := _field(value, field, default=None), str):
            return found
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    if isinstance(plain, dict) and len(cast("dict[str, Any]", plain)) == 1:
        plain = next(iter(cast("dict[str, Any]", plain).values()))
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False, default=str)


def _field(value: Any, name: str, *, default: Any) -> Any:
    if isinstance(value, Mapping):
        return cast("Mapping[str, Any]", value).get(name, default)
    return getattr(value, name, default)
