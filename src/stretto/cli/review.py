"""Draws what rules and reviewer said of a round."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from stretto.cli.view import Round, Verdict

STYLES = {
    "accept": "bold green",
    "revise": "bold yellow",
    "replan": "bold yellow",
    "ask": "magenta",
}
SAID = {
    "accept": "accepts",
    "revise": "sends work back",
    "replan": "wants another plan",
    "ask": "asks a person",
}


def draw_review(one: Round, *, explain: bool) -> RenderableType:
    """Draw the review of a round: the rules, how each task fared, the verdict and its reason.

    `explain` prints each rule's sentence.
    """
    said = one.verdict
    if said is None:
        return Text()
    of = f" of {one.most}" if one.most else ""
    parts: list[RenderableType] = [Text(f"review of round {one.number}{of}", "bold")]
    if explain and said.rules:
        parts.append(_rules(said.rules))
    if said.checks:
        parts.append(_checks(said.checks))
    parts.append(_verdict(said))
    if said.decision in {"revise", "replan"} and not said.goes_on:
        return Group(*parts, Text(f"  {_why_it_ends(one)}", "yellow"))
    parts += [
        Text.assemble("  ", ("↺", "yellow"), f" {task} goes back: {why}")
        for task, why in said.again.items()
    ]
    return Group(*parts)


def _rules(rules: dict[str, str]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for name, sentence in rules.items():
        table.add_row("", Text(name, "bold", no_wrap=True), Text(sentence, "dim"))
    return table


def _checks(checks: Sequence[dict[str, Any]]) -> Table:
    names = list(dict.fromkeys(str(c["rule"]) for c in checks))
    tasks = list(dict.fromkeys(str(c["task"]) for c in checks))
    found = {(str(c["task"]), str(c["rule"])): c for c in checks}
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_row("", "", *[Text(name, "dim", no_wrap=True) for name in names], "")
    for task in tasks:
        outcomes = [found.get((task, name)) for name in names]
        table.add_row("", task, *map(_outcome, outcomes), _details(outcomes))
    return table


def _outcome(check: dict[str, Any] | None) -> Text:
    if check is None:
        return Text("-", "dim")
    return Text("pass", "green") if check["passed"] else Text("FAIL", "bold red")


def _details(outcomes: Sequence[dict[str, Any] | None]) -> Text:
    failed = [c for c in outcomes if c is not None and not c["passed"]]
    return Text("; ".join(f"{c['rule']}: {c.get('detail', '')}" for c in failed), "red")


def _why_it_ends(one: Round) -> str:
    if one.number >= one.most:
        return "the rounds are used up: the best so far is the answer, not accepted"
    return "this round changed nothing, another would not either: the best so far is the answer"


def _verdict(said: Verdict) -> Text:
    line = Text.assemble("  ", (said.by, "cyan"), " ")
    ends = said.decision in {"revise", "replan"} and not said.goes_on
    word = "does not accept" if ends else SAID.get(said.decision, said.decision)
    line.append(word, STYLES.get(said.decision, "bold"))
    return line.append(f": {said.reason}" if said.reason else "")
