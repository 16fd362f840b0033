"""The callback handler that turns the life of any LangGraph graph into records.

One rule: the handler writes all records, whoever starts the graph. A run begins with a graph that
runs in no other run, and ends with it. A caller who knows more of it than the callbacks tell (the
team's name, who answers) hands the handler an `Announcement`.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from langgraph.callbacks import GraphCallbackHandler

from stretto import clock
from stretto.journal import reading
from stretto.journal.queries import Usage, host, own_birth
from stretto.journal.spans import Kind, Run, Span, Spans
from stretto.journal.values import cut, jsonable, preview
from stretto.policy import Limits
from stretto.records import (
    DECIDED_EVENT,
    TEAM_KEY,
    Answered,
    Decided,
    Interrupted,
    ModelEnded,
    ModelStarted,
    NodeEnded,
    NodeStarted,
    RunEnded,
    RunStarted,
    ToolEnded,
    ToolStarted,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from langchain_core.messages import BaseMessage
    from langchain_core.outputs import LLMResult
    from langgraph.callbacks import GraphInterruptEvent
    from langgraph.types import Interrupt

    from stretto.journal.store import Journal

WHOLE = {"text": 50_000, "total": 200_000}
"""The size up to which decisions, questions to people and their answers are kept, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What the caller knows of a run and the callbacks do not tell."""

    team: str = ""
    question: str = ""
    """Taken from the input when empty."""
    model: str = ""
    context: Mapping[str, Any] = field(default_factory=dict[str, Any])
    by: str = ""
    """Who gives the answers that this run resumes with."""


class JournalHandler(GraphCallbackHandler):
    """Writes the records of every graph run it is a callback of, and holds the run to its limits.

    It raises what the journal raises, so that no run goes on unjournaled, and `LimitReached`
    before the call that would exceed a limit (no limits unless given). Calls outside any graph are
    not recorded. `spent` counts against the limits from the start: what the turn used before.
    """

    raise_error = True
    run_inline = True

    def __init__(
        self,
        journal: Journal,
        *,
        limits: Limits | None = None,
        spent: Usage | None = None,
        announcement: Announcement | None = None,
        now: clock.Clock = clock.now,
    ) -> None:
        super().__init__()
        self.journal = journal
        self.limits = limits or Limits(model_calls=None)
        self.spent = spent or Usage()
        self.announcement = announcement or Announcement()
        self._now = now
        self._spans = Spans()

    def on_chain_start(
        self, serialized: dict[str, Any] | None, inputs: Any, *, run_id: UUID, **told: Any
    ) -> None:
        """Write `RunStarted` for a graph in no other run, `NodeStarted` for a node."""
        metadata: dict[str, Any] = told.get("metadata") or {}
        name = str(told.get("name") or (serialized or {}).get("name") or "")
        above = self._spans.get(told.get("parent_run_id"))
        if above is None:
            if reading.is_graph(metadata):
                self._start_run(run_id, name, inputs, metadata)
            return
        is_node = reading.is_node(name, metadata, above.place)
        span = self._open("node" if is_node else "other", run_id, told)
        if span and is_node:
            self.journal.append(NodeStarted(**span.fields(span.started)))

    def on_chain_end(self, *_: Any, run_id: UUID, **__: Any) -> None:
        """Write `RunEnded` or `NodeEnded`."""
        self._end_chain(run_id, None)

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """Write `RunEnded` or `NodeEnded`, with why."""
        self._end_chain(run_id, error)

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        **told: Any,
    ) -> None:
        """Write `ModelStarted`, or raise `LimitReached` instead."""
        self._start_model(
            run_id, reading.model_name(serialized, told), sum(map(len, messages)), told
        )

    def on_llm_start(
        self, serialized: dict[str, Any], prompts: list[str], *, run_id: UUID, **told: Any
    ) -> None:
        """Write `ModelStarted` for a model without messages, or raise `LimitReached` instead."""
        self._start_model(run_id, reading.model_name(serialized, told), len(prompts), told)

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **_: Any) -> None:
        """Write `ModelEnded` with what the model wrote, called for and used."""
        if span := self._spans.pop(run_id):
            self._end_model(span, **reading.completion(response))

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """Write `ModelEnded` with the error."""
        if span := self._spans.pop(run_id):
            self._end_model(span, error=reading.error_text(error))

    def on_tool_start(
        self, serialized: dict[str, Any] | None, input_str: str, *, run_id: UUID, **told: Any
    ) -> None:
        """Write `ToolStarted`, or raise `LimitReached` instead."""
        if (above := self._spans.get(told.get("parent_run_id"))) is None:
            return
        self._spans.count(above.run, "tool_calls", self.limits)
        name = cut(str(told.get("name") or (serialized or {}).get("name") or "tool"))
        call = cut(str(told.get("tool_call_id") or ""))
        inputs = told.get("inputs")
        args = jsonable({"input": input_str} if inputs is None else inputs)
        if span := self._open("tool", run_id, told, name=name, call=call):
            start = span.fields(span.started)
            self.journal.append(
                ToolStarted(**start, tool=name, call=call, args=reading.mapping(args))
            )

    def on_tool_end(self, output: Any, *, run_id: UUID, **_: Any) -> None:
        """Write `ToolEnded` with the beginning of the result."""
        if span := self._spans.pop(run_id):
            text = preview(output)
            if getattr(output, "status", None) == "error":
                self._end_tool(span, status="failed", error=text)
            else:
                self._end_tool(span, status="done", result=text)

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """Write `ToolEnded`; a tool that asks a person ends as `interrupted`."""
        if span := self._spans.pop(run_id):
            status, why = reading.end_status(error)
            if status == "interrupted":
                self._spans.uncount_tool(span.run)
            self._end_tool(span, status=status, error=why)

    def on_custom_event(self, name: str, data: Any, *, run_id: UUID, **told: Any) -> None:
        """Write `Decided` for a pattern's `DECIDED_EVENT`; other events are not ours."""
        found = self._spans.get(run_id)
        if name != DECIDED_EVENT or found is None or not isinstance(data, dict):
            return
        span, given = found.at(told.get("metadata") or {}), cast("dict[str, Any]", data)
        alternatives = cast("Sequence[object]", given.get("alternatives") or ())
        self.journal.append(
            Decided(
                **span.fields(self._now()),
                by=cut(str(given.get("by") or span.agent or span.node)),
                decision=cut(str(given.get("decision", ""))),
                reason=cut(str(given.get("reason", "")), WHOLE["text"]),
                alternatives=tuple(cut(str(other)) for other in alternatives),
                data=reading.mapping(jsonable(given.get("data") or {}, **WHOLE)),
            )
        )

    def on_interrupt(self, event: GraphInterruptEvent) -> None:
        """Note that the run waits, at a breakpoint too; only a handler in the config hears it."""
        span = self._spans.get(event.run_id)
        if span and span.kind == "run":
            self._wait_for(span, event.interrupts)

    def _start_run(self, run_id: UUID, name: str, inputs: Any, metadata: Mapping[str, Any]) -> None:
        known, now = self.announcement, self._now()
        run = Run(
            id=str(run_id),
            thread=cut(str(metadata.get("thread_id") or f"run:{run_id}")),
            model_calls=self.spent.model_calls,
            tool_calls=self.spent.tool_calls,
        )
        span = Span(run=run, kind="run", started=now, id=str(run_id))
        team = known.team or metadata.get(TEAM_KEY) or metadata.get("graph_id") or name
        self.journal.append(
            RunStarted(
                **span.fields(now),
                team=cut(str(team)),
                question=cut(known.question or reading.question(inputs), WHOLE["text"]),
                resumed=reading.is_resume(inputs),
                model=cut(known.model),
                context=reading.mapping(jsonable(dict(known.context))),
                limits=self.limits.counts(),
                process=os.getpid(),
                host=host(),
                born=own_birth(os.getpid()),
            )
        )
        for interrupt, given in reading.answers(inputs):
            answer = jsonable(given, **WHOLE)
            self.journal.append(
                Answered(**span.fields(now), interrupt=interrupt, answer=answer, by=known.by)
            )
        self._spans.add(run_id, span)

    def _end_chain(self, run_id: UUID, error: BaseException | None) -> None:
        if (span := self._spans.pop(run_id)) is None:
            return
        now = self._now()
        end: dict[str, Any] = span.fields(now) | {"seconds": now - span.started}
        if span.kind == "run":
            status, why = reading.run_status(error, interrupted=span.run.interrupted)
            self.journal.append(RunEnded(**end, status=status, error=why))
        elif span.kind == "node":
            how, why = reading.end_status(error)
            self.journal.append(NodeEnded(**end, status=how, error=why))
            asked = reading.interrupts(error)
            for interrupt in asked:
                span.run.asked.setdefault(interrupt.id, span)
            if asked and span.parent == span.run.id:
                self._wait_for(span, asked)

    def _wait_for(self, span: Span, interrupts: Sequence[Interrupt]) -> None:
        """Write `Interrupted` once a run for each, with the place of the innermost that asked."""
        run = span.run
        run.interrupted = True
        for interrupt in interrupts:
            if interrupt.id not in run.told:
                run.told.add(interrupt.id)
                start = run.asked.get(interrupt.id, span).fields(self._now())
                value = jsonable(interrupt.value, **WHOLE)
                self.journal.append(Interrupted(**start, interrupt=interrupt.id, value=value))

    def _start_model(self, run_id: UUID, name: str, messages: int, told: dict[str, Any]) -> None:
        if (above := self._spans.get(told.get("parent_run_id"))) is None:
            return
        self._spans.count(above.run, "model_calls", self.limits)
        if span := self._open("model", run_id, told, name=name):
            start = span.fields(span.started)
            self.journal.append(ModelStarted(**start, model=name, messages=messages))

    def _end_model(self, span: Span, **told: Any) -> None:
        now = self._now()
        end: dict[str, Any] = span.fields(now) | {"model": span.name, "seconds": now - span.started}
        self.journal.append(ModelEnded(**end, **told))

    def _end_tool(self, span: Span, **told: Any) -> None:
        now = self._now()
        end: dict[str, Any] = span.fields(now) | {"seconds": now - span.started}
        self.journal.append(ToolEnded(**end, tool=span.name, call=span.call, **told))

    def _open(self, kind: Kind, run_id: UUID, told: dict[str, Any], **names: str) -> Span | None:
        above = self._spans.get(told.get("parent_run_id"))
        if above is None:
            return None
        is_told = kind != "other"
        span = Span(
            run=above.run,
            kind=kind,
            started=self._now(),
            id=str(run_id) if is_told else above.id,
            parent=above.id if is_told else above.parent,
            place=above.place,
            node=above.node,
            agent=above.agent,
            task=above.task,
            **names,
        )
        return self._spans.add(run_id, span.at(told.get("metadata") or {}))


def _unheard(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith("Error in JournalHandler.")


# langchain-core logs what a handler raises; ours raises, so the log would tell it a second time.
logging.getLogger("langchain_core.callbacks.manager").addFilter(_unheard)
