"""Cutting text into pieces."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stretto.sources.piece import LINE, WORDS, cut, dedent

WORD = st.text("abcxyz.", min_size=1, max_size=8)
SHORT_LINE = st.lists(WORD, max_size=30).map(" ".join)


def test_paragraphs_share_a_piece_until_it_is_full() -> None:
    """Short paragraphs stand together, a full piece ends at a paragraph."""
    paragraph = " ".join(["word"] * (WORDS // 2 - 1))
    lines = [paragraph, "", paragraph, "", paragraph]
    assert cut(lines) == [(1, f"{paragraph}\n\n{paragraph}"), (5, paragraph)]


def test_a_fenced_block_stays_whole() -> None:
    """Blank lines inside of a fence do not end a paragraph."""
    filler = " ".join(["word"] * (WORDS - 4))
    lines = [filler, "", "```python", "a = 1", "", "b = 2", "```"]
    assert cut(lines)[1] == (3, "```python\na = 1\n\nb = 2\n```")


def test_a_line_that_is_too_long_is_cut_after_sentences() -> None:
    """Its pieces all stand at its line."""
    line = " ".join(["One two three four."] * WORDS)
    texts = cut(["short", line])
    assert {line for line, _ in texts[1:]} == {2}
    assert all(text.endswith(".") for _, text in texts[1:])
    assert all(len(text.split()) <= WORDS for _, text in texts)


def test_a_line_without_blanks_is_cut_all_the_same() -> None:
    """Minified text does not make one piece of a megabyte."""
    texts = cut(["x" * (3 * LINE)])
    assert "".join(text for _, text in texts) == "x" * (3 * LINE)
    assert all(len(text) <= LINE for _, text in texts)


@given(st.lists(SHORT_LINE, max_size=60), st.integers(1, 99))
def test_each_line_of_a_piece_stands_where_it_says(lines: list[str], first: int) -> None:
    """Line i of a text is line `line + i` of the file."""
    for line, text in cut(lines, first):
        for number, each in enumerate(text.split("\n"), line):
            assert each == lines[number - first]


@given(st.lists(SHORT_LINE, max_size=60))
def test_no_word_is_lost(lines: list[str]) -> None:
    """The pieces together have all words in order."""
    words = [word for _, text in cut(lines) for word in text.split()]
    assert words == [word for line in lines for word in line.split()]


def test_dedent_takes_what_all_share() -> None:
    """Blank lines do not count."""
    assert dedent(["    a", "", "      b", "\tc"]) == ["a", "", "  b", "    c"]
    assert dedent([]) == []
