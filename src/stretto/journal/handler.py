"""The callback handler that turns the life of any LangGraph graph into records.

One rule: the handler writes all records, whoever starts the graph. A run begins with a graph that
runs in no other run, and ends with it. A caller who knows more of it than the callbacks tell (the
team's name, who answers) hands the handler an `Announcement`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from typing import TYPE_CHECKING, Any
from uuid import UUID

from langgraph.callbacks import GraphCallbackHandler

from stretto import clock
from stretto.errors import LimitReached
from stretto.journal import budgets, capture, reading
from stretto.journal.announcement import Announcement
from stretto.journal.ledger import Ledger
from stretto.journal.queries import Usage, host, most_memory, own_birth
from stretto.journal.requests import exact_payload
from stretto.journal.spans import Call, Kind, Run, Span, Spans, running_task
from stretto.journal.telling import WHOLE, told_record
from stretto.journal.values import cut, jsonable
from stretto.policy import Limits, Prices, prices_from_environment
from stretto.records import (
    RECORD_EVENT,
    Answered,
    AnyRecord,
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

    from langchain_core.messages import BaseMessage
    from langchain_core.outputs import LLMResult
    from langgraph.callbacks import GraphInterruptEvent
    from langgraph.types import Interrupt

    from stretto.journal.ledger import EffectLedger
    from stretto.journal.payloads import Payload
    from stretto.journal.store import Journal
    from stretto.records import Step
    from stretto.resilience.budget import Account, Reservation


class JournalHandler(GraphCallbackHandler):
    """Writes the records of every graph run it is a callback of, and holds the run to its limits.

    It raises what the journal raises, so that no run goes on unjournaled, and `LimitReached`
    before the call that would exceed a limit (no limits unless given). Calls outside any graph are
    not recorded.

    Args:
        journal: Where the records go.
        limits: What each run may use; no limits unless given.
        spent: Counts against the limits from the start: what the turn used before.
        announcement: What the callbacks do not tell.
        prices: What models cost; those of the environment (`STRETTO_PRICES`) unless given.
        ledger: What makes effects happen once; one over the journal unless given.
        left: What runs have used that a process before this one left without an end, by run id: a
            server that starts again runs them again under the same id.
        turns: What turns have used that wait for a person, by thread: runs that go on with them
            start there.
        now: Tells the time.
        ticks: Tells spans of time, for deadlines: a clock that is set must not move them.
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
        prices: Prices | None = None,
        ledger: EffectLedger | None = None,
        left: Mapping[str, Usage] | None = None,
        turns: Mapping[str, Usage] | None = None,
        now: clock.Clock = clock.now,
        ticks: clock.Clock = time.monotonic,
    ) -> None:
        super().__init__()
        self.journal = journal
        self.limits = limits or Limits(model_calls=None)
        self.spent = spent or Usage()
        self.announcement = announcement or Announcement()
        self.prices = prices_from_environment() if prices is None else prices
        self.ledger: EffectLedger = ledger or Ledger(journal)
        self._left = dict(left or {})
        self._turns = dict(turns or {})
        self._now, self._ticks = now, ticks
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
        if not reading.is_node(name, metadata, above.place):
            self._open(above, "other", run_id, told)
            return
        self._in_time(above.run)
        span = self._open(above, "node", run_id, told, name=cut(name))
        span.run.failures.enter(span.work, span.id, span.name)
        self._follow(span, reading.handled(metadata, span.place))
        step = span.step if span.step != above.step else ""  # else that of the node it is in
        self.journal.append(NodeStarted(**span.fields(span.started), step=step))

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **__: Any) -> None:
        """Write `RunEnded` or `NodeEnded`, and who goes on where the node says so."""
        self._end_chain(run_id, outputs, None)

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """Write `RunEnded` or `NodeEnded`, with why."""
        self._end_chain(run_id, None, error)

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        **told: Any,
    ) -> None:
        """Write `ModelStarted`, or raise `LimitReached` instead."""
        self._start_model(run_id, reading.model_name(serialized, told), messages, told)

    def on_llm_start(
        self, serialized: dict[str, Any], prompts: list[str], *, run_id: UUID, **told: Any
    ) -> None:
        """Write `ModelStarted` for a model without messages, or raise `LimitReached` instead."""
        self._start_model(run_id, reading.model_name(serialized, told), prompts, told)

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **_: Any) -> None:
        """Write `ModelEnded` with what the model wrote, called for, used and cost."""
        if span := self._spans.pop(run_id):
            told = reading.completion(response)
            cost = self.prices.cost(span.name, told["input_tokens"], told["output_tokens"])
            span.run.failures.settle(span.work)
            told |= self._settled(span, told["input_tokens"], told["output_tokens"], cost)
            self._end_model(span, capture.message(response), cost=cost, **told)
            self._tell_crossed(span)

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **told: Any) -> None:
        """Write `ModelEnded` with the error."""
        if span := self._spans.pop(run_id):
            why = reading.error_text(error)
            span.run.failures.note(span.work, span.name, why)
            began = bool(reading.written(told.get("response")))
            booked = self._given_up(span, error, began=began)
            self._end_model(span, None, error=why, **booked)
            self._tell_crossed(span)

    def on_tool_start(
        self, serialized: dict[str, Any] | None, input_str: str, *, run_id: UUID, **told: Any
    ) -> None:
        """Write `ToolStarted`, or raise `LimitReached` instead."""
        if (above := self._spans.get(told.get("parent_run_id"))) is None:
            return
        self._in_time(above.run)
        self._spans.count_tool(above.run, self.limits)
        name = cut(str(told.get("name") or (serialized or {}).get("name") or "tool"))
        call = cut(str(told.get("tool_call_id") or ""))
        inputs = told.get("inputs")
        args = reading.mapping({"input": input_str} if inputs is None else inputs)
        given = exact_payload(args)
        asked = given.digest
        span = self._open(above, "tool", run_id, told, name=name, call=call, asked=asked)
        self._follow(span)
        start: dict[str, Any] = span.fields(span.started)
        start |= {"tool": name, "call": call, "input": asked}
        self._append(span.run, ToolStarted(**start, args=reading.mapping(jsonable(args))), given)
        span.run.handoffs.tool_began(span.id, args)

    def on_tool_end(self, output: Any, *, run_id: UUID, **_: Any) -> None:
        """Write `ToolEnded` with what it returned, and who goes on where it says so."""
        if (span := self._spans.pop(run_id)) is None:
            return
        text, given = reading.result(output), capture.whole(output)
        if getattr(output, "status", None) == "error":
            span.run.failures.note(span.work, span.name, text)
            self._end_tool(span, given, status="failed", error=text)
        else:
            span.run.failures.settle(span.work)
            self._end_tool(span, given, status="done", result=text)
        for told in span.run.handoffs.tool_ended(output, span.within, span.fields(self._now())):
            self.journal.append(told)

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """Write `ToolEnded`; a tool that asks a person ends as `interrupted`."""
        if span := self._spans.pop(run_id):
            status, why = reading.end_status(error)
            if status == "interrupted":
                self._spans.uncount_tool(span.run)
            elif status == "failed":
                span.run.failures.note(span.work, span.name, why)
            self._end_tool(span, None, status=status, error=why)

    def on_custom_event(self, name: str, data: Any, *, run_id: UUID, **told: Any) -> None:
        """Write what a pattern or a policy tells by `RECORD_EVENT`; other events are not ours."""
        found = self._spans.get(run_id)
        if name != RECORD_EVENT or found is None:
            return
        span = found.at(told.get("metadata") or {})
        record = told_record(data, span.fields(self._now()), span.agent or span.node)
        if record is not None:
            self.journal.append(record)
            found.run.handoffs.told(record)

    def on_interrupt(self, event: GraphInterruptEvent) -> None:
        """Note that the run waits, at a breakpoint too; only a handler in the config hears it."""
        span = self._spans.get(event.run_id)
        if span and span.kind == "run":
            self._wait_for(span, event.interrupts)

    def here(self, run_id: UUID | None, metadata: Mapping[str, Any]) -> dict[str, Any] | None:
        """What a record of something in the step `run_id` tells; `None` outside any run."""
        span = self._spans.get(run_id)
        return None if span is None else span.at(metadata).fields(self._now())

    def _in_time(self, run: Run) -> None:
        """Let nothing begin after the run's deadline: a server has no runner that ends it.

        Raises:
            LimitReached: It is over.
        """
        seconds = self.limits.seconds
        if seconds is not None and self._ticks() - run.began > seconds:
            raise budgets.limit_reached("seconds", seconds)

    def _start_run(self, run_id: UUID, name: str, inputs: Any, metadata: Mapping[str, Any]) -> None:
        known, now = self.announcement, self._now()
        again = reading.attempts(metadata) > 1
        origin = str(metadata.get("run_id") or run_id)
        thread = cut(str(metadata.get("thread_id") or f"run:{run_id}"))
        resumes = reading.is_resume(inputs)
        before, waited = self._left.pop(origin, None), self._turns.pop(thread, None)
        spent = before or (waited if resumes else None) or self.spent
        run = Run(
            id=str(run_id),
            began=self._ticks(),
            thread=thread,
            accounts=budgets.accounts(self.limits, spent, self.prices),
            tool_calls=spent.tool_calls,
            origin=origin if "run_attempt" in metadata else "",
        )
        span = Span(run=run, kind="run", started=now, id=str(run_id))
        given = None if resumes else capture.whole(inputs)
        self._append(
            run,
            RunStarted(
                **span.fields(now),
                team=cut(str(known.team or reading.team(metadata) or name)),
                question=cut(known.question or reading.question(inputs), WHOLE["text"]),
                input=given.digest if given else "",
                resumed=resumes or again or before is not None,
                checkpoint=cut(known.checkpoint or str(metadata.get("checkpoint_id") or "")),
                team_version=cut(known.version),
                model=cut(known.model),
                context=reading.mapping(jsonable(dict(known.context))),
                limits=self.limits.counts(),
                process=os.getpid(),
                host=host(),
                born=own_birth(os.getpid()),
                fence=known.fence,
            ),
            given,
        )
        for interrupt, said in reading.answers(inputs):
            payload = exact_payload(said)
            self._append(
                run,
                Answered(
                    **span.fields(now),
                    interrupt=interrupt,
                    answer=jsonable(said, **WHOLE),
                    output=payload.digest,
                    by=known.gave.get(interrupt, known.by),
                ),
                payload,
            )
        self._spans.add(run_id, span)

    def _end_chain(self, run_id: UUID, outputs: Any, error: BaseException | None) -> None:
        ending = self._spans.get(run_id)
        if ending is not None and ending.kind in {"run", "node"}:
            self._leave_calls(ending)
        if (span := self._spans.pop(run_id)) is None:
            return
        now = self._now()
        end: dict[str, Any] = span.fields(now) | {"seconds": now - span.started}
        run = span.run
        if span.kind == "run":
            status, why = reading.run_status(error, interrupted=run.interrupted)
            if run.origin and status not in {"done", "interrupted"}:
                self._left[run.origin] = budgets.used(run.accounts, run.tool_calls)
            elif status == "interrupted":
                self._turns[run.thread] = budgets.used(run.accounts, run.tool_calls)
            cpu = time.process_time() - run.cpu
            self.journal.append(
                RunEnded(**end, status=status, error=why, cpu=cpu, memory=most_memory())
            )
        elif span.kind == "node":
            self._end_node(span, end, outputs, error)

    def _end_node(
        self, span: Span, end: dict[str, Any], outputs: Any, error: BaseException | None
    ) -> None:
        run, (how, why) = span.run, reading.end_status(error)
        run.failures.leave(span.work, span.id, span.name, how, why)
        given = capture.update(outputs)
        output = given.digest if given else ""
        self._append(run, NodeEnded(**end, status=how, output=output, error=why), given)
        for told in run.handoffs.node_ended(outputs, error, span.fields(end["time"])):
            self.journal.append(told)
        asked = reading.interrupts(error)
        for interrupt in asked:
            run.asked.setdefault(interrupt.id, span)
        if asked and span.parent == run.id:
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

    def _start_model(
        self,
        run_id: UUID,
        name: str,
        batches: Sequence[Sequence[BaseMessage]] | Sequence[str],
        told: dict[str, Any],
    ) -> None:
        if (above := self._spans.get(told.get("parent_run_id"))) is None:
            return
        self._in_time(above.run)
        held = self._reserved(above, name, batches, told)
        digest, payloads = capture.request(batches, told)
        asked = payloads[-2].digest if len(payloads) > 1 else ""
        span = self._open(above, "model", run_id, told, name=name, asked=asked)
        span.run.held[span.id] = Call(span, held, running_task())
        self._follow(span)
        start: dict[str, Any] = span.fields(span.started)
        start |= {"model": name, "messages": len(payloads) - 1, **budgets.told(held)}
        self._append(span.run, ModelStarted(**start, input=digest), *payloads)
        self._tell_crossed(span)

    def account(self, run: str) -> Account | None:
        """The account of a run that goes on; `None` when there is no such run."""
        try:
            span = self._spans.get(UUID(run))
        except ValueError:
            return None
        return None if span is None else span.run.accounts.root

    def _reserved(
        self,
        above: Span,
        name: str,
        batches: Sequence[Sequence[BaseMessage]] | Sequence[str],
        told: Mapping[str, Any],
    ) -> Reservation:
        """What a model call draws on its budgets: what was reserved for it, or is now."""
        tree = above.run.accounts
        held = budgets.taken(tree)
        if held is not None:
            return held
        params: Mapping[str, Any] = told.get("invocation_params") or {}
        messages, tools = capture.messages(batches), params.get("tools") or ()
        account = budgets.account_of(tree)
        asked = budgets.estimate(account, name, messages, tools, params)
        try:
            return budgets.reserve(account, asked)
        except LimitReached as error:
            at = above.at(told.get("metadata") or {})
            if (record := budgets.refused(error, at.fields(self._now()))) is not None:
                self.journal.append(record)
            raise

    def _settled(self, span: Span, given: int, written: int, cost: float | None) -> dict[str, Any]:
        """Book what a call has cost; gives what its record tells of that."""
        if (call := span.run.held.pop(span.id, None)) is None:
            return {}
        held = call.reservation
        return budgets.booked(held, budgets.settled(held, given, written, cost), given + written)

    def _given_up(self, span: Span, error: BaseException | None, *, began: bool) -> dict[str, Any]:
        if (call := span.run.held.pop(span.id, None)) is None:
            return {}
        held = call.reservation
        return budgets.booked(held, budgets.given_up(held, error, began=began), 0)

    def _leave_calls(self, ending: Span) -> None:
        """End the model calls that were cancelled within a node, or a run: nobody tells of them.

        A call that others still wait for when its node ends is left to end by itself, until the
        run ends.
        """
        for call in tuple(ending.run.held.values()):
            span = call.span
            if ending.kind == "run" or (call.is_left and span.is_in(ending)):
                self.on_llm_error(asyncio.CancelledError(), run_id=UUID(span.id))

    def _tell_crossed(self, span: Span) -> None:
        for record in budgets.crossed(span.run.accounts, span.fields(self._now())):
            self.journal.append(record)

    def _end_model(self, span: Span, given: Payload | None, **told: Any) -> None:
        now = self._now()
        end: dict[str, Any] = span.fields(now) | {"model": span.name, "seconds": now - span.started}
        output = given.digest if given else ""
        self._append(span.run, ModelEnded(**end, output=output, **told), given)

    def _end_tool(self, span: Span, given: Payload | None, **told: Any) -> None:
        now = self._now()
        end: dict[str, Any] = span.fields(now) | {"seconds": now - span.started}
        end |= {"tool": span.name, "call": span.call, "output": given.digest if given else ""}
        self._append(span.run, ToolEnded(**end, **told), given)

    def _follow(self, span: Span, handled: str = "") -> None:
        """Write `Retried` or `FellBack` where the step does what one before it could not.

        `handled` is the place of the node whose error it handles.
        """
        step: Step = "node" if span.kind == "node" else "model" if span.kind == "model" else "tool"
        key = ("", handled) if handled else span.work
        told = span.run.failures.begun(key, step, span.name, span.fields(span.started))
        if told is not None:
            self.journal.append(told)

    def _open(
        self, above: Span, kind: Kind, run_id: UUID, told: Mapping[str, Any], **names: str
    ) -> Span:
        metadata: Mapping[str, Any] = told.get("metadata") or {}
        span = above.below(kind, str(run_id), self._now(), metadata, **names)
        if span.agent != above.agent:
            span.run.handoffs.agents[above.within] = span.agent
        return self._spans.add(run_id, span)

    def _append(self, run: Run, record: AnyRecord, *payloads: Payload | None) -> None:
        """Hand a record to the journal with those of its payloads that it was not given before."""
        new = [p for p in payloads if p is not None and p.digest not in run.given]
        self.journal.append(record, new)
        run.given.update(p.digest for p in new)


def _unheard(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith("Error in JournalHandler.")


# langchain-core logs what a handler raises; ours raises, so the log would tell it a second time.
logging.getLogger("langchain_core.callbacks.manager").addFilter(_unheard)
