from __future__ import annotations

import io

from rich.console import Console
from rich.text import Text

from stretto.cli.indent import Indented


def test_a_terminal_wraps_within_the_rest_and_a_pipe_loses_nothing():
    """A terminal wraps within the rest and a pipe loses nothing."""
    text = Text("word " * 8)
    for soft, lines in ((False, 3), (True, 1)):
        out = io.StringIO()
        Console(file=out, width=18, soft_wrap=soft).print(Indented(text, 4))
        shown = out.getvalue().splitlines()
        assert len(shown) == lines
        assert all(line.startswith("    word") for line in shown)
        assert out.getvalue().count("word") == 8
