"""A text moved to the right: wrapped within what is left on a terminal, whole in a pipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult


@dataclass(frozen=True, slots=True)
class Indented:
    """Lines of text with blanks before each."""

    text: Text
    by: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it; a console that wraps softly, as for pipes, gets each line as it is."""
        if options.no_wrap:
            blanks = " " * self.by
            lines = self.text.split("\n", allow_blank=True)
            yield Text("\n").join(Text(blanks).append_text(line) for line in lines)
        else:
            yield Padding(self.text, (0, 0, 0, self.by), expand=False)
