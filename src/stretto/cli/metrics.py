"""`stretto metrics`: success, times, tokens, money and quality, by team, agent, model, ..."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from stretto.cli.awaiting import awaited
from stretto.cli.options import Json

if TYPE_CHECKING:
    from stretto.observe.metrics import Metrics


class Dimension(StrEnum):
    """What one table is made by."""

    team = "team"
    agent = "agent"
    version = "version"
    tool = "tool"
    model = "model"
    node = "node"


def metrics(
    by: Annotated[
        Dimension | None, typer.Option("--by", help="One table in full; all in brief by default.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="AGE", help="Such as 24h, 30m or 7d.")
    ] = None,
    team: Annotated[str | None, typer.Option("--team", help="Only what this team did.")] = None,
    *,
    as_json: Json = False,
    serve: Annotated[
        int | None,
        typer.Option(
            "--serve", metavar="PORT", min=0, max=65535, help="Serve them to Prometheus; 0 is any."
        ),
    ] = None,
    host: Annotated[
        str, typer.Option("--host", help="With --serve: the address to listen on.")
    ] = "127.0.0.1",
) -> None:
    """Show success, times, tokens, money and quality of teams, agents, models and tools.

    Of the journal, live: nothing has to be switched on. A run that waits for a person, or that was
    stopped, neither succeeded nor failed; one whose process was killed failed.
    """
    if serve is not None:
        _check_alone(by=by, since=since, team=team, as_json=as_json)
        awaited(_serve(serve, host))
        return
    found = awaited(_metrics(since, team))
    if as_json:
        from stretto.cli.result import print_json

        told = found.told()
        print_json(told if by is None else {key: told[key] for key in ("records", f"{by}s")})
        return
    from stretto.cli.console import screen
    from stretto.cli.figures import draw_metrics

    screen().print(draw_metrics(found, by=None if by is None else by.value, width=screen().width))


def _check_alone(**given: object) -> None:
    from stretto.errors import InvalidInput

    if named := [f"--{'json' if n == 'as_json' else n}" for n, value in given.items() if value]:
        raise InvalidInput(
            f"--serve gives everything to Prometheus, which chooses; {named[0]} would do nothing. "
            "Leave it out."
        )


async def _metrics(since: str | None, team: str | None) -> "Metrics":
    import asyncio

    from stretto import clock
    from stretto.cli.journal import reading
    from stretto.cli.prune import age_of
    from stretto.journal import is_alive
    from stretto.observe.metrics import TYPES, Metrics

    begin = None if since is None else clock.now() - age_of(since, "--since")
    found = Metrics(since=begin, team=team)
    async with reading() as journal:
        async for records in journal.pages(types=TYPES):
            found.add(records)
    await asyncio.to_thread(found.bury, is_alive)
    _check_team(team, found)
    return found


def _check_team(team: str | None, found: "Metrics") -> None:
    from stretto.errors import UnknownName

    if team is not None and found.seq and team not in found.teams:
        raise UnknownName("team", team, found.teams, where="--team")


async def _serve(port: int, host: str) -> None:
    import asyncio

    from stretto.cli.console import screen
    from stretto.cli.journal import reading
    from stretto.observe.prometheus import collector, serve

    async with reading() as journal:
        endpoint = serve(collector(journal), port=port, host=host)
        shown = f"[{host}]" if ":" in host else host
        console = screen()
        console.print(f"metrics for Prometheus at http://{shown}:{endpoint.port}/metrics")
        console.print("Ctrl-C ends it", style="dim")
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.to_thread(endpoint.close)
