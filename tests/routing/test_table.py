from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from stretto.errors import InvalidInput, UnknownName
from stretto.routing import Table

RULES = [
    ("< 100", "-", "clerk"),
    (">= 100", "gold", "clerk"),
    (">= 100", "!= gold", "manager"),
]


def test_a_table_says_which_rule_decides() -> None:
    """With the values it looked at."""
    table = Table(["amount", "customer.tier"], RULES)
    choice = table.decide({"amount": 250, "customer": {"tier": "gold"}})
    assert (choice.label, choice.confidence) == ("clerk", None)
    assert choice.reason == "rule 2 matches: amount is 250, customer.tier is 'gold'"
    assert choice.data == {
        "hit": "unique",
        "inputs": {"amount": 250, "customer.tier": "gold"},
        "rules": [2],
    }
    assert table.labels == {"clerk", "manager"}


def test_without_a_match_it_is_out_of_scope() -> None:
    """What is missing matches only what may be anything, or `None`."""
    choice = Table(["amount", "tier"], RULES).decide({"tier": "gold"})
    assert (choice.label, choice.reason) == (
        "",
        "no rule matches: amount is missing, tier is 'gold'",
    )
    rules = [(None, "ask"), ("-", "go on")]
    table = Table(["amount"], rules, hit="first")
    assert [table.decide(state).label for state in ({}, {"amount": 1})] == ["ask", "go on"]


def test_a_rule_may_be_a_mapping() -> None:
    """Inputs that it leaves out may be anything; an input may be a function."""
    inputs = {"size": lambda state: len(state["items"]), "tier": "customer.tier"}
    rules = [{"size": 0, "then": ""}, {"tier": ["gold", "silver"], "size": "> 0", "then": "a"}]
    table = Table(inputs, rules)
    state = {"items": [1], "customer": {"tier": "silver"}}
    assert table.decide(state).reason == "rule 2 matches: size is 1, tier is 'silver'"
    assert table.decide({"items": []}).label == ""
    assert table.labels == {"a"}


def test_of_several_the_policy_chooses() -> None:
    """Each by its own way, told in the reason."""
    inputs = ["n"]
    rules = [("> 0", "a"), ("> 1", "b"), ("> 2", "b")]
    state = {"n": 5}
    collected = Table(inputs, rules, hit="collect").decide(state)
    assert (collected.label, collected.alternatives) == ("b", ("a",))
    assert collected.reason == "rules 2 and 3 match, and by 'collect' count above 1: n is 5"
    rules = [("> 1", "a"), ("> 0", "b")]
    by = Table(inputs, rules, hit="priority", priority=["b", "a"]).decide(state)
    assert by.reason == "rule 2 matches, and by 'priority' count above 1: n is 5"
    assert (by.label, by.alternatives, by.data["rules"]) == ("b", ("a",), [1, 2])
    first = Table(inputs, rules, hit="first").decide(state)
    assert (first.label, first.reason) == ("a", "rule 1 is the first that matches: n is 5")
    agreed = Table(inputs, [("> 1", "a"), ("> 0", "a"), ("< 0", "b")], hit="any").decide(state)
    assert (agreed.label, agreed.reason) == ("a", "rules 1 and 2 match: n is 5")


def test_what_the_policy_does_not_allow_is_an_error_when_it_happens() -> None:
    """Functions cannot be judged before."""
    rules = [(lambda n: n > 0, "a"), (lambda n: n > 1, "b")]
    for hit, why in (("unique", "only one may"), ("any", "they give different labels")):
        table = Table(["n"], rules, hit=hit)  # type: ignore[arg-type]
        assert table.decide({"n": 1}).label == "a"
        text = f"rules 1 and 2 match, and under '{hit}' {why}; n is 2. .*, or take hit="
        with pytest.raises(InvalidInput, match=text):
            table.decide({"n": 2})


NUMBERS = st.integers(0, 3)
CELLS = st.one_of(
    st.just("-"),
    NUMBERS,
    st.builds(
        lambda sign, n: f"{sign} {n}", st.sampled_from(["<", "<=", ">", ">=", "!="]), NUMBERS
    ),
    st.lists(NUMBERS, min_size=1, max_size=2),
)
ROWS = st.lists(st.tuples(CELLS, CELLS, st.sampled_from(["a", "b", ""])), min_size=2, max_size=5)


def holds(cell: Any, value: Any) -> bool:
    """What a cell means, written down plainly."""
    if cell == "-":
        return True
    if isinstance(cell, list):
        return value in cell
    if isinstance(cell, int):
        return value == cell
    sign, bound = cell.split()
    if value is None:
        return sign == "!="
    return {
        "<": value < int(bound),
        "<=": value <= int(bound),
        ">": value > int(bound),
        ">=": value >= int(bound),
        "!=": value != int(bound),
    }[sign]


VALUES = st.one_of(st.none(), st.integers(-1, 8).map(lambda n: n / 2))


@given(rows=ROWS, x=VALUES, y=VALUES, hit=st.sampled_from(["first", "unique"]))
def test_a_table_decides_what_reading_it_row_by_row_decides(
    rows: list[tuple[Any, Any, str]], x: Any, y: Any, hit: Any
) -> None:
    """And one that is built as `unique` never has two rules for one case."""
    try:
        table = Table(["x", "y"], rows, hit=hit)
    except InvalidInput:
        assume(False)  # noqa: FBT003
    matched = [at for at, (a, b, _) in enumerate(rows, 1) if holds(a, x) and holds(b, y)]
    choice = table.decide({"x": x, "y": y})
    assert choice.data["rules"] == matched
    assert choice.label == (rows[matched[0] - 1][2] if matched else "")
    assert hit == "first" or len(matched) < 2


GRID = [None, *(n / 2 for n in range(-1, 8))]


@given(rows=ROWS)
def test_an_overlap_is_proved_where_there_is_one(rows: list[tuple[Any, Any, str]]) -> None:
    """A table is refused as `unique` exactly when two rules match one case."""
    assume(len({label for *_, label in rows}) > 1)
    if any(sum(holds(a, x) and holds(b, y) for a, b, _ in rows) > 1 for x in GRID for y in GRID):
        with pytest.raises(InvalidInput, match=r"rules \d and \d overlap"):
            Table(["x", "y"], rows)
    else:
        Table(["x", "y"], rows)


@pytest.mark.parametrize(
    ("inputs", "rules", "options", "problem"),
    [
        ([], [("a",)], {}, "has no inputs. Name the fields"),
        (["n"], [], {}, "is empty. Give it a rule for each case"),
        (["n", "n"], [(1, 1, "a")], {}, "has two inputs 'n'. Take one out"),
        (["then"], [(1, "a")], {}, "no input can be called 'then'"),
        (["n."], [(1, "a")], {}, r"the input 'n\.' cannot read 'n\.'. Give the name"),
        (["n"], [(1, 2, "a")], {}, "rule 1 has 3 cells instead of 2. Write a condition"),
        (["n"], [(1, "a"), ("b",)], {}, "rule 2 has 1 cells"),
        (["n"], ["a"], {}, "rule 1 is 'a'. Write a condition for each input"),
        (["n"], [(1, 3)], {}, "rule 1: 3 is no label. Give a text"),
        (["n"], [{"n": 1}], {}, "rule 1 gives no label. Add it under 'then'"),
        (["n"], [("> x", "a")], {}, "rule 1, 'n': 'x' in '> x' is no number"),
        (["n"], [(1, "a")], {}, "only the label 'a', so there is nothing to decide"),
        (["n"], [(1, "")], {}, "has no label, so there is nothing to decide"),
        (
            ["n"],
            [("> 1", "a"), ("< 3", "b")],
            {},
            r"rules 1 and 2 overlap \(> 1 and < 3\), and und",
        ),
        (["n"], [("> 1", "a"), ("< 3", "b")], {"hit": "any"}, "give 'a' and 'b', and under 'any'"),
        (["n"], [("> 1", "a"), (3, "b")], {"hit": "first"}, "rule 2 can never decide, for rule 1"),
        (
            ["n"],
            [("> 1", "a"), (3, "a"), (0, "b")],
            {"hit": "any"},
            "rule 2 can never decide, for rule 1 matches whatever it matches. Write it earlier",
        ),
        (["n"], [(1, "a"), (2, "b")], {"priority": ["a"]}, "has no use for `priority`. Leave"),
        (["n"], [(1, "a"), (2, "b")], {"hit": "priority"}, r"and is \[\]. Order 'a', 'b'"),
        (
            ["n"],
            [(1, "a"), (2, "b")],
            {"hit": "priority", "priority": ["a", "c"]},
            "must order all labels",
        ),
    ],
)
def test_what_could_not_decide_is_refused(
    inputs: Any, rules: Any, options: Any, problem: str
) -> None:
    """At build, with the place and what to change."""
    with pytest.raises(InvalidInput, match=f"the table 'table'.*{problem}"):
        Table(inputs, rules, **options)


def test_names_are_known() -> None:
    """Of inputs and of hit policies, else the nearest is offered."""
    with pytest.raises(UnknownName, match=r"rule 1: no input 'amuont'. Did you mean 'amount'"):
        Table(["amount"], [{"amuont": 1, "then": "a"}])
    with pytest.raises(UnknownName, match=r"no hit policy 'uniq'. Did you mean 'unique'"):
        Table(["amount"], [(1, "a")], hit="uniq")  # type: ignore[arg-type]
