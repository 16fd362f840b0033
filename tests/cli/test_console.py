from __future__ import annotations

import io
import sys

from rich.table import Table
from rich.text import Text

from stretto.cli.console import is_live, screen, show_on
from stretto.cli.drawn import Drawn
from stretto.cli.lines import Lines


def test_a_pipe_gets_plain_lines_that_are_not_wrapped(monkeypatch):
    """A pipe gets plain lines that are not wrapped."""
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    console = screen()
    assert not is_live(console)
    assert isinstance(show_on(console), Lines)
    console.print(Text("word " * 100, "bold red"))
    assert out.getvalue() == ("word " * 100).rstrip() + "\n"


def test_a_terminal_is_drawn_on_and_a_dumb_one_is_not(monkeypatch):
    """A terminal is drawn on and a dumb one is not."""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setenv("TERM", "xterm-256color")
    display = show_on(screen())
    display.close()
    assert isinstance(display, Drawn)
    monkeypatch.setenv("TERM", "dumb")
    assert not is_live(screen())


def test_no_color_is_heeded(monkeypatch):
    """No color is heeded."""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    out = Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    screen().print(Text("red", "red"))
    assert "\x1b[31m" not in out.getvalue()


def test_what_was_said_commands_no_terminal(monkeypatch):
    """On a terminal and in a pipe; styles are still written."""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    evil = "a\x1b[2Jb \u202ec\x9b31m"
    for out in (io.StringIO(), Terminal()):
        monkeypatch.setattr(sys, "stdout", out)
        table = Table.grid()
        table.add_row(Text(evil, "red"))
        console = screen()
        console.print(table)
        console.print(evil)
        said = out.getvalue()
        assert said.count("a[2Jb c31m") == 2
        assert not {"\u202e", "\x9b"} & set(said)
        assert "\x1b[2J" not in said
        assert ("\x1b" in said) == out.isatty()
