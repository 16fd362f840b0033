"""Draws a turn in place on a terminal, and leaves what is done above it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.live import Live
from rich.text import Text

from stretto import clock
from stretto.cli.display import Shown, title
from stretto.cli.steps import draw_pace, draw_steps
from stretto.cli.tree import draw_round
from stretto.cli.words import counted, seconds
from stretto.records import AnyRecord, Decided, RunStarted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console, RenderableType

    from stretto.cli.view import Round, View

STEPS = 10
"""Nodes shown while a graph without a plan runs."""
ALL_STEPS = 60
"""Nodes shown when it has ended."""


class Drawn(Shown):
    """Draws what goes on in place, and leaves what is done above it."""

    def __init__(
        self,
        console: Console,
        *,
        header: bool = True,
        now: clock.Clock = clock.now,
    ) -> None:
        super().__init__(console, header=header, now=now)
        self._notes = 0
        self._live = Live(Text(), console=console, auto_refresh=False, transient=True)
        self._live.start()

    def add(self, record: AnyRecord) -> None:
        """Take in a record; a round that has been reviewed is left on the screen."""
        super().add(record)
        match record:
            case RunStarted():
                self._notes = min(self._notes, len(self.view.notes))
                self.begin(record)
            case Decided():
                self._leave_done()
            case _:
                self._leave_notes()

    def known(self, records: Iterable[AnyRecord]) -> None:
        """Take in what happened before; notes of it are not printed again."""
        super().known(records)
        self._notes = len(self.view.notes)

    def tick(self) -> None:
        """Draw what goes on again."""
        self._live.update(self._current(), refresh=True)

    def say(self, text: str) -> None:
        """Print a line above what goes on."""
        self.console.print(Text(text, "yellow"))

    def close(self) -> None:
        """Leave what goes on as it stands."""
        self._live.update(Text(), refresh=True)
        self._live.stop()
        view, now = self.view, self.now()
        last = view.round
        if last is not None and last.verdict is None:
            self.console.print(_headed(last, now, self.console.width, live=False))
        elif last is None and view.steps:
            self.console.print(draw_steps(view.steps[-ALL_STEPS:], now))

    def _leave_notes(self) -> None:
        for note in self.view.notes[self._notes :]:
            self.console.print(Text(note, "yellow"))
        self._notes = len(self.view.notes)

    def _leave_done(self) -> None:
        self._leave_notes()
        view = self.view
        last = view.round
        if last is not None and last.verdict is not None and len(view.rounds) > self.rounds:
            self.rounds = len(view.rounds) - 1
            self.console.print(_headed(last, self.now(), self.console.width, live=False))
            self.review(last)

    def _current(self) -> RenderableType:
        view, now = self.view, self.now()
        if not view.thread:
            return self._live.renderable
        parts: list[RenderableType] = []
        last = view.round
        if last is not None and last.verdict is None:
            parts.append(_headed(last, now, self.console.width, live=True))
        elif last is None:
            parts.append(draw_steps(view.steps[-STEPS:], now))
        parts += [draw_pace(told) for told in view.paces.values() if told.get("left") != 0]
        parts.append(_activity(view, now))
        return Group(*parts)


def _headed(one: Round, now: float, width: int, *, live: bool) -> Group:
    return Group(Text(title(one), "bold"), draw_round(one, now, width=width, live=live))


def _activity(view: View, now: float) -> Text:
    if view.status != "running":
        return Text()
    at_work = [s for s in view.steps if s.status == "running" and s.depth == 0]
    hidden = view.round is not None and view.round.verdict is None
    shown = [s for s in at_work if not (hidden and s.node == "execute")]
    names = ", ".join(f"{s.node} (step {s.place})" if s.place else s.node for s in shown)
    told = [names] if names else []
    most = f" of {int(view.limits['model_calls'])}" if "model_calls" in view.limits else ""
    told.append(f"{view.model_calls}{most} model calls, {counted(view.tool_calls, 'tool call')}")
    told.append(seconds(view.elapsed(now)))
    return Text("  " + " · ".join(told), "dim")
