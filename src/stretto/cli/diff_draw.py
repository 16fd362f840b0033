"""Draws what changed between two versions, and what becomes of paused threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from stretto.cli.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from stretto.comparing import Change, Verdict, Waiting

_GROUPS = (
    ("what callers see", ("interface",)),
    ("what it does otherwise", ("behaviour", "bounds")),
    ("wording", ("wording",)),
)
_COLOURS = {"goes on": "green", "goes on, but": "yellow", "cannot": "bold red"}


def print_diff(
    console: Console,
    names: tuple[str, str],
    changes: Sequence[Change],
    verdicts: Sequence[Verdict],
    threads: Sequence[Waiting] | None,
) -> None:
    """Print the changes by who notices them, then what becomes of paused threads.

    Args:
        console: Where to.
        names: What the two versions are called.
        changes: What changed.
        verdicts: Whether threads can go on, by node.
        threads: The stored threads that wait; `None` where they were not looked for.
    """
    console.print(Text(f"{names[0]} -> {names[1]}", "bold"))
    if not changes:
        console.print(Text("nothing changed", "green"))
    for title, kinds in _GROUPS:
        found = [each for each in changes if each.kind in kinds]
        if found:
            console.print(Text(f"\n{title}", "bold"))
        for each in found:
            console.print(_change(each))
    console.print(Text("\npaused threads", "bold"))
    _print_places(console, verdicts)
    if threads is not None:
        _print_threads(console, threads)


def _change(change: Change) -> Text:
    where = f"{change.where}: " if change.where else ""
    mark = ("breaks  ", "bold red") if change.breaking else ("        ", "")
    return Text.assemble("  ", mark, (where, "cyan"), change.text)


def _print_places(console: Console, verdicts: Sequence[Verdict]) -> None:
    fine = sum(each.going == "goes on" for each in verdicts)
    for each in verdicts:
        if each.going == "goes on":
            continue
        question = " (asks)" if each.asks else ""
        console.print(
            Text.assemble(
                "  ",
                (f"{each.going:<13}", _COLOURS[each.going]),
                (f"in {each.place}{question}", "cyan"),
            )
        )
        for why in each.why:
            console.print(Text(f"      {why}", "dim"))
    lost = sum(each.going == "cannot" for each in verdicts)
    whole = counted(len(verdicts), "node")
    told = f"of {whole} in which a thread can wait, it goes on in {len(verdicts) - lost}"
    careful = len(verdicts) - lost - fine
    told += f", in {careful} of them as told above" if careful else ""
    console.print(Text(f"  {told}", "green" if fine == len(verdicts) else ""))


def _print_threads(console: Console, threads: Sequence[Waiting]) -> None:
    console.print(Text("\nstored threads that wait", "bold"))
    if not threads:
        console.print(Text("  none"))
    for each in threads:
        doubt = "" if each.known else " (perhaps of another team)"
        places = f"in {', '.join(each.places)}{doubt}"
        console.print(
            Text.assemble(
                "  ",
                (f"{each.going:<13}", _COLOURS[each.going]),
                (each.thread, "bold"),
                f"  {places}",
            )
        )
        for why in each.why:
            console.print(Text(f"      {why}", "dim"))
