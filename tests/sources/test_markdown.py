"""Markdown sections."""

from __future__ import annotations

from stretto.sources.markdown import markdown_pieces, markdown_title

DOCUMENT = """\
---
title: "The guide"
id: x
---
Before.

# Install

Run it.

## On *Windows* {#win}

Differently.

```sh
# no heading
```

Use
---

Like so.

# [Last](http://x)
"""


def test_sections_are_named_by_the_path_of_headings() -> None:
    """Front matter gives the root; code holds no headings; an underlined line is one."""
    pieces = markdown_pieces(DOCUMENT)
    assert [(piece.line, piece.symbol) for piece in pieces] == [
        (5, "The guide"),
        (9, "The guide > Install"),
        (13, "The guide > Install > On Windows"),
        (22, "The guide > Install > Use"),
    ]
    assert pieces[2].text == "Differently.\n\n```sh\n# no heading\n```"


def test_the_lines_are_those_of_the_file() -> None:
    """Each piece's text begins at its line."""
    lines = DOCUMENT.split("\n")
    for piece in markdown_pieces(DOCUMENT):
        assert piece.text.split("\n")[0] == lines[piece.line - 1]


def test_the_title_is_the_first_heading_where_none_is_given() -> None:
    """Nothing when there is no heading either."""
    assert markdown_title(DOCUMENT) == "The guide"
    assert markdown_title("text\n\n## Second *level*\n") == "Second level"
    assert markdown_title("---\nid: 7\n---\n") == ""


def test_a_rule_and_a_table_are_no_headings() -> None:
    """Dashes under a row, a list or more than one line are not an underline."""
    text = "Two lines\nof text\n---\n\n| a |\n---\n\n- item\n---\n"
    assert {piece.symbol for piece in markdown_pieces(text)} == {""}


def test_a_front_matter_that_does_not_end_is_text() -> None:
    """A document may begin with a rule."""
    (piece,) = markdown_pieces("---\nstill here\n")
    assert piece.text == "---\nstill here"
