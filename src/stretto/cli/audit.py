"""`stretto audit`: who did what in a thread, whether its records are as written, and a copy."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stretto.cli.awaiting import awaited

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from stretto.journal import Journal
    from stretto.journal.anchors import Anchor
    from stretto.journal.audit import Report


def audit(
    thread: Annotated[
        str | None,
        typer.Argument(
            help="A thread: its id, the beginning of it, or 'last'. With --verify: all by default."
        ),
    ] = None,
    *,
    verify: Annotated[
        bool, typer.Option("--verify", help="Find what was edited, removed or reordered; exit 1.")
    ] = False,
    public_key: Annotated[
        list[str] | None,
        typer.Option("--public-key", metavar="PEM", help="Checks signatures; repeatable."),
    ] = None,
    export: Annotated[
        str | None,
        typer.Option("--export", metavar="FILE", help="Write a copy as JSON Lines; - prints it."),
    ] = None,
    no_payloads: Annotated[
        bool, typer.Option("--no-payloads", help="Verify or export without what was said.")
    ] = False,
    new_key: Annotated[
        Path | None,
        typer.Option(
            "--new-key", metavar="PATH", help="Make a key that signs, and its public key."
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every line of each section, not only the last ones.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead.")] = False,
) -> None:
    """Show who decided, who executed and who approved; verify that the record of it is intact."""
    _check(
        verify=verify,
        export=export,
        alone={"--public-key": bool(public_key), "--no-payloads": no_payloads},
    )
    if new_key is not None:
        _make_key(new_key)
    elif export is not None or verify:
        if export is not None:
            awaited(_export(thread or "last", export, said=not no_payloads))
        if verify:
            checked = _verify(thread, public_key or [], said=not no_payloads, as_json=as_json)
            if not awaited(checked):
                raise typer.Exit(1)
    else:
        awaited(_show(thread or "last", everything=everything, as_json=as_json))


def _check(*, verify: bool, export: str | None, alone: "dict[str, bool]") -> None:
    """Refuse options that would do nothing."""
    from stretto.errors import InvalidInput

    if verify and export == "-":
        raise InvalidInput(
            "--verify and --export - would both print. Run them one after the other, "
            "or give --export a file."
        )
    if alone["--public-key"] and not verify:
        raise InvalidInput("--public-key checks signatures. Give it together with --verify.")
    if alone["--no-payloads"] and not verify and export is None:
        raise InvalidInput(
            "--no-payloads needs something to leave them out of. Add --verify or --export FILE."
        )


def _make_key(path: Path) -> None:
    from stretto.cli.console import screen
    from stretto.cli.words import quoted
    from stretto.journal.anchors import new_key

    public = new_key(path.expanduser())
    screen().print(
        f"{path} signs: export STRETTO_SIGNING_KEY={quoted(str(path))}\n"
        f"{public} verifies: stretto audit --verify --public-key {quoted(str(public))}"
    )


async def _show(given: str, *, everything: bool, as_json: bool) -> None:
    from stretto.cli.console import screen
    from stretto.cli.deeds import deeds_of
    from stretto.cli.finding import find_thread
    from stretto.cli.journal import reading
    from stretto.cli.result import print_json

    async with reading() as journal:
        summary = await find_thread(journal, given)
        records = await journal.records(summary.thread)
    deeds = deeds_of(summary.thread, records)
    if as_json:
        print_json({**asdict(deeds), "status": summary.status})
        return
    from stretto.cli.statement import print_deeds

    print_deeds(screen(), deeds, summary.status, everything=everything)


async def _verify(
    given: str | None, public_keys: "Sequence[str]", *, said: bool, as_json: bool
) -> bool:
    """Verify one thread or all; whether all is as it was written."""
    import asyncio

    from stretto.cli.journal import reading
    from stretto.journal.anchors import anchors_path, read_anchors
    from stretto.journal.evidence import thread_names

    path = anchors_path()
    anchors = await asyncio.to_thread(read_anchors, path)
    keys = _keys(public_keys)
    async with reading() as journal:
        left = await journal.left()
        if given is None:
            names = await thread_names(journal, anchors)
        else:
            names = [await _found(journal, given, anchors)]
        reports = [
            await _report(journal, name, anchors, keys, said=said, left=left.get(name))
            for name in names
        ]
    torn = [anchor.line for anchor in anchors if not anchor.thread]
    ok = all(report.ok for report in reports) and not torn
    if as_json:
        _print_json(reports, torn, ok=ok)
    else:
        _print(reports, [f"{path}: line {line} is no anchor" for line in torn])
    return ok


def _keys(given: "Sequence[str]") -> "list[Ed25519PublicKey]":
    from stretto.journal.anchors import public_key, verifying_key

    if given:
        return [public_key(path) for path in given]
    known = verifying_key()
    return [] if known is None else [known]


async def _found(journal: "Journal", given: str, anchors: "Sequence[Anchor]") -> str:
    """The thread that is meant, also one whose records are all gone or cannot be read.

    Raises:
        ThreadUnknown, InvalidInput, StateUnreadable: As `find_thread`.
    """
    from stretto.cli.finding import find_thread
    from stretto.errors import StateUnreadable, ThreadUnknown

    try:
        return (await find_thread(journal, given)).thread
    except (ThreadUnknown, StateUnreadable):
        told = any(anchor.thread == given for anchor in anchors)
        if told or await journal.entries(given) or given in await journal.left():
            return given
        raise


async def _report(
    journal: "Journal",
    thread: str,
    anchors: "Sequence[Anchor]",
    keys: "Sequence[Ed25519PublicKey]",
    *,
    said: bool,
    left: int | None,
) -> "Report":
    from stretto.journal.audit import verify
    from stretto.journal.evidence import evidence

    if not said:
        entries = await journal.entries(thread)
        return verify(entries, None, anchors, keys, thread=thread, left=left)
    held = await evidence(journal, thread)
    return verify(held.entries, held.payloads, anchors, keys, thread=thread, left=left)


def _print_json(reports: "Sequence[Report]", torn: list[int], *, ok: bool) -> None:
    from stretto.cli.result import print_json

    told: list[dict[str, Any]] = [{**asdict(report), "ok": report.ok} for report in reports]
    print_json({"ok": ok, "threads": told, "unreadable_anchors": torn})


def _print(reports: "Sequence[Report]", torn: list[str]) -> None:
    from rich.text import Text

    from stretto.cli.console import screen
    from stretto.cli.statement import print_report
    from stretto.cli.words import counted

    console = screen()
    for report in reports:
        print_report(console, report)
    for line in torn:
        console.print(Text.assemble(("✗ ", "bold red"), line))
    if not reports:
        console.print("no threads yet. Start one: stretto run TEAM QUESTION")
    elif len(reports) > 1:
        bad = sum(not report.ok for report in reports)
        said = f"{bad:,} of them not as written" if bad else "all as written"
        console.print(Text(f"{counted(len(reports), 'thread')}, {said}", "red" if bad else "green"))


async def _export(given: str, place: str, *, said: bool) -> None:
    import asyncio

    from stretto.cli.journal import reading
    from stretto.journal.anchors import anchors_path, read_anchors
    from stretto.journal.evidence import Evidence, evidence
    from stretto.journal.export import export_lines

    anchors = await asyncio.to_thread(read_anchors, anchors_path())
    async with reading() as journal:
        thread = await _found(journal, given, anchors)
        if said:
            held = await evidence(journal, thread)
        else:
            held = Evidence(await journal.entries(thread), {})
    lines = export_lines(thread, *held, anchors, said=said)
    await asyncio.to_thread(_write, place, "".join(f"{line}\n" for line in lines))


def _write(place: str, text: str) -> None:
    from stretto.errors import StateUnavailable

    if place == "-":
        sys.stdout.write(text)
        return
    try:
        Path(place).expanduser().write_text(text, "utf-8")
    except OSError as error:
        raise StateUnavailable(
            f"cannot write {place!r}: {error.strerror}. Give --export another file."
        ) from error
