"""`stretto chat`: a conversation with a team, in one thread."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stretto.cli.options import (
    ContextValues,
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
    checked_sources,
    context_of,
    limits_of,
    use_model,
)
from stretto.errors import InvalidInput

if TYPE_CHECKING:
    from stretto.policy import Limits
    from stretto.runs import Storage
    from stretto.spec.target import AnyGraph


def chat(
    team: Team,
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
    no_check: NoCheck = False,
) -> None:
    """Talk with a team: tokens as they come, approvals asked inline; /help tells the commands.

    Ctrl-C stops a turn at a safe point and stays; Ctrl-D or /quit ends.
    """
    import asyncio

    limits = limits_of(
        model_calls=max_model_calls,
        tool_calls=max_tool_calls,
        steps=max_steps,
        tokens=max_tokens,
        money=max_money,
        seconds=max_seconds,
    )
    given = (checked_sources(sources), context_of(context))
    asyncio.run(_chat(team, thread, given, model, limits, check=not no_check))


async def _chat(
    team: str,
    thread: str | None,
    given: tuple[list[str], dict[str, Any]],
    model: str | None,
    limits: Limits,
    *,
    check: bool,
) -> None:
    from stretto.cli.console import loading

    with loading(team):
        from stretto.build import build, lasting
        from stretto.cli.conversation import Conversation
        from stretto.cli.turn import Turn, check_context, runs_on_default
        from stretto.runs import open_storage

        named = use_model(model)
        graph = build(team)
        if check:
            from stretto.check.refusing import refuse_faults

            refuse_faults(graph, team)
    _need_messages(graph, team)
    async with open_storage() as storage:
        turn = Turn(
            graph=graph,
            team=lasting(team),
            input="",
            thread=await _thread(storage, thread),
            model=named if runs_on_default(graph, team) else "",
            context=check_context(graph, team, *given),
            limits=limits,
        )
        await Conversation(turn, storage).hold()


def _need_messages(graph: AnyGraph, team: str) -> None:
    if "messages" not in graph.channels:
        raise InvalidInput(
            f"the team {team!r} has no `messages`, so there is nothing to talk with. "
            f"Run it: stretto run {team} ..."
        )


async def _thread(storage: Storage, given: str | None) -> str:
    """A thread that is known, by the beginning of its id; else a new one."""
    from stretto.cli.finding import pick
    from stretto.errors import ThreadUnknown

    if given is None:
        return str(uuid.uuid4())
    try:
        return pick(await storage.journal.threads(), given).thread
    except ThreadUnknown:
        return given
