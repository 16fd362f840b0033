"""Which passages come first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stretto.sources.index import Index
from stretto.sources.ranking import PER_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CODE = '''\
class Kettle:
    """Heats water until it boils."""

    def whistle(self):
        """Tell that the water boils.

        Args:
            volume: How loud the whistle is to be, from nothing at all up to as loud as it gets.
        """

    def awhistle(self):
        """Tell that the water boils, from a coroutine, which may be awaited with others.

        Args:
            volume: How loud the whistle is to be, from nothing at all up to as loud as it gets.
        """

    def _valve(self):
        """Let the steam of the boiling water out."""

    def valve(self):
        """Let the steam of the boiling water out slowly."""

    def cook(self):
        descale = "boils water"
        return descale
'''


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    """An index of some source and a document."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "kettle.py").write_text(CODE)
    (tmp_path / "docs" / "tea.md").write_text(
        "# Tea\n\nSteep it.\n\n## Descaling\n\nUse vinegar.\n\n"
        + "".join(f"## Part {i}\n\nTea number {i} is tea.\n\n" for i in range(9))
    )
    index = Index.open([str(tmp_path / "docs")])
    yield index
    index.close()


def symbols(index: Index, query: str) -> list[str]:
    """The symbols a search returns, best first."""
    return [passage.symbol for passage in index.search(query)]


def test_the_symbol_that_is_named_comes_first(index: Index) -> None:
    """Whole or in parts, in any case."""
    assert symbols(index, "Kettle")[0] == "Kettle"
    assert symbols(index, "kettle.valve")[0] == "Kettle.valve"


def test_an_explanation_comes_before_code(index: Index) -> None:
    """And what is private after what is not."""
    found = symbols(index, "boils water")
    assert found.index("Kettle.cook") > found.index("Kettle") if "Kettle.cook" in found else True
    assert symbols(index, "descale")[0] == "Tea > Descaling"
    steam = symbols(index, "let the steam out")
    assert steam.index("Kettle.valve") < steam.index("Kettle._valve")


def test_words_match_by_their_stems(index: Index) -> None:
    """As the Porter stemmer has them."""
    assert symbols(index, "steeping")[0] == "Tea"


def test_a_text_comes_once_under_the_symbol_that_says_least(index: Index) -> None:
    """Twins such as `invoke` and `ainvoke` describe their arguments alike."""
    (loud,) = [p for p in index.search("volume loud nothing") if p.text.startswith("volume:")]
    assert loud.symbol == "Kettle.whistle"


def test_one_file_does_not_fill_the_result(index: Index) -> None:
    """Others would be crowded out."""
    found = index.search("tea", 50)
    assert len([p for p in found if p.path.endswith("tea.md")]) == PER_FILE


def test_scores_fall_and_a_query_gives_the_same_every_time(index: Index) -> None:
    """The order is that of the scores."""
    first = index.search("water tea steam part")
    assert first == index.search("water tea steam part")
    assert [p.score for p in first] == sorted((p.score for p in first), reverse=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text() | st.text("\"'*()^-:{}+ANDORNEAR ", max_size=40), st.integers(-5, 500))
def test_any_query_is_answered(index: Index, query: str, limit: int) -> None:
    """Whatever a user or a model writes."""
    assert len(index.search(query, limit)) <= max(1, min(limit, 50))
