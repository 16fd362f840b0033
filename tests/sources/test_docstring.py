"""Docstrings in pieces."""

from __future__ import annotations

from stretto.sources.docstring import docstring_texts

DOCSTRING = """\
Run the graph.

    It may take a while.

    Args:
        input: What to start from, which may be a mapping or a message or
            anything else that the first node can take.

            - even a list
        config: The configuration.
        debug: Whether to print.
        durability: When changes are stored: before the next step, beside it,
            or only when the graph ends.

    Returns:
        What came out.
    """


def test_an_argument_that_says_something_is_a_text_of_its_own() -> None:
    """Short neighbours share one; descriptions and other sections go by paragraphs."""
    texts = docstring_texts(DOCSTRING.split("\n"), 10)
    assert [(line, text.split("\n")[0]) for line, text in texts] == [
        (10, "Run the graph."),
        (15, "input: What to start from, which may be a mapping or a message or"),
        (19, "config: The configuration."),
        (21, "durability: When changes are stored: before the next step, beside it,"),
        (24, "Returns:"),
    ]


def test_the_texts_are_verbatim_but_for_their_margin() -> None:
    """A line of a text is a line of the docstring."""
    lines = DOCSTRING.split("\n")
    for line, text in docstring_texts(lines, 1):
        for number, each in enumerate(text.split("\n"), line - 1):
            assert lines[number].strip() == each.strip()


def test_a_docstring_that_is_nearly_empty() -> None:
    """No lines give no texts; a section without entries does no harm."""
    assert docstring_texts([], 1) == []
    assert docstring_texts(["Args:"], 3) == []
    assert docstring_texts(["One."], 3) == [(3, "One.")]
