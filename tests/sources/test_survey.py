"""A broad search: for the whole, for each sentence, and for what is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stretto.sources.index import Index
from stretto.sources.survey import survey

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def index(tmp_path: Path) -> Index:
    """Three documents on one card, and two on other things."""
    texts = {
        "silver_1": "# Silver Card\n\nPays back two percent of what is spent on music.",
        "silver_2": "# Silver Card\n\nApplicants must be eighteen years old.",
        "silver_3": "# Silver Card\n\nClosing needs a phone call.",
        "loans": "# Loans\n\nA mortgage runs for thirty years.",
        "branch": "# Branches\n\nThe branch opens at nine.",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.md").write_text(text)
    return Index.open([str(tmp_path)])


def names(index: Index, request: str, most: int = 10) -> list[str]:
    """The documents found, best first."""
    return [p.path.rpartition("/")[2].removesuffix(".md") for p in survey(index, request, most)]


def test_the_family_of_what_is_found_is_found(index: Index):
    """One document on the card meets the request; the others are called the same."""
    found = names(index, "I spend much on music and want something paid back.")
    assert found[0] == "silver_1"
    assert {"silver_2", "silver_3"} <= set(found)
    assert "branch" not in found


def test_each_sentence_counts(index: Index):
    """A request of several things finds the documents of each."""
    found = names(index, "When does the branch open? What of a mortgage over thirty years?")
    assert set(found[:2]) == {"branch", "loans"}


def test_each_document_is_there_once_and_at_most_so_many(index: Index):
    """The best passage of each, with a score that falls."""
    passages = survey(index, "Silver card, music, mortgage, branch", 3)
    assert len({p.path for p in passages}) == len(passages) == 3
    scores = [p.score for p in passages]
    assert scores == sorted(scores, reverse=True)


def test_what_nothing_answers_finds_nothing(index: Index):
    """No document is made up for it."""
    assert survey(index, "zebra xylophone", 5) == []
