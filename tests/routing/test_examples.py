from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.errors import InvalidInput, MissingExtra
from stretto.routing import Decider, Examples
from tests.routing.talk import OTHER, TALK

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def router() -> Examples:
    """Trained on what customers say, and on what is none of our business."""
    return Examples(TALK, out_of_scope=OTHER)


@pytest.fixture(scope="module")
def loaded(router: Examples, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The same, from a file."""
    path = tmp_path_factory.mktemp("kept") / "talk.npz"
    router.save(path)
    return Examples.load(path, examples=TALK, out_of_scope=OTHER)


def test_a_text_goes_where_its_like_are(router: Examples) -> None:
    """With a confidence, the words that spoke for it, and the next labels."""
    choice = router.of_text("the app crashes after the update")
    assert choice.label == "technical"
    assert choice.reason.startswith("like the examples of 'technical' by '")
    assert choice.confidence is not None
    assert 0 < choice.confidence < 1
    assert set(choice.alternatives) == {"billing", "sales"}
    assert choice.data["confidence"] == choice.confidence
    assert router.labels == set(TALK)
    assert isinstance(router, Decider)


def test_what_is_like_nothing_is_out_of_scope(router: Examples) -> None:
    """So is what has no word in common with the examples; the nearest is told."""
    choice = router.of_text("tell me a joke about the weather")
    assert (choice.label, choice.alternatives[0]) == ("", choice.data["nearest"])
    assert "but its margin" in choice.reason
    unknown = router.of_text("\u4f60\u597d")
    assert (unknown.label, unknown.reason) == ("", "none of its words is in the examples")


def test_a_threshold_is_a_confidence() -> None:
    """At 0 nothing is sent away, at 1 everything."""
    text = "tell me a joke"
    everything, nothing = Examples(TALK, threshold=1), Examples(TALK, threshold=0)
    assert everything.of_text(TALK["sales"][0]).label == ""
    assert "below 1" in everything.of_text(text).reason
    assert nothing.of_text(text).label in TALK
    assert (everything.measured.refused, nothing.measured.refused) == (1, 0)


def test_the_same_examples_decide_alike(router: Examples) -> None:
    """In any order and form, with each text once."""
    pairs = [(text, label) for label, texts in TALK.items() for text in texts]
    again = Examples(
        [*reversed(pairs), (pairs[0][0].upper() + " ", pairs[0][1])], out_of_scope=OTHER[::-1]
    )
    text = "is the large plan slow"
    assert again.of_text(text) == router.of_text(text)


WORDS = sorted(
    {word for texts in [*TALK.values(), OTHER] for text in texts for word in text.split()}
)


@given(st.one_of(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join), st.text()))
def test_what_is_loaded_decides_as_what_was_saved(router: Examples, loaded: Any, text: str) -> None:
    """Label, reason, confidence and explanation are identical, whatever the text."""
    assert loaded.of_text(text) == router.of_text(text)
    assert (loaded.digest, loaded.measured) == (router.digest, router.measured)


def test_what_was_trained_on_other_examples_is_refused(router: Examples, tmp_path: Path) -> None:
    """The digest tells, also when only what is out of scope differs."""
    router.save(tmp_path / "talk.npz")
    with pytest.raises(InvalidInput, match=r"was trained on other examples. Train it again"):
        Examples.load(tmp_path / "talk.npz", examples=TALK)
    assert Examples.load(tmp_path / "talk.npz", name="kept").name == "kept"


@pytest.mark.parametrize(
    ("state", "of"),
    [
        ({"messages": [("human", "hello"), ("human", "my bill is too high")]}, "messages"),
        ({"messages": [{"role": "user", "content": "my bill is too high"}]}, "messages"),
        ({"ask": {"text": "my bill is too high"}}, "ask.text"),
        ({"ask": "my bill"}, lambda state: f"{state['ask']} is too high"),
    ],
)
def test_the_text_is_where_it_is_said_to_be(state: Any, of: Any) -> None:
    """The last message by default."""
    assert Examples(TALK, of=of).decide(state).label == "billing"


@pytest.mark.parametrize("state", [{}, {"messages": []}, {"messages": " "}, {"messages": None}])
def test_without_a_text_there_is_nothing_to_decide(router: Examples, state: Any) -> None:
    """The error says where one was expected."""
    with pytest.raises(InvalidInput, match=r"'messages' holds no text to decide by. Put one"):
        router.decide(state)


TWO = {"a": ["one", "two"], "b": ["three", "four"]}


@pytest.mark.parametrize(
    ("examples", "options", "problem"),
    [
        ({}, {}, "has no label, so there is nothing to decide"),
        ([], {}, "has no label"),
        ({"a": ["one", "two"]}, {}, "only the label 'a', so there is nothing to decide"),
        ({"a": [], "b": ["one", "two"]}, {}, "the label 'a' has no list of examples. Add texts"),
        ({"a": "one", "b": ["one", "two"]}, {}, "the label 'a' has no list of examples"),
        ({"a": ["one"], "b": ["two", "three"]}, {}, "the label 'a' has one example, and one must"),
        ({"a": ["one", "One "], "b": ["two", "three"]}, {}, "the label 'a' has one example"),
        ({"": ["one"], "b": ["two"]}, {}, "'' is no label. Give a text"),
        ({"a": ["one", " "], "b": ["two", "x"]}, {}, "an example of 'a' is ' '. Give a text"),
        ({"a": ["one", 3], "b": ["two", "x"]}, {}, "an example of 'a' is 3. Give a text"),
        ({"a": ["one", "x"], "b": ["two", "ONE"]}, {}, "'ONE' is both 'a' and 'b'. Take one out"),
        ([("one",)], {}, "an example is no pair. Give each a text and a label"),
        (TWO, {"out_of_scope": []}, "`out_of_scope` is empty. Give texts, or None"),
        (TWO, {"out_of_scope": "five"}, "`out_of_scope` is one text. Give a list"),
        (TWO, {"out_of_scope": ["five"]}, "`out_of_scope` has one example"),
        (TWO, {"out_of_scope": ["one", "x"]}, "'one' is both 'a' and out of scope. Take one out"),
        (TWO, {"threshold": 1.1}, "`threshold` is 1.1. Give a share in 0..1"),
        (TWO, {"refuse": float("nan")}, "`refuse` is nan. Give a share in 0..1"),
        (TWO, {"refuse": True}, "`refuse` is True"),
        (TWO, {"of": ""}, "cannot read ''. Give the name of a field"),
    ],
)
def test_what_could_not_decide_is_refused(examples: Any, options: Any, problem: str) -> None:
    """At build, with the place and what to change."""
    with pytest.raises(InvalidInput, match=f"the examples 'examples'.*{problem}"):
        Examples(examples, **options)


def test_two_labels_are_enough() -> None:
    """A classifier of two has one margin, which counts for both."""
    router = Examples({"a": ["red apple", "red rose"], "b": ["blue sky", "blue sea"]}, threshold=0)
    assert [router.of_text(text).label for text in ("red", "blue", "a red sea")] == ["a", "b", "a"]


def test_the_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is trained."""
    for module in ("sklearn.svm", "sklearn.linear_model"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=r"Routing by examples needs the extra 'routing'"):
        Examples(TALK)
