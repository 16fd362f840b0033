"""A decision by examples: a classifier that is trained on texts with their labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from stretto.errors import InvalidInput
from stretto.routing.choice import NOBODY, checked_label, checked_labels
from stretto.routing.classifier import Classifier
from stretto.routing.reading import Read, reading
from stretto.routing.saved import Settings, Trained, digest_of, load
from stretto.routing.terms import key
from stretto.routing.training import fewest, train

Texts = Mapping[str, Sequence[str]] | Iterable[tuple[str, str]]
"""Texts by label, or pairs of a text and its label."""
REFUSE = 0.005
"""The share of texts with a label that may be sent away, by default."""


class Examples(Classifier):
    """Chooses the label whose examples a text is like.

    A linear support vector machine over TF-IDF of words, pairs of words and pieces of words is
    trained as this is built: seconds for hundreds of texts, about a minute for 15,000. `save` it,
    and `load` it where it runs. The same examples always give the same decisions.

    The confidence is the chance that the label is right, fitted on examples that were held out
    (Platt, 1999). Out of scope is what lies lower than the bound that sends away at most `refuse`
    of the held-out texts that would be given their label. With `out_of_scope` texts the classifier
    learns what belongs to no label, and finds more of it at the same price. `measured` tells how
    it did on what was held out.

    Args:
        examples: Texts by label, or pairs of text and label; two or more of each label. Texts that
            differ in case or spaces only count once.
        out_of_scope: Texts that belong to no label, two or more; `None` when there are none.
        threshold: The confidence below which it is out of scope, instead of the bound.
        refuse: The share of good texts that may be sent away for the sake of the others, in 0..1.
        of: The field, path or function that gives the text; of messages the last counts.
        name: What the journal calls it.

    Raises:
        InvalidInput: There are fewer than two labels or two texts of one, a text is empty or has
            two labels, or a share is not in 0..1.
        MissingExtra: The extra `routing` is not installed.
    """

    def __init__(
        self,
        examples: Texts,
        *,
        out_of_scope: Sequence[str] | None = None,
        threshold: float | None = None,
        refuse: float = REFUSE,
        of: Read = "messages",
        name: str = "examples",
    ) -> None:
        place = f"the examples {name!r}"
        given = checked_examples(place, examples, out_of_scope)
        for what, share in (("threshold", threshold), ("refuse", refuse)):
            if share is not None and (isinstance(share, bool) or not 0 <= share <= 1):
                raise InvalidInput(f"{place}: `{what}` is {share!r}. Give a share in 0..1.")
        reading(place, of)  # before the work, not after it
        settings = Settings(refuse, threshold)
        model, measured = train(sorted(given), refuse=refuse, threshold=threshold)
        trained = Trained(model, measured, digest_of(given, settings), settings)
        super().__init__(trained, of=of, name=name)

    @staticmethod
    def load(
        path: str | Path,
        *,
        examples: Texts | None = None,
        out_of_scope: Sequence[str] | None = None,
        of: Read = "messages",
        name: str = "examples",
    ) -> Classifier:
        """Read one from a file; its decisions are those of the one that was saved.

        Args:
            path: The file.
            examples: What it must have been trained on; `None` takes what is there.
            out_of_scope: The same of what belongs to no label.
            of: As when it is built.
            name: As when it is built.

        Raises:
            InvalidInput: The file is missing or damaged, or was trained on other examples.
            MissingExtra: The extra `routing` is not installed.
        """
        trained = load(Path(path))
        if examples is not None:
            given = checked_examples(f"the examples {name!r}", examples, out_of_scope)
            if digest_of(given, trained.settings) != trained.digest:
                raise InvalidInput(
                    f"the classifier in {str(path)!r} was trained on other examples. Train it "
                    "again on these, and `save` it there."
                )
        return Classifier(trained, of=of, name=name)


def checked_examples(
    place: str, examples: Any, out_of_scope: Sequence[str] | None
) -> list[tuple[str, str]]:
    """Pairs of text and label, each text once; `""` is out of scope.

    Raises:
        InvalidInput: As `Examples`.
    """
    pairs = _pairs(place, examples)
    checked_labels(place, dict.fromkeys(label for _, label in pairs))
    if isinstance(out_of_scope, str):
        raise InvalidInput(f"{place}: `out_of_scope` is one text. Give a list of them.")
    found: dict[str, tuple[str, str]] = {}
    for text, label in [*pairs, *((text, NOBODY) for text in out_of_scope or ())]:
        where = f"an example of {label!r}" if label else "an example of what is out of scope"
        if not isinstance(text, str) or not text.strip():
            raise InvalidInput(f"{place}: {where} is {text!r}. Give a text that is not empty.")
        _, before = found.setdefault(key(text), (text, label))
        if before != label:
            kinds = " and ".join(repr(each) if each else "out of scope" for each in (before, label))
            raise InvalidInput(f"{place}: {text!r} is both {kinds}. Take one out.")
    if out_of_scope is not None and not out_of_scope:
        raise InvalidInput(f"{place}: `out_of_scope` is empty. Give texts, or None.")
    label, number = fewest(list(found.values()))
    if number < 2:
        who = f"the label {label!r}" if label else "`out_of_scope`"
        raise InvalidInput(
            f"{place}: {who} has one example, and one must be held out to judge by. Add another."
        )
    return list(found.values())


def _pairs(place: str, examples: Any) -> list[tuple[Any, str]]:
    """Pairs of text and label, however they are given."""
    if not isinstance(examples, Mapping):
        pairs = [tuple(each) for each in examples]
        if any(len(each) != 2 for each in pairs):
            raise InvalidInput(f"{place}: an example is no pair. Give each a text and a label.")
        return [(text, checked_label(place, label)) for text, label in pairs]
    found: list[tuple[Any, str]] = []
    for label, texts in cast("Mapping[str, Any]", examples).items():
        if isinstance(texts, str) or not texts:
            raise InvalidInput(f"{place}: the label {label!r} has no list of examples. Add texts.")
        found += [(text, checked_label(place, label)) for text in texts]
    return found
