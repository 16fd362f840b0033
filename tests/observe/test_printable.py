"""What was said commands no terminal."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from stretto.observe.printable import printable


def test_commands_and_marks_of_direction_go():
    """What is left of them is text."""
    assert printable("a\x1b[2Jb\u202ec\x07\x9b31m\r") == "a[2Jbc31m"
    assert printable("tab\there\nand there") == "tab\there\nand there"
    assert (
        printable("\N{WOMAN}\u200d\N{PERSONAL COMPUTER} é")
        == "\N{WOMAN}\u200d\N{PERSONAL COMPUTER} é"
    )


@given(st.text(st.characters()))
def test_no_control_character_is_left(text: str):
    """Whatever was said; and nothing else goes."""
    made = printable(text)
    assert all(c in "\t\n" or unicodedata.category(c) not in {"Cc", "Cs"} for c in made)
    assert printable(made) == made
