"""A chat model and tools that answer from a recorded conversation."""

from __future__ import annotations

import json
import threading
from collections import Counter, defaultdict
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Literal

from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolCall, ToolMessage
from langchain_core.messages.utils import convert_to_messages
from langchain_core.tools import BaseTool, ToolException
from pydantic import Field, PrivateAttr
from typing_extensions import override

from stretto.journal.requests import message_json
from stretto.models.answering import AnsweringModel
from stretto.replay.differences import unlike
from stretto.replay.messages import said, settled
from stretto.spec.tool import EFFECT_KEY
from stretto.testing.reply import UnexpectedCall

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Talk = Sequence[BaseMessage | dict[str, Any]]


class RecordedModel(AnsweringModel):
    """A chat model that gives the answers of a recorded conversation.

    `messages` is the conversation from its beginning, as LangChain's messages or in OpenAI's
    format. Asked with a beginning of it, the model gives the assistant's message that followed.
    A system message that the recording does not have is left out of the comparison. It keeps no
    count: the same question has the same answer, in a resumed run too.

    Raises:
        UnexpectedCall: It is asked something else than was recorded, or what was never answered.
    """

    model_name: str = "recorded"
    """What it is called in the journal."""
    disable_streaming: bool | Literal["tool_calling"] = True
    """An answer comes in one piece, with all that was recorded of it."""
    _messages: tuple[BaseMessage, ...] = PrivateAttr(default=())

    def __init__(self, messages: Talk, **fields: Any) -> None:
        super().__init__(**fields)
        self._messages = conversation(messages)

    @property
    @override
    def _llm_type(self) -> str:
        return "stretto-recorded"

    @override
    def _answer(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, Any]
    ) -> AIMessage:
        asked, recorded = messages, self._messages
        if not isinstance(recorded[0] if recorded else None, SystemMessage):
            asked = [m for m in asked if not isinstance(m, SystemMessage)]
        now = settled([message_json(message) for message in asked])
        then = settled([message_json(message) for message in recorded[: len(asked)]])
        if now != then:
            at = next(
                (i for i, (a, b) in enumerate(zip(then, now, strict=False)) if a != b), len(then)
            )
            raise UnexpectedCall(
                f"message {at + 1} of the conversation is not the recorded one.\n"
                f"{unlike(then[at] if at < len(then) else None, now[at])}\n"
                "Record the conversation anew, or find out why the graph sends another one."
            )
        answer = recorded[len(asked)] if len(asked) < len(recorded) else None
        if not isinstance(answer, AIMessage):
            last = "its end" if answer is None else f"a message of {answer.type}"
            raise UnexpectedCall(
                f"the model was asked with {len(asked)} messages, and what follows in the "
                f"recording is {last}. Let the graph wait there, or record the answer too."
            )
        return answer.model_copy()


class RecordedTool(BaseTool):
    """A tool that gives what it gave when it was recorded; made by `recorded_tools`."""

    results: dict[str, list[ToolMessage | None]] = Field(repr=False)
    """What it gave, in order, by the arguments as JSON."""
    _given: Counter[str] = PrivateAttr(default_factory=Counter[str])
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    @override
    def _run(self, /, **args: Any) -> Any:
        return self._take(args)

    @override
    async def _arun(self, /, **args: Any) -> Any:
        return self._take(args)

    def _take(self, args: dict[str, Any]) -> Any:
        asked = canonical(args)
        known = self.results.get(asked, [])
        with self._lock:
            number = self._given[asked]
            self._given[asked] += 1
        if number >= len(known):
            raise UnexpectedCall(self._unknown(args, again=bool(known)))
        result = known[number]
        if result is None:
            raise UnexpectedCall(
                f"{self.name} was called with {args!r} in the recording, and no result of it was "
                "recorded. Add the tool's message to the recording."
            )
        if result.status == "error":
            raise ToolException(str(result.text))
        return result.content

    def _unknown(self, args: dict[str, Any], *, again: bool) -> str:
        if again:
            return (
                f"{self.name} was called with {args!r} more often than in the recording. "
                "Record the conversation anew, or find out why it is called again."
            )
        known = "\n".join(f"  recorded: {told}" for told in self.results)
        return (
            f"{self.name} was called with arguments that were not recorded.\n{known}\n"
            f"  called:   {canonical(args)}\n"
            "Record the conversation anew, or find out why the arguments changed."
        )


def recorded_tools(messages: Talk) -> list[BaseTool]:
    """The tools that a conversation calls, each giving its recorded results.

    A call is known by its arguments; the same call made again gives the next result recorded for
    it. All are declared `reads`. A result that was an error is given as one.

    Raises (in the tool):
        UnexpectedCall: It is called with other arguments than were recorded, or more often.
    """
    results: dict[str, dict[str, list[ToolMessage | None]]] = {}
    calls: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for call, result in _answered(conversation(messages)):
        name, args = call["name"], call["args"]
        results.setdefault(name, defaultdict(list))[canonical(args)].append(result)
        calls[name].append(args)
    return [_tool(name, calls[name], found) for name, found in results.items()]


def _answered(talk: Sequence[BaseMessage]) -> Iterator[tuple[ToolCall, ToolMessage | None]]:
    """Each tool call with its result; an id may come again later in a conversation."""
    for place, message in enumerate(talk):
        if not isinstance(message, AIMessage):
            continue
        after = takewhile(lambda m: not isinstance(m, AIMessage), talk[place + 1 :])
        given = {m.tool_call_id: m for m in after if isinstance(m, ToolMessage)}
        for call in message.tool_calls:
            yield call, given.get(call["id"] or "")


def _tool(
    name: str, calls: list[dict[str, Any]], results: dict[str, list[ToolMessage | None]]
) -> RecordedTool:
    return RecordedTool(
        name=name,
        description=f"{name}, as it was recorded.",
        args_schema=_schema(calls),
        metadata={EFFECT_KEY: "reads"},
        handle_tool_error=True,
        results=dict(results),
    )


def conversation(messages: Talk) -> tuple[BaseMessage, ...]:
    """Messages in LangChain's form or in OpenAI's as LangChain's.

    Raises:
        InvalidInput: One is malformed.
    """
    if any(isinstance(m, dict) and "role" in m for m in messages):
        return tuple(message for message, _ in said(messages, "the conversation"))
    return tuple(convert_to_messages(list(messages)))


def canonical(args: dict[str, Any]) -> str:
    """Arguments as a text that is the same for equal ones."""
    return json.dumps(args, sort_keys=True, ensure_ascii=False, default=str)


_NAMES = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array"}


def _schema(calls: list[dict[str, Any]]) -> dict[str, Any]:
    """A JSON Schema that the recorded arguments follow."""
    properties: dict[str, Any] = {}
    for args in calls:
        for name, value in args.items():
            kind = "object" if isinstance(value, dict) else _NAMES.get(type(value), "")
            known = properties.setdefault(name, {"type": kind} if kind else {})
            if known.get("type") != kind:
                known.pop("type", None)
    required = [name for name in properties if all(name in args for args in calls)]
    return {"type": "object", "properties": properties, "required": required}
