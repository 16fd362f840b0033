from __future__ import annotations

from typing import Literal

import pytest

from stretto.errors import InvalidInput
from stretto.routing import Choice, choose, rule


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        ("a", Choice("a", "the rule 'urgent' says so")),
        (("a", "it is late"), Choice("a", "it is late")),
        (Choice("a", "why", 0.5), Choice("a", "why", 0.5)),
        ("", Choice("", "the rule 'urgent' says so")),
    ],
)
async def test_a_rule_says_a_label(said: object, choice: Choice) -> None:
    """Alone, with a reason, or as a whole choice; async or not."""

    def urgent(state):
        return said

    async def later(state):
        return said

    assert rule(urgent).decide({}) == choice
    assert await choose(rule(later, name="urgent"), {}) == choice


@pytest.mark.parametrize("said", [None, 3, True, ("a",), ("a", 1), ["a", "b"]])
async def test_what_is_no_label_is_refused(said: object) -> None:
    """A forgotten return is not out of scope."""

    async def later(state):
        return said

    with pytest.raises(InvalidInput, match=r"the rule 'r' returned .* or '' when nothing fits"):
        rule(lambda state: said, name="r").decide({})  # type: ignore[arg-type,return-value]
    with pytest.raises(InvalidInput, match=r"the rule 'later' returned"):
        await choose(rule(later), {})


def test_labels_are_declared_or_read_from_the_return_type() -> None:
    """Else they are not known until it runs."""

    def typed(state) -> Literal["a", "b", ""]:
        return "a"

    def pair(state) -> tuple[Literal["a"], str] | Literal["b"]:
        return "b"

    def half(state) -> Literal["a"] | str:  # noqa: PYI051
        return "b"

    def plain(state) -> str:
        return "c"

    assert rule(typed).labels == {"a", "b"}
    assert rule(pair).labels == {"a", "b"}
    assert rule(half).labels is None
    assert rule(plain).labels is None
    assert rule(lambda state: "a").name == "rule"
    with pytest.raises(InvalidInput, match=r"'plain' chose 'c', which is none of its labels: 'a'"):
        rule(plain, labels=["a"]).decide({})


async def test_an_error_tells_the_rule() -> None:
    """What a function raises is passed on with a note."""

    def bad(state):
        return state["nothing"]

    async def late(state):
        return state["nothing"]

    with pytest.raises(KeyError) as raised:
        rule(bad).decide({})
    assert raised.value.__notes__ == ["While the rule 'bad' decided."]
    with pytest.raises(KeyError) as raised:
        await choose(rule(late), {})
    assert raised.value.__notes__ == ["While the rule 'late' decided."]


def test_a_rule_is_a_function_of_the_state() -> None:
    """Anything else is refused when it is built, and so are labels that are none."""
    with pytest.raises(InvalidInput, match=r"the rule \"'a'\" is no function of the state. Let it"):
        rule("a")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match=r"the rule 'rule' is no function of the state"):
        rule(lambda: "a")  # type: ignore[arg-type,misc]
    with pytest.raises(InvalidInput, match=r"the rule 'rule' has no label. Name those"):
        rule(lambda state: "a", labels=[])
    with pytest.raises(InvalidInput, match=r"3 is no label. Give a text"):
        rule(lambda state: "a", labels=[3])  # type: ignore[list-item]
