"""Shows a turn while it goes on: what all ways of showing share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from rich.text import Text

from stretto import clock
from stretto.cli.outcome import draw_header
from stretto.cli.progress import Progress
from stretto.cli.review import draw_review
from stretto.cli.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.console import Console

    from stretto.cli.view import Round, View
    from stretto.records import AnyRecord, RunStarted


class Display(Protocol):
    """Shows a turn while it goes on."""

    @property
    def view(self) -> View:
        """What has been shown."""
        ...

    def known(self, records: Iterable[AnyRecord]) -> None:
        """Take in what happened before, without showing it again."""
        ...

    def add(self, record: AnyRecord) -> None:
        """Show the next record."""
        ...

    def pace(self, told: Mapping[str, Any]) -> None:
        """Show how a pass over a source gets on."""
        ...

    def kill(self) -> None:
        """Note that the run's process is gone."""
        ...

    def tick(self) -> None:
        """Let time pass on the screen."""
        ...

    def say(self, text: str) -> None:
        """Print a line beside the run's own."""
        ...

    def close(self) -> None:
        """End showing; what is on the screen stays."""
        ...


class Silent:
    """Shows nothing, for `--json`."""

    def __init__(self) -> None:
        self._progress = Progress()

    @property
    def view(self) -> View:
        """What would have been shown."""
        return self._progress.view

    def known(self, records: Iterable[AnyRecord]) -> None:
        """Take in what happened before."""
        for record in records:
            self._progress.add(record)

    def add(self, record: AnyRecord) -> None:
        """Take in the next record."""
        self._progress.add(record)

    def pace(self, told: Mapping[str, Any]) -> None:
        """Take in how a pass over a source gets on."""
        self.view.paces[str(told["progress"])] = dict(told)

    def kill(self) -> None:
        """Note that the run's process is gone."""
        self._progress.kill()

    def tick(self) -> None:
        """Nothing moves."""

    def say(self, text: str) -> None:
        """Nothing is said."""

    def close(self) -> None:
        """Nothing was open."""


class Shown(Silent):
    """What the two ways of showing share."""

    def __init__(
        self, console: Console, *, header: bool = True, now: clock.Clock = clock.now
    ) -> None:
        super().__init__()
        self.console, self.header, self.now = console, header, now
        self.rounds = 0
        """Rounds that stand on the screen, with their reviews."""

    def known(self, records: Iterable[AnyRecord]) -> None:
        """Take in what happened before; rounds that were reviewed are not shown again."""
        super().known(records)
        self.rounds = sum(one.verdict is not None for one in self.view.rounds)

    def begin(self, record: RunStarted) -> None:
        """Print the header, once, and that the turn is gone on with."""
        if self.header:
            self.console.print(draw_header(self.view))
        if record.resumed:
            self.console.print(Text(_going_on(self.view), "yellow"))
        if self.header:
            self.console.print()
            self.header = False

    def review(self, one: Round) -> None:
        """Print what was said of a round."""
        self.console.print(draw_review(one, explain=self.rounds == 0))
        self.console.print()
        self.rounds += 1


def title(one: Round) -> str:
    """Head a round: who planned how much, or what is done again."""
    todo = [task for task in one.tasks.values() if not task.kept]
    if one.number == 1 or len(todo) == len(one.tasks):
        again = f", round {one.number}" if one.number > 1 else ""
        return f"plan by {one.planner}: {counted(len(todo), 'task')}{again}"
    return f"round {one.number}: {', '.join(task.id for task in todo)} again"


def _going_on(view: View) -> str:
    tasks = list(view.round.tasks.values()) if view.round is not None else []
    done = sum(task.state == "done" for task in tasks)
    kept = f"; {done} of {counted(len(tasks), 'task')} done before" if tasks else ""
    return f"going on{kept}"
