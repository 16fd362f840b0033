"""What is read of a review: its rating, its month, its text."""

from __future__ import annotations

import pytest

from stretto.project import Project

step = Project.at(__file__).step
SCALE = {"worst": 1, "best": 5, "low": 2, "high": 5}


def state(*items: object) -> dict[str, object]:
    """A chunk of reviews with the columns `stars` and `was`."""
    columns = {"rating": "stars", "text": "was"}
    return {"items": list(items), "reading": {"scale": SCALE, "columns": columns, "topics": None}}


@pytest.mark.parametrize(
    ("told", "thousandths"),
    [
        ("5", 5000),
        (4.5, 4500),
        (" 1 ", 1000),
        (0, None),
        ("5.1", None),
        ("ten", None),
        ("NaN", None),
        ("Infinity", None),
        ("", None),
        (None, None),
    ],
)
def test_a_rating_is_a_number_on_the_scale(told: object, thousandths: int | None):
    """In thousandths, exactly; all else is none."""
    assert step("product_reviews.rating")(state({"stars": told})) == [thousandths]


@pytest.mark.parametrize(
    ("told", "month"),
    [
        ("15.08.25", "2015-08"),
        ("98.1.5", "1998-01"),
        ("2024-02-29", "2024-02"),
        ("2024-02", "2024-02"),
        ("2024/12/01T10:00", "2024-12"),
        ("2024-13-01", ""),
        ("0001-01-01", ""),
        ("soon", ""),
        ("", ""),
    ],
)
def test_the_month_of_a_date(told: str, month: str):
    """Years of two and of four digits; what is no date has none."""
    assert step("product_reviews.month")(told) == month


def test_what_is_no_record_has_no_text_and_no_rating():
    """JSON lines may hold anything."""
    odd = state(7, [1], {"was": None}, {"was": " fine "})
    assert step("product_reviews.texts")(odd) == ["", "", "", "fine"]
    assert step("product_reviews.rating")(odd) == [None] * 4


def test_topics_are_told_by_the_beginnings_of_words():
    """In English and Korean; a text of none has none."""
    found = step("product_reviews.topics")(
        state({"was": "The plot is boring."}, {"was": "연기가 좋다"}, {"was": "hm"})
    )
    assert found == [["story", "length"], ["acting"], []]
