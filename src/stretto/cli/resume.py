"""`stretto resume`: goes on with a thread, with a person's answer where one is waited for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stretto.cli.options import (
    Compensate,
    Json,
    MaxModelCalls,
    MaxMoney,
    MaxSeconds,
    MaxSteps,
    MaxTokens,
    MaxToolCalls,
    Model,
    Thread,
    Wait,
    limits_of,
    use_model,
)
from stretto.cli.person import user
from stretto.errors import InvalidAnswer, ThreadBusy, ThreadUnknown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langgraph.types import Interrupt

    from stretto.journal import ThreadSummary
    from stretto.records import AnyRecord, RunStarted
    from stretto.runs import Resume, Storage


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's answer as it was typed."""

    kind: str
    """approve, edit, reject, respond or answer; empty for none."""
    said: str
    id: str | None
    by: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to go on."""

    decision: Decision
    model: str | None
    limits: dict[str, float | None]
    wait: float
    take_over: bool
    compensate: bool
    migrate: bool
    checkpoint: str
    as_json: bool


def resume(
    thread: Thread,
    *,
    approve: Annotated[bool, typer.Option("--approve", help="Let it be done.")] = False,
    reject: Annotated[
        str | None,
        typer.Option("--reject", metavar="WHY", help="Refuse it; the reason may be left out."),
    ] = None,
    edit: Annotated[
        str | None,
        typer.Option("--edit", metavar="JSON", help="Let it be done with these arguments changed."),
    ] = None,
    respond: Annotated[
        str | None, typer.Option("--respond", metavar="TEXT", help="Answer in its place.")
    ] = None,
    answer: Annotated[
        str | None,
        typer.Option("--answer", metavar="JSON", help="Answer any other question, or by the word."),
    ] = None,
    interrupt: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="Which question, where several wait.")
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Who answers, for the journal.")
    ] = None,
    model: Model = None,
    max_model_calls: MaxModelCalls = None,
    max_tool_calls: MaxToolCalls = None,
    max_steps: MaxSteps = None,
    max_tokens: MaxTokens = None,
    max_money: MaxMoney = None,
    max_seconds: MaxSeconds = None,
    wait: Wait = 0.0,
    take_over: Annotated[
        bool,
        typer.Option("--take-over", help="Take the thread from a process that hangs on it."),
    ] = False,
    compensate: Compensate = False,
    migrate: Annotated[
        bool,
        typer.Option("--migrate", help="Take it over into the team's newest version."),
    ] = False,
    checkpoint: Annotated[
        str | None,
        typer.Option("--checkpoint", metavar="ID", help="Go back there first: stretto fork."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Go on with a thread: after a kill, a stop, a failure or a question to a person.

    Finished work is not done again. Model, sources and limits stay those of the turn unless given.
    Without an answer, a thread that waits for one shows what it asks and how to answer.
    """
    from stretto.cli.console import loading

    with loading(f"thread {thread}", quiet=as_json):
        from stretto.cli.turn import complete

    given = {"reject": reject, "edit": edit, "respond": respond, "answer": answer}
    kinds = [*(["approve"] if approve else []), *(k for k, v in given.items() if v is not None)]
    if len(kinds) > 1:
        raise InvalidAnswer(f"--{' and --'.join(kinds)} are several answers. Give one.")
    kind = kinds[0] if kinds else ""
    decided = Decision(kind, given.get(kind) or "", interrupt, by or user())
    limits = {
        "model_calls": max_model_calls,
        "tool_calls": max_tool_calls,
        "steps": max_steps,
        "tokens": max_tokens,
        "money": max_money,
        "seconds": max_seconds,
    }
    wanted = Wanted(
        decided, model, limits, wait, take_over, compensate, migrate, checkpoint or "", as_json
    )
    complete(_resume(thread, wanted), as_json=as_json)


async def _resume(given: str, wanted: Wanted) -> None:
    from stretto.cli.finding import find_thread
    from stretto.runs import open_storage

    async with open_storage() as storage:
        summary = await find_thread(storage.journal, given)
        if summary.status == "running" and not wanted.wait and not wanted.take_over:
            raise ThreadBusy(
                f"thread {summary.thread} is being worked on. Follow it: stretto watch "
                f"{summary.thread}. Or wait for it: --wait SECONDS. If it hangs, take it from "
                "there: --take-over."
            )
        await _go_on(storage, summary, wanted)


async def _go_on(storage: Storage, summary: ThreadSummary, wanted: Wanted) -> None:
    from stretto.cli.console import loading, screen, show_on
    from stretto.cli.display import Silent
    from stretto.cli.result import tell
    from stretto.cli.turn import Turn, drive, has_plan, runs_on_default, takes_sources
    from stretto.journal import last_turn
    from stretto.runs.answers import kept_answers
    from stretto.runs.pinning import pinned, version_of

    records = await storage.journal.records(summary.thread)
    before = _started(records)
    model = use_model(wanted.model or before.model or None)
    with loading(summary.team, quiet=wanted.as_json):
        version = "" if wanted.migrate else before.team_version
        graph = await pinned(summary.team, version, storage.store)
    checkpoint = await _checkpoint(graph, storage, summary.thread, wanted.checkpoint)
    if wanted.migrate and (wanted.decision.kind or checkpoint):
        raise InvalidAnswer(
            "--migrate begins the step anew, which asks again. Migrate first, and answer then."
        )
    migrates = wanted.migrate and before.team_version != version_of(graph)
    asked = () if migrates else await _asked(graph, storage, summary.thread, checkpoint)
    waiting = {i.id: i.value for i in asked}
    kept = await kept_answers(storage.journal, storage.checkpointer, summary.thread)
    if set(waiting) - set(kept.answers) and not wanted.decision.kind and not checkpoint:
        _show_waiting(summary, waiting, as_json=wanted.as_json)
        return
    if checkpoint and not waiting and wanted.decision.kind:
        raise InvalidAnswer(
            "nothing was asked at that checkpoint. Go back there without an answer, and answer "
            f"what is asked then: stretto resume {summary.thread} --checkpoint {checkpoint}"
        )
    turn = Turn(
        graph=graph,
        team=summary.team,
        input=replace(_answered(waiting, wanted.decision), checkpoint=checkpoint, migrate=migrates),
        thread=summary.thread,
        model=model if runs_on_default(graph, summary.team) else "",
        limits=limits_of(before.limits, **wanted.limits),
        wait=wanted.wait,
        take_over=wanted.take_over,
        compensate=wanted.compensate,
    )
    console = screen()
    display = Silent() if wanted.as_json else show_on(console, plan=has_plan(graph))
    display.known(last_turn(records))
    result = await drive(turn, display, storage=storage)
    searches = takes_sources(graph)
    tell(console, result, display.view, as_json=wanted.as_json, searches=searches)


def _started(records: list[AnyRecord]) -> RunStarted:
    from stretto.records import RunStarted

    starts = [record for record in records if isinstance(record, RunStarted)]
    if not starts:
        raise ThreadUnknown("the thread has no run. See `stretto threads`.")
    return starts[-1]


async def _checkpoint(graph: Any, storage: Storage, thread: str, given: str) -> str:
    from stretto.cli.fork import chosen, history

    return chosen(await history(graph, storage, thread), given) if given else ""


async def _asked(graph: Any, storage: Storage, thread: str, checkpoint: str) -> Sequence[Interrupt]:
    """What a person is asked at the thread's newest checkpoint, or at an earlier one."""
    from stretto.runs.stream import compiled

    at = {"thread_id": thread, **({"checkpoint_id": checkpoint} if checkpoint else {})}
    snapshot = await compiled(graph, storage).aget_state({"configurable": at})
    return snapshot.interrupts


def _show_waiting(summary: ThreadSummary, waiting: Mapping[str, Any], *, as_json: bool) -> None:
    from stretto.cli.ask import answering, draw_asked
    from stretto.cli.commands import draw_commands
    from stretto.cli.console import screen
    from stretto.cli.result import print_json

    if as_json:
        asked = [{"id": i, "value": v} for i, v in waiting.items()]
        print_json({"thread": summary.thread, "status": "interrupted", "interrupts": asked})
        return
    console = screen()
    console.print(draw_asked(waiting))
    commands = answering(summary.thread, waiting)
    console.print(draw_commands("answer it", commands, width=console.width))


def _answered(waiting: Mapping[str, Any], decided: Decision) -> Resume:
    from stretto.cli.ask import answer_of, chosen, parsed
    from stretto.runs import Resume

    if not decided.kind:
        return Resume()
    interrupt = chosen(waiting, decided.id)
    value = waiting[interrupt]
    if decided.kind == "answer":
        answer = parsed(decided.said)
    else:
        answer = answer_of(value, decided.kind, decided.said)
    return Resume(answers={interrupt: answer}, by=decided.by)
