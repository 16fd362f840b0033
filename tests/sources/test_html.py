"""HTML pages."""

from __future__ import annotations

import pytest

from stretto.sources import html

PAGE = """\
<html><head><title>On
 fugues</title><style>p {}</style></head>
<body><nav><a href="/">Home</a></nav>
<article>
<h1>Fugue</h1>
<p>A fugue begins with its subject alone, and every voice enters with it in turn.</p>
<h2>Stretto</h2>
<p>In a stretto the voices enter before the last one has finished, which makes it dense.</p>
<script>ignore()</script>
</article></body></html>
"""


def test_sections_stand_where_their_words_stand() -> None:
    """The line is that of the first words in the file."""
    pytest.importorskip("trafilatura")
    pieces = html.html_pieces(PAGE)
    lines = {piece.symbol: piece.line for piece in pieces}
    assert lines == {"Fugue": 6, "Fugue > Stretto": 8}
    assert "ignore" not in " ".join(piece.text for piece in pieces)


def test_the_title_is_on_one_line() -> None:
    """Nothing when there is none."""
    assert html.html_title(PAGE) == "On fugues"
    assert html.html_title("<p>x") == ""


def test_without_the_extra_all_text_outside_of_scripts_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Blocks become paragraphs."""
    monkeypatch.setattr(html, "readable", lambda: False)
    text = html.html_text(PAGE)
    assert text.startswith("Home\n\nFugue\n\nA fugue begins")
    assert "ignore" not in text


@pytest.mark.parametrize("broken", ["", "<", "<p", "<p>a<p>b</i>", "<!--", "text only", "\0"])
def test_broken_pages_are_read_as_far_as_they_go(broken: str) -> None:
    """Nothing raises."""
    assert isinstance(html.html_pieces(broken), list)
