"""`stretto run`: a team answers a question."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stretto.cli.options import (
    Compensate,
    ContextValues,
    Json,
    MaxModelCalls,
    MaxMoney,
    MaxSeconds,
    MaxSteps,
    MaxTokens,
    MaxToolCalls,
    Model,
    NoCheck,
    Sources,
    Team,
    Wait,
    checked_sources,
    context_of,
    deep_form,
    limits_of,
    question_of,
    use_model,
)

if TYPE_CHECKING:
    from stretto.policy import Limits


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of whom, checked."""

    team: str
    question: str
    thread: str
    sources: list[str]
    limits: Limits
    model: str | None
    wait: float
    compensate: bool
    check: bool = True
    """Whether a graph with proved faults is refused."""
    context: dict[str, Any] = field(default_factory=dict[str, Any])
    """The run's context, without the sources."""


def run(
    team: Team,
    question: Annotated[str, typer.Argument(help="What to answer; '-' reads it from a pipe.")],
    *,
    thread: Annotated[
        str | None, typer.Option("--thread", metavar="ID", help="Go on in this thread.")
    ] = None,
    sources: Sources = None,
    context: ContextValues = None,
    model: Model = None,
    max_model_calls: MaxModelCalls = None,
    max_tool_calls: MaxToolCalls = None,
    max_steps: MaxSteps = None,
    max_tokens: MaxTokens = None,
    max_money: MaxMoney = None,
    max_seconds: MaxSeconds = None,
    wait: Wait = 0.0,
    compensate: Compensate = False,
    no_check: NoCheck = False,
    as_json: Json = False,
    deep: Annotated[
        bool, typer.Option("--deep", help="Ask the team's deep form, TEAM_deep: it finds more.")
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Run in the background; `stretto watch` follows it.")
    ] = False,
) -> None:
    """Let a team answer a question, and watch it work.

    Ends with 0 when the run ended, also when the answer was not accepted (its verdict says so) or
    waits for a person; 2 for bad input, 3 for state, 4 for a busy thread, 5 for the model's
    provider, 6 for a limit, 130 after Ctrl-C, 1 for all else. What was done is stored in each case.
    """
    asked = Asked(
        team=deep_form(team) if deep else team,
        question=question_of(question),
        thread=thread or str(uuid.uuid4()),
        sources=checked_sources(sources),
        limits=limits_of(
            model_calls=max_model_calls,
            tool_calls=max_tool_calls,
            steps=max_steps,
            tokens=max_tokens,
            money=max_money,
            seconds=max_seconds,
        ),
        model=model,
        wait=wait,
        compensate=compensate,
        check=not no_check,
        context=context_of(context),
    )
    if detach:
        from stretto.cli.detach import start

        start(asked, as_json=as_json)
        return
    from stretto.cli.console import loading

    with loading(asked.team, quiet=as_json):
        from stretto.cli.turn import complete

    complete(_run(asked, as_json=as_json), as_json=as_json)


async def _run(asked: Asked, *, as_json: bool) -> None:
    from stretto.build import build, lasting
    from stretto.cli.console import loading, screen, show_on
    from stretto.cli.display import Silent
    from stretto.cli.result import tell
    from stretto.cli.turn import (
        Turn,
        check_context,
        drive,
        graph_input,
        has_plan,
        runs_on_default,
        takes_sources,
    )
    from stretto.runs import open_storage

    console = screen()
    model = use_model(asked.model)
    with loading(asked.team, quiet=as_json):
        graph = build(asked.team)
        if asked.check:
            from stretto.check.refusing import refuse_faults

            refuse_faults(graph, asked.team)
    context = check_context(graph, asked.team, asked.sources, asked.context)
    turn = Turn(
        graph=graph,
        team=lasting(asked.team),
        input=graph_input(graph, asked.team, asked.question),
        thread=asked.thread,
        model=model if runs_on_default(graph, asked.team) else "",
        context=context,
        limits=asked.limits,
        wait=asked.wait,
        compensate=asked.compensate,
    )
    display = Silent() if as_json else show_on(console, plan=has_plan(graph))
    async with open_storage() as storage:
        result = await drive(turn, display, storage=storage)
    tell(console, result, display.view, as_json=as_json, searches=takes_sources(graph))
