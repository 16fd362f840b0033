"""Passages from tool results and the units they are quoted by."""

import json

from hypothesis import given
from hypothesis import strategies as st

from stretto.models.offline.passages import (
    Source,
    holds_passages,
    sources_in,
    split_sentences,
    units,
)

DOCSTRING = """Run it.

First line of a
sentence that wraps. Second one, e.g. this.

Args:
    mode: How it is stored, defaults to `"a"`.

        Options are:

        - `"a"`: At once.
        - `"b"`: At the end.
    other: Something else.

```python
code = True
```"""


def quotes(text: str, **about: object) -> list[tuple[int, str]]:
    """Line and words of each unit that is no code."""
    return [(u.line, u.quote) for u in units(Source(text, **about)) if not u.code]


def test_sentences_know_the_line_they_start_at():
    """Counted from the passage's first line; line breaks become spaces."""
    found = quotes(DOCSTRING, line=10)
    assert (12, "First line of a sentence that wraps.") in found
    assert (13, "Second one, e.g. this.") in found


def test_an_entry_is_quotable_with_its_options():
    """A described argument may be quoted whole, and each option alone."""
    found = {q: line for line, q in quotes(DOCSTRING)}
    whole = 'mode: How it is stored, defaults to `"a"`. Options are: - `"a"`: At once. - `"b"`: At the end.'
    assert found[whole] == 7
    assert found['`"b"`: At the end.'] == 12
    assert found["other: Something else."] == 13


def test_options_stand_under_the_entry_they_belong_to():
    """The name of an argument is context for what is indented under it."""
    (option,) = [u for u in units(Source(DOCSTRING)) if u.quote.startswith('`"b"`')]
    assert option.context == "mode"


def test_code_is_marked_as_code():
    """Fenced blocks, and passages of that kind, are not explanations."""
    assert [u.quote for u in units(Source(DOCSTRING)) if u.code] == ["code = True"]
    assert all(u.code for u in units(Source("Looks like prose.", kind="code")))


def test_headings_are_context_and_not_quotes():
    """A Markdown heading names what is under it."""
    (unit,) = units(Source("# Fees\n\nIt costs nothing at all."))
    assert (unit.line, unit.quote, unit.context) == (3, "It costs nothing at all.", "Fees")


def test_a_quotation_is_not_cut_again():
    """What was quoted before is quoted whole."""
    (unit,) = units(Source("One. Two.\nThree.", line=7, whole=True))
    assert (unit.line, unit.quote) == (7, "One. Two. Three.")


@given(st.text(alphabet=st.sampled_from("ab .!?:-\n#`*1)|>"), max_size=300), st.integers(1, 99))
def test_units_always_stand_at_their_line(text: str, line: int):
    """Every quotation begins on the line it names and is verbatim but for white space."""
    flat = " ".join(text.split())
    for unit in units(Source(text, line=line)):
        assert unit.quote in flat
        rest = text.split("\n")[unit.line - line :]
        assert " ".join(" ".join(rest).split()).find(unit.quote) >= 0


def test_a_json_list_of_passages_is_read():
    """As `search` returns it."""
    given_ = json.dumps(
        [{"path": "a.md", "line": 4, "symbol": "S", "kind": "docstring", "text": "T."}]
    )
    assert sources_in(given_) == (Source("T.", "a.md", 4, "S", "docstring"),)
    assert holds_passages(given_)


def test_other_shapes_of_search_results_are_read():
    """Objects in an envelope, other names for text and place, places in metadata."""
    given_ = {"results": [{"content": "A.", "url": "http://x/y", "title": "X"}]}
    assert sources_in(json.dumps(given_)) == (Source("A.", "http://x/y", symbol="X"),)
    nested = json.dumps([{"page_content": "B.", "metadata": {"source": "b.txt"}}])
    assert sources_in(nested) == (Source("B.", "b.txt"),)


def test_plain_text_is_material_of_its_tool():
    """What is no list of passages is taken as it is."""
    assert sources_in("It's sunny.", "weather") == (Source("It's sunny.", symbol="weather"),)
    assert not holds_passages("It's sunny.")
    assert sources_in("[broken", "t") == (Source("[broken", symbol="t"),)


def test_an_empty_list_is_an_answer_with_nothing_in_it():
    """No passages, but passages were asked for."""
    assert sources_in("[]") == ()
    assert holds_passages("[]")


def test_sentences_of_a_text():
    """Lists and paragraphs fall apart, abbreviations do not."""
    assert split_sentences("One, i.e. this. Two?\n- Three\n- Four") == [
        "One, i.e. this.",
        "Two?",
        "Three",
        "Four",
    ]
