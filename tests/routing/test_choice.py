from __future__ import annotations

import pytest

from stretto.errors import InvalidInput
from stretto.routing import Choice, Decider, choose
from stretto.routing.choice import plain


class Fixed:
    """A decider that says what it was made with."""

    name = "fixed"

    def __init__(self, said: object, labels: frozenset[str] | None = None) -> None:
        self.said, self.labels = said, labels

    def decide(self, state):
        return self.said


@pytest.mark.parametrize("confidence", [-0.1, 1.1, float("nan")])
def test_a_confidence_is_a_share(confidence: float) -> None:
    """What is not in 0..1 is refused."""
    with pytest.raises(InvalidInput, match=r"of the choice 'a' is not in 0\.\.1\. Give a share"):
        Choice("a", "why", confidence)


async def test_a_decider_may_be_async() -> None:
    """What it says is awaited when it must be."""

    async def later() -> Choice:
        return Choice("a", "why")

    assert isinstance(Fixed(None), Decider)
    assert await choose(Fixed(Choice("a", "why")), {}) == Choice("a", "why")
    assert await choose(Fixed(later()), {}) == Choice("a", "why")


async def test_what_is_no_choice_is_refused() -> None:
    """So is a label that the decider does not have; out of scope is always allowed."""
    with pytest.raises(InvalidInput, match=r"said 'a', which is no choice. Let its `decide`"):
        await choose(Fixed("a"), {})
    with pytest.raises(
        InvalidInput, match=r"chose 'c', which is none of its labels: 'a', 'b'. Add"
    ):
        await choose(Fixed(Choice("c", "why"), frozenset("ab")), {})
    assert (await choose(Fixed(Choice("", "why"), frozenset("ab")), {})).label == ""


def test_an_explanation_is_json() -> None:
    """What JSON does not have is told by its text, and long text is cut."""
    assert [plain(value) for value in (1, True, None, 0.5, "a")] == [1, True, None, 0.5, "a"]
    assert plain(float("nan")) == "nan"
    assert plain({1, 2}) == "{1, 2}"
    assert len(plain("a" * 1000)) == 200
