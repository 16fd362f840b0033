"""Draws the nodes of a graph that has no plan, each with its tool calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.text import Text

from stretto.cli.tree import draw_call, mark
from stretto.cli.words import counted, cut, seconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stretto.cli.view import Step


BAR = 24
"""Columns of a progress bar."""


def draw_steps(steps: Sequence[Step], now: float) -> Group:
    """Draw steps in the order in which they began, subgraphs indented."""
    lines: list[Text] = []
    for step in steps:
        lines.append(draw_step(step, now))
        indent = "  " * step.depth + "    "
        lines += [Text(indent).append_text(draw_call(call, now)) for call in step.calls]
        if step.status == "failed" and step.error:
            lines.append(Text(f"{indent}{cut(step.error, 300)}", "red"))
    return Group(*lines)


def draw_step(step: Step, now: float) -> Text:
    """Draw a node on a line: how it stands, its name, who works in it, how long it took."""
    line = Text("  " * step.depth)
    line.append_text(mark(step.status, now)).append(f" {step.node}", "bold")
    if step.agent and step.agent != step.node:
        line.append(f"  {step.agent}", "cyan")
    if step.model_calls:
        line.append(f"  {counted(step.model_calls, 'model call')}", "dim")
    if step.place:
        line.append(f"  step {step.place}", "dim")
    if step.times > 1:
        line.append(f"  {step.times:,} times", "dim")
    return line.append(f"  {seconds(step.elapsed(now))}", "dim")


def draw_pace(told: Mapping[str, Any]) -> Text:
    """Draw how a pass over a source gets on: a bar where its share is known, rate, time left."""
    share, rate, left = told.get("share"), told.get("rate"), told.get("left")
    line = Text(f"  {told.get('progress')} ", "bold")
    if share is not None:
        full = round(BAR * share)
        line.append("━" * full, "cyan").append("━" * (BAR - full), "dim").append(f" {share:.0%} ")
    of = f" of {told['total']:,}" if told.get("total") else ""
    line.append(f" {told.get('done', 0):,}{of}", "dim")
    if rate is not None:
        line.append(f"  {rate:,.0f}/s" if rate >= 10 else f"  {rate:.2g}/s", "dim")
    return line.append(f"  {seconds(left)} left", "dim") if left else line
