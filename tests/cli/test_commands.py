from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from stretto.cli.commands import draw_commands
from stretto.cli.words import near

COMMANDS = [("stretto show a-long-thread-id", "how it came about"), ("stretto list", "")]


@pytest.fixture(autouse=True)
def _on_path(monkeypatch: pytest.MonkeyPatch):
    """The shell finds `stretto`."""
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)


def test_where_the_shell_does_not_find_stretto_it_is_told_how(drawn, monkeypatch):
    """The title says what to source first."""
    monkeypatch.setenv("PATH", "/nowhere")
    said = drawn(draw_commands("next", COMMANDS, width=120), 120)
    assert f"(first: source {near(str(Path(sys.executable).with_name('activate')))})" in said


def test_what_a_command_is_for_stands_beside_it_where_there_is_room(drawn):
    """What a command is for stands beside it where there is room."""
    assert drawn(draw_commands("next", COMMANDS, width=80), 80).splitlines() == [
        "",
        "next",
        "  stretto show a-long-thread-id  how it came about",
        "  stretto list",
    ]


def test_a_command_is_never_cut(drawn):
    """A command is never cut."""
    said = drawn(draw_commands("next", COMMANDS, width=36), 36)
    assert "stretto show a-long-thread-id\n      how it came about" in said
