from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from stretto.routing.terms import READ, key, words_and_pieces


def test_words_pairs_and_pieces_are_counted() -> None:
    """Whatever their case, and however a character is written."""
    words, pieces = words_and_pieces("A cat, a CAT")
    assert words == {"wa": 2, "wcat": 2, "wa cat": 2, "wcat a": 1, "wa & cat": 1}
    assert "ca,c" not in pieces
    assert pieces["c ca"] == 2
    assert pieces["c a "] == 2
    assert words_and_pieces("\u00e9t\u00e9") == words_and_pieces("e\u0301te\u0301")
    assert words_and_pieces(" ,. ") == (
        {},
        {"c ,. ": 1, "c ,": 1, "c ,.": 1, "c,.": 1, "c,. ": 1, "c. ": 1},
    )


def test_words_far_apart_are_no_pair() -> None:
    """Those up to eight apart are."""
    words, _ = words_and_pieces("a b c d e f g h i j")
    assert "wa & i" in words
    assert "wa & j" not in words


@given(st.text(alphabet="ab1 .,\n", max_size=40))
def test_pieces_are_those_of_scikit_learn(text: str) -> None:
    """Its `char_wb`, from 2 to 5 characters."""
    theirs = CountVectorizer(analyzer="char_wb", ngram_range=(2, 5)).build_analyzer()(text)
    _, pieces = words_and_pieces(text)
    assert pieces == {f"c{each}": theirs.count(each) for each in theirs}


def test_only_the_beginning_of_a_long_text_counts() -> None:
    """So a decision about one does not take longer and longer."""
    assert words_and_pieces("a " * READ) == words_and_pieces("a " * (READ // 2))


def test_texts_that_differ_in_case_and_spaces_only_are_one() -> None:
    """As an example, each counts once."""
    assert key(" A  cat\n") == key("a CAT")
    assert key("a cat") != key("a cat.")
