"""`stretto diff`: two versions of a team, and which paused threads can go on in the new one."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stretto.cli.options import Json

if TYPE_CHECKING:
    from stretto.check.facts import Graph
    from stretto.comparing import Change, Verdict, Waiting

Old = Annotated[str, typer.Argument(metavar="OLD", help="The old version: a target as for `run`.")]
New = Annotated[str, typer.Argument(metavar="NEW", help="The new version.")]
SAME, GOES_ON, CANNOT = 0, 1, 3
"""Exit codes; 2 is an error."""


def diff(
    old: Old,
    new: New,
    stored: Annotated[
        bool, typer.Option("--stored", help="List the stored threads that wait, and their fate.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say what changed between two versions, and whether paused threads can go on in the new one.

    Ends with 0 when nothing changed, 1 when threads paused in the old version can go on in the new
    one, 3 when some cannot, 2 when a version could not be read. With `--stored` the threads that
    wait in this project count; without, every node in which a thread may wait.
    """
    from stretto.cli.console import loading
    from stretto.comparing import compare_graphs, going_on

    with loading("graphs", quiet=as_json):
        before, after = _facts(old), _facts(new)
        changes, verdicts = compare_graphs(before, after), going_on(before, after)
        threads = _stored(before, after, verdicts) if stored else None
    if as_json:
        from stretto.cli.result import print_json

        print_json(json_of(changes, verdicts, threads))
    else:
        from stretto.cli.console import screen
        from stretto.cli.diff_draw import print_diff

        print_diff(screen(), (old, new), changes, verdicts, threads)
    if code := code_of(changes, verdicts, threads):
        raise typer.Exit(code)


def _facts(target: str) -> "Graph":
    from stretto.build import build
    from stretto.check.reading.compiled import read_graph
    from stretto.errors import InvalidInput

    found = read_graph(build(target))
    if found.builder is None:
        raise InvalidInput(
            f"{target} is no StateGraph, so its nodes cannot be told apart. Name a graph that is "
            "built with StateGraph or by a pattern."
        )
    return found


def _stored(old: "Graph", new: "Graph", verdicts: "list[Verdict]") -> "list[Waiting]":
    from stretto.cli.awaiting import awaited

    return awaited(_waiting(old, new, verdicts))


async def _waiting(old: "Graph", new: "Graph", verdicts: "list[Verdict]") -> "list[Waiting]":
    from stretto.comparing import waiting_threads
    from stretto.runs import open_storage

    async with open_storage() as storage:
        return await waiting_threads(old, new, storage.checkpointer, verdicts)


def code_of(
    changes: "list[Change]", verdicts: "list[Verdict]", threads: "list[Waiting] | None"
) -> int:
    """The exit code."""
    goings = [each.going for each in (verdicts if threads is None else threads)]
    if "cannot" in goings:
        return CANNOT
    moved = any(each.going != "goes on" for each in verdicts)
    return GOES_ON if changes or moved else SAME


def json_of(
    changes: "list[Change]", verdicts: "list[Verdict]", threads: "list[Waiting] | None"
) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "same": not changes,
        "changes": [asdict(each) for each in changes],
        "places": [{"place": each.place, **asdict(each)} for each in verdicts],
        "threads": None if threads is None else [asdict(each) for each in threads],
    }
