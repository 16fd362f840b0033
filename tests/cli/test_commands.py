from __future__ import annotations

from stretto.cli.commands import draw_commands

COMMANDS = [("stretto show a-long-thread-id", "how it came about"), ("stretto list", "")]


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
