"""Puts conversations of other systems into the journal, as if they had been recorded there."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from stretto.errors import InvalidInput
from stretto.journal.payloads import Payload, object_payload
from stretto.journal.requests import exact_payload, request_payloads
from stretto.journal.values import cut, jsonable, preview
from stretto.records import (
    AnyRecord,
    ModelEnded,
    ModelStarted,
    RunEnded,
    RunStarted,
    ToolEnded,
    ToolStarted,
)
from stretto.replay.logs import Conversation, read_log
from stretto.runs.stream import valid_thread

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stretto.journal import Journal

TEAM = "imported"
"""What imported threads tell as their team."""


async def import_log(
    journal: Journal, path: Path, *, prefix: str = "", now: float | None = None
) -> list[str]:
    """Import a log of conversations in OpenAI's format; each becomes a thread.

    Each turn of the user is a run, with its model and tool calls. Times are the log's where it has
    them, else `now` (by default the time of the import).

    Args:
        journal: Where they go.
        path: A JSON or JSON Lines file, `.gz` or not.
        prefix: What the threads are called; the file's name by default. Several are numbered.
        now: Seconds since the epoch.

    Returns:
        The threads, in the order of the log.

    Raises:
        InvalidInput: A line is malformed, or a thread is there already; nothing is imported.
        StateUnavailable: The journal cannot be written.
    """
    talks = read_log(path)
    begin = prefix or path.name.partition(".")[0]
    names = [begin if len(talks) == 1 else f"{begin}-{n}" for n in range(1, len(talks) + 1)]
    for name in {begin, *names}:
        if valid_thread(name) == "last":
            raise InvalidInput(
                "a thread cannot be called 'last': commands take it for the newest one. "
                "Name another: --thread PREFIX"
            )
    known = {summary.thread for summary in await journal.threads()}
    if taken := [name for name in names if name in known]:
        raise InvalidInput(
            f"thread {taken[0]!r} is there already; nothing was imported. Name others: "
            "--thread PREFIX"
        )
    moment = time.time() if now is None else now
    for name, talk in zip(names, talks, strict=True):
        for record, payloads in records_of(talk, name, moment):
            journal.append(record, payloads)
    await journal.flush()
    return names


def records_of(
    talk: Conversation, thread: str, now: float
) -> list[tuple[AnyRecord, Sequence[Payload]]]:
    """The records of a conversation, with the payloads they refer to."""
    work = _Import(talk, thread, now)
    for number, message in enumerate(talk.messages):
        work.take(number, message)
    work.end_run()
    return work.made


@dataclass(slots=True)
class _Open:
    """A tool call that has no result yet."""

    call: Any
    span: str
    place: str
    started: float


@dataclass(slots=True)
class _Import:
    """One conversation on its way into records."""

    talk: Conversation
    thread: str
    time: float
    made: list[tuple[AnyRecord, Sequence[Payload]]] = field(
        default_factory=list["tuple[AnyRecord, Sequence[Payload]]"]
    )
    run: str = ""
    started: float = 0.0
    answered: bool = False
    """Whether the run's question has had an answer, so that a user's message begins another."""
    calls: dict[str, _Open] = field(default_factory=dict[str, _Open])
    steps: int = 0

    def take(self, number: int, message: BaseMessage) -> None:
        """Go on with the next message."""
        told = self.talk.times[number]
        before, self.time = self.time, self.time + 1e-6 if told is None else told
        is_prompt = number == 0 and isinstance(message, SystemMessage)
        if isinstance(message, HumanMessage | SystemMessage):
            if (self.answered or not self.run) and not is_prompt:
                self.end_run()
                self.start_run(self._question(number))
        elif not self.run:
            self.start_run([])
        if isinstance(message, AIMessage):
            self._answer(number, message, before if told is not None and number else self.time)
        elif isinstance(message, ToolMessage):
            self._result(message)

    def _question(self, number: int) -> list[BaseMessage]:
        """What is said from here to the assistant's next message."""
        found: list[BaseMessage] = []
        for message in self.talk.messages[number:]:
            if isinstance(message, AIMessage | ToolMessage):
                break
            found.append(message)
        return found

    def start_run(self, given: list[BaseMessage]) -> None:
        """Begin a run with what the user says."""
        self.run, self.started, self.answered = str(uuid.uuid4()), self.time, False
        payload = object_payload({"messages": given})
        asked = next((m for m in reversed(given) if isinstance(m, HumanMessage)), None)
        self._add(
            RunStarted(
                **self._fields(span=self.run),
                team=TEAM,
                question="" if asked is None else preview(asked, 50_000),
                input=payload.digest,
                origin=cut(self.talk.origin),
                model=cut(self.talk.model),
            ),
            payload,
        )

    def end_run(self) -> None:
        """End the run at work, if there is one; its calls without a result end too."""
        for left in list(self.calls.values()):
            self._end_tool(left, status="cancelled", payload=None, result="")
        if self.run:
            seconds = max(0.0, self.time - self.started)
            self._add(RunEnded(**self._fields(span=self.run), status="done", seconds=seconds))
        self.run = ""

    def _answer(self, number: int, message: AIMessage, asked: float) -> None:
        self.answered = True
        for left in list(self.calls.values()):
            self._end_tool(left, status="cancelled", payload=None, result="")
        digest, payloads = request_payloads(self.talk.messages[:number], self.talk.tools, {})
        model, span, place = self.talk.model or "recorded", str(uuid.uuid4()), self._place("model")
        at = self._fields(span=span, place=place, node="model")
        begun: dict[str, Any] = {**at, "time": asked}
        self._add(
            ModelStarted(**begun, model=model, messages=number, input=digest),
            *payloads,
        )
        calls = [*message.tool_calls, *message.invalid_tool_calls]
        whole = object_payload(message)
        used: Any = message.usage_metadata or {}
        self._add(
            ModelEnded(
                **at,
                model=model,
                text=preview(message),
                output=whole.digest,
                tool_calls=tuple(cut(str(call["name"])) for call in calls),
                input_tokens=used.get("input_tokens", 0),
                output_tokens=used.get("output_tokens", 0),
                seconds=max(0.0, self.time - asked),
            ),
            whole,
        )
        for call in message.tool_calls:
            self._start_tool(call)

    def _start_tool(self, call: Any) -> None:
        begun = _Open(call, str(uuid.uuid4()), self._place("tools"), self.time)
        self.calls[call["id"]] = begun
        payload = exact_payload(call["args"])
        shown = jsonable(call["args"])
        self._add(
            ToolStarted(
                **self._fields(span=begun.span, place=begun.place, node="tools"),
                tool=cut(call["name"]),
                call=cut(call["id"]),
                args=shown,
                input=payload.digest,
            ),
            payload,
        )

    def _result(self, message: ToolMessage) -> None:
        if begun := self.calls.get(message.tool_call_id):
            failed = message.status == "error"
            text = preview(message)
            self._end_tool(
                begun,
                status="failed" if failed else "done",
                payload=object_payload(message),
                result="" if failed else text,
                error=text if failed else "",
            )

    def _end_tool(
        self, begun: _Open, *, status: Any, payload: Payload | None, result: str, error: str = ""
    ) -> None:
        del self.calls[begun.call["id"]]
        self._add(
            ToolEnded(
                **self._fields(span=begun.span, place=begun.place, node="tools"),
                tool=cut(begun.call["name"]),
                call=cut(begun.call["id"]),
                status=status,
                result=result,
                output=payload.digest if payload else "",
                error=error,
                seconds=max(0.0, self.time - begun.started),
            ),
            *([payload] if payload else []),
        )

    def _place(self, node: str) -> str:
        """A place of its own, as each execution of a node has."""
        self.steps += 1
        return f"{node}:{uuid.uuid5(uuid.NAMESPACE_URL, f'{self.thread}/{self.steps}')}"

    def _fields(self, *, span: str, place: str = "", node: str = "") -> dict[str, Any]:
        return {
            "time": self.time,
            "thread": self.thread,
            "run": self.run,
            "span": span,
            "parent": "" if span == self.run else self.run,
            "place": place,
            "node": node,
        }

    def _add(self, record: AnyRecord, *payloads: Payload) -> None:
        self.made.append((record, payloads))
