"""Which words are kind: learned from ratings, the same each time, never from what is held out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stretto.project import Project

if TYPE_CHECKING:
    from pathlib import Path

step = Project.at(__file__).step


def reading(path: Path, lines: list[tuple[int, str]]) -> dict[str, Any]:
    """A file of ratings and texts, and how it is read."""
    path.write_text("rating\treview\n" + "".join(f"{r}\t{t}\n" for r, t in lines))
    return {
        "reviews": str(path),
        "format": None,
        "encoding": "utf-8",
        "columns": {"rating": "rating", "text": "review"},
        "scale": {"worst": 1, "best": 10, "low": 4, "high": 9},
    }


def test_words_of_high_reviews_are_kind(tmp_path: Path):
    """Words that only one side has decide; those in between and unknown ones do not."""
    lines = [(10, f"wonderful {n}") for n in range(60)] + [(1, f"dreadful {n}") for n in range(60)]
    lines += [(6, f"middling {n}") for n in range(60)]
    words = step("product_reviews_words.learned")(reading(tmp_path / "a.tsv", lines))
    assert [words.sentiment(t) for t in ("Wonderful!", "dreadfully", "xyz", "")] == [
        "positive",
        "negative",
        "unclear",
        "unclear",
    ]
    assert "middling" not in words.weights
    kept = [t for r, t in lines if r != 6 and not step("product_reviews_words.held_out")(t)]
    assert words.low + words.high == len(kept) < 120


def test_without_both_sides_nothing_is_learned(tmp_path: Path):
    """Only high ratings tell nothing apart."""
    given = reading(tmp_path / "b.tsv", [(10, f"good {n}") for n in range(30)])
    assert step("product_reviews_words.learn")({"reading": given}).startswith("No words learned")
    assert step("product_reviews_words.learned")(given).sentiment("good") == "unclear"


def test_a_large_file_is_learned_from_all_over(tmp_path: Path):
    """No more than the sample is kept, and the end of the file is in it."""
    lines = [(10, f"start {n}") for n in range(30_000)] + [(1, f"end {n}") for n in range(30_000)]
    words = step("product_reviews_words.learned")(reading(tmp_path / "c.tsv", lines))
    assert words.low + words.high <= step("product_reviews_words.SAMPLE")
    assert abs(words.low - words.high) < 2_000
