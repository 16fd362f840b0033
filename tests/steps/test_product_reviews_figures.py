"""Adding up: exact in any parts, bounded, and said in sentences."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stretto.project import Project

step = Project.at(__file__).step
READING = {
    "scale": {"worst": 1, "best": 10, "low": 4, "high": 9},
    "columns": {"rating": "rating", "text": "text", "product": "product", "date": "date"},
}
ITEMS = st.lists(
    st.fixed_dictionaries(
        {
            "rating": st.sampled_from(["1", "4", "4.5", "9", "10", "no"]),
            "text": st.sampled_from(["", "good", "bad plot", "so long"]),
            "product": st.sampled_from(["", "a", "b", "c"]),
            "date": st.sampled_from(["", "24.01.02", "24.02.03"]),
        }
    ),
    max_size=12,
)


def summed(items: list[dict[str, str]]) -> dict[str, Any]:
    """The figures of one chunk."""
    state = {"items": items, "reading": {**READING, "topics": None}}
    seen = {
        "rating": step("product_reviews.rating")(state),
        "topics": step("product_reviews.topics")(state),
        "sentiment": ["positive" if i["text"] == "good" else "negative" for i in items],
    }
    made = step("product_reviews_figures.together")({**state, "results": seen})
    figures: dict[str, Any] = made["structured_response"]
    return figures


@given(ITEMS, ITEMS, ITEMS)
def test_the_sum_of_parts_is_the_figures_of_the_whole(
    one: list[dict[str, str]], two: list[dict[str, str]], three: list[dict[str, str]]
):
    """However the file is cut into chunks, and in whichever order they are added up."""
    add = step("product_reviews_figures.add")
    whole = summed(one + two + three)
    assert add(add(summed(one), summed(two)), summed(three)) == whole
    assert add(summed(one), add(summed(two), summed(three))) == whole
    assert add(step("product_reviews_figures.nothing")(), whole) == whole


def test_products_beyond_the_bound_count_as_others():
    """Those first seen stay; the rest is counted together."""
    add, most = step("product_reviews_figures.add"), step("product_reviews_figures.PRODUCTS")
    nothing = step("product_reviews_figures.nothing")
    first = {**nothing(), "products": {f"p{n}": [1, 1, 5000] for n in range(most)}}
    more = {**nothing(), "products": {"p0": [1, 1, 1000], "new": [2, 2, 9000]}}
    total = add(first, more)
    assert len(total["products"]) == most
    assert total["products"]["p0"] == [2, 2, 6000]
    assert total["others"] == [2, 2, 9000]


def test_only_products_with_enough_reviews_are_ranked():
    """By the mean, then by how many; what has one good review is not the best."""
    ranked = step("product_reviews_figures.ranked")
    many = {"a": [40, 40, 360_000], "b": [30, 30, 300_000], "c": [1, 1, 10_000]}
    assert [name for name, _ in ranked(many)] == ["b", "a"]


def test_agreement_counts_each_side_alike():
    """Saying always "positive" is right in half, however few low reviews there are."""
    agreement = step("product_reviews_figures.agreement")
    assert agreement({"held_out": {"low": [10, 0], "high": [90, 90]}}) == (100, 50.0)
    assert agreement({"held_out": {"low": [0, 0], "high": [0, 0]}}) == (0, 0.0)
