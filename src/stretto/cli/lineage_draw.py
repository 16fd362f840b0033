"""Draws where an answer came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from stretto.cli.indent import Indented
from stretto.cli.words import counted, cut, near

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from stretto.observe.lineage import Lineage, Quotation, Source

STATES = {
    "verified": ("✓", "green", "verified"),
    "other file": ("!", "bold yellow", "the words stand in another file's text"),
    "not found": ("✗", "bold red", "not found in any tool result"),
    "forgotten": ("?", "dim", "what tools returned was forgotten"),
}
PROOFS = {
    "quoted": ("proved", "green"),
    "in front": ("in front of the model", "cyan"),
    "possible": ("possible", "dim"),
}


def draw_lineage(line: Lineage) -> RenderableType:
    """Draw one answer: each claim with its quotations, then what else lay in front."""
    head = Text.assemble(
        (line.team, "bold cyan"), (f"  turn {line.turn} of thread {line.thread}", "dim")
    )
    parts: list[RenderableType] = [head]
    if line.question:
        parts.append(Text(cut(line.question, 300), "italic"))
    parts += _about(line)
    parts += _claims(line)
    parts += _others(line)
    return Group(*parts)


def _about(line: Lineage) -> Iterator[Text]:
    if not line.answer:
        said = "what was said was forgotten" if line.forgotten else "there is no answer"
        yield Text(f"{said}{f': {line.made}' if line.made else ''}", "yellow")
        return
    verdict = f"{line.verdict}: " if line.verdict else ""
    yield Text(f"{verdict}{line.made}")
    if line.writer is not None:
        yield Text(f"model call {line.writer.span} · request {line.writer.request[:12]}", "dim")
    for said in line.people:
        yield Text(f"a person had a part in it: {cut(said, 200)}", "magenta")
    if line.quotations:
        bad = len(line.quotations) - line.verified
        told = f"{line.verified} of {counted(len(line.quotations), 'quotation')} verified"
        yield Text(told, "yellow" if bad else "green")


def _claims(line: Lineage) -> Iterator[RenderableType]:
    known = {quotation.number: quotation for quotation in line.quotations}
    told: set[int] = set()
    for claim in line.claims:
        numbers = [n for n in claim.numbers if n in known]
        yield Text()
        marks = "".join(f"[{n}]" for n in claim.numbers)
        yield Text.assemble((claim.text, "bold" if numbers else ""), (f" {marks}", "cyan"))
        for number in numbers:
            if number in told:
                yield Indented(Text(f"[{number}] as above", "dim"), 2)
                continue
            told.add(number)
            yield from _quotation(known[number])
    for number, quotation in known.items():
        if number not in told:
            yield Text()
            yield from _quotation(quotation)


def _quotation(one: Quotation) -> Iterator[RenderableType]:
    sign, style, told = STATES[one.state]
    place = Text.assemble((f"[{one.number}] ", "cyan"), f"{near(one.path)}:{one.line}")
    place.append(f"  {one.symbol}", "dim")
    quote = Text(f'"{cut(one.quote, 200)}"', "italic")
    proved = [s for s in one.sources if s.proof == "quoted"]
    what = Text.assemble((f"{sign} {told}", style))
    if one.writer is not None:
        who = " ".join(filter(None, (one.writer.task, one.writer.agent)))
        what.append(f", written down by {who} ({one.writer.model})")
        if not proved:
            what.append("; whether it had read them is not known", "yellow")
    for text in (place, quote, what):
        yield Indented(text, 2)
    for source in one.sources[:3]:
        yield from _source(source, 4)


def _source(one: Source, by: int) -> Iterator[RenderableType]:
    told, style = PROOFS[one.proof]
    line = Text.assemble((one.tool, "blue"), " ", (f'"{cut(one.given, 80)}"', ""))
    who = " ".join(filter(None, (one.task, one.agent)))
    line.append(f" for {who}" if who else "", "dim")
    if one.status == "failed":
        line.append(" failed", "red")
    line.append(f"  {told}", style)
    if one.via:
        line.append(f" through {one.via}", "dim")
    line.append(f"  result {one.digest[:12]}", "dim")
    yield Indented(line, by)
    for inner in one.inner[:5]:
        yield from _source(inner, by + 2)


def _others(line: Lineage) -> Iterator[RenderableType]:
    front = [s for s in line.sources if s.proof == "in front"]
    rest = [s for s in line.sources if s.proof == "possible"]
    also = "also " if line.quotations else ""
    if front:
        yield Text(f"\n{also}in front of the model, not quoted", "bold")
        yield from (part for source in front for part in _source(source, 2))
    if rest:
        yield Text("\ncalled in the turn; nothing shows that the author read it", "bold")
        yield from (part for source in rest for part in _source(source, 2))
    if line.answer and not line.quotations and not line.sources:
        yield Text("\nfrom no quotation and no tool result", "dim")
