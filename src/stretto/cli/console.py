"""The screen: a terminal, narrow or wide, or a pipe that wants plain lines."""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from rich.console import Console
from rich.segment import Segment
from rich.text import Text

from stretto.observe.printable import printable

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from typing import IO, TextIO

    from rich.console import ConsoleOptions, RenderableType

    from stretto.cli.display import Display

PIPE_WIDTH = 160
"""Columns of what is not a terminal: tables stay on their lines, prose is not wrapped at all."""


class _Printing(Console):
    """A console on which nothing that was said commands the terminal: all text passes here."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                yield Segment(printable(segment.text), segment.style)


def screen() -> Console:
    """The standard output; rich heeds NO_COLOR, COLUMNS and TERM."""
    return _console(error=False)


def errors() -> Console:
    """The standard error."""
    return _console(error=True)


def _console(*, error: bool) -> Console:
    stream = sys.stderr if error else sys.stdout
    console = _Printing(file=stream, highlight=False, emoji=False, markup=False)
    if console.is_terminal:
        return console
    width = int(columns) if (columns := os.environ.get("COLUMNS", "")).isdigit() else PIPE_WIDTH
    file = cast("IO[str]", _Trimmed(stream))
    return _Printing(
        file=file, highlight=False, emoji=False, markup=False, width=width, soft_wrap=True
    )


class _Trimmed:
    """A pipe that gets no blanks at the end of lines, with which tables are filled up."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(re.sub(r" +(?=\n)", "", text))

    def flush(self) -> None:
        self._stream.flush()


def is_live(console: Console) -> bool:
    """Whether the screen can be drawn again in place."""
    return console.is_terminal and not console.is_dumb_terminal


@contextmanager
def loading(what: str, *, quiet: bool = False) -> Generator[None]:
    """Say on a terminal that something is loaded, as long as it is."""
    console = screen()
    if quiet or not is_live(console):
        yield
        return
    with console.status(Text(f"loading {what}", "dim"), spinner="dots"):
        yield


def show_on(console: Console, *, header: bool = True, plan: bool = False) -> Display:
    """Choose how a turn is shown: drawn in place on a terminal, as plain lines elsewhere.

    `plan` says that the graph is known to plan: its own nodes get no lines.
    """
    from stretto.cli.drawn import Drawn
    from stretto.cli.lines import Lines

    if is_live(console):
        return Drawn(console, header=header)
    return Lines(console, header=header, plan=plan)
