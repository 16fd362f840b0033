"""Words and what they weigh."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.models.offline.lexical import (
    clean,
    content_words,
    coverage,
    likeness,
    met,
    overlap,
    stem,
    stems,
    terms,
    words,
)


@pytest.mark.parametrize(
    "forms",
    [
        "restart restarts restarting restarted",
        "block blocks blocking blocked",
        "checkpoint checkpoints checkpointer",
        "cancel cancels cancelled cancelling cancellation",
        "execute executes executing executed execution",
        "persist persisted persistence",
        "policy policies",
        "retry retries retried",
        "write writes written wrote",
        "sync synchronous synchronously",
        "create created creates creating creation",
        "stop stops stopped stopping",
        "personal personally",
        "message messages",
    ],
)
def test_inflections_share_a_stem(forms: str):
    """However a word is inflected it counts as one."""
    assert len({stem(form) for form in forms.split()}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("found", "founded"), ("node", "noted"), ("retry", "retire"), ("port", "portal")],
)
def test_different_words_keep_different_stems(one: str, other: str):
    """To find is not to found."""
    assert stem(one) != stem(other)


def test_identifiers_count_whole_and_in_parts():
    """`add_node` and `TimeoutPolicy` are found by their names and by their words."""
    assert {"add_node", "add", "nod", "timeoutpolicy", "timeout", "polici"} <= stems(
        "add_node(TimeoutPolicy)"
    )


def test_function_words_carry_no_topic():
    """Only what names or qualifies a subject is left."""
    assert content_words("After an interrupt, does a node start again from its top?") == [
        "interrupt",
        "node",
        "start",
        "again",
        "top",
    ]


def test_common_words_weigh_half():
    """A word that is everywhere tells little."""
    weights = {term.word: term.weight for term in terms("When does a durability mode write?")}
    assert weights == {"durability": 1.0, "mode": 0.5, "write": 0.5}


def test_a_capital_inside_a_sentence_makes_a_name():
    """`Send` is a subject, "send" a common verb."""
    assert [term.weight for term in terms("How does Send work?")] == [1.0]
    assert [term.weight for term in terms("How do I send it?")] == [0.5]


def test_near_meanings_count_less_than_the_word():
    """A word is met fully by itself, partly by a near meaning, not by anything else."""
    assert likeness(stem("delete"), stems("it deletes rows")) == 1.0
    assert 0 < likeness(stem("delete"), stems("it removes rows")) < 1
    assert likeness(stem("delete"), stems("it adds rows")) == 0


def test_an_identifier_is_met_by_all_its_parts():
    """The parts of `add_node` together stand for it, one of them does not."""
    (term,) = terms("add_node")
    assert met(term, stems("add a node")) > 0
    assert met(term, stems("a node")) == 0


def test_nothing_covers_nothing():
    """A text without words is covered by no text."""
    assert coverage(terms("and the?"), stems("and the")) == 0
    assert overlap("", "anything") == 0


@given(st.text(), st.text())
def test_overlap_is_always_a_share(one: str, other: str):
    """Between 0 and 1 whatever the texts."""
    assert 0 <= overlap(one, other) <= 1


@given(st.text())
def test_words_are_lower_case_and_stems_are_stable(text: str):
    """The same text always gives the same stems."""
    assert all(word == word.lower() for word in words(text))
    assert stems(text) == stems(text)


@given(st.text(), st.integers(min_value=1, max_value=200))
def test_a_cleaned_text_is_one_short_line(text: str, limit: int):
    """No line break, no double space, no more than the limit and an ellipsis."""
    line = clean(text, limit)
    assert line == " ".join(line.split())
    assert len(line) <= limit + len(" ...")
