"""A decision table: rules in rows, conditions in columns, and a policy for several hits.

After OMG, Decision Model and Notation (DMN) 1.3, chapter 8, "Decision Table". Where a table there
gives values, one here gives a label.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal, cast, get_args

from stretto.errors import InvalidInput, UnknownName
from stretto.routing.choice import NOBODY, Choice, checked_label, checked_labels, listed, plain
from stretto.routing.condition import ANY, Condition, condition
from stretto.routing.reading import MISSING, Read, Reading, reading

Hit = Literal["unique", "first", "priority", "any", "collect"]
"""Which of the rules that match decides."""
THEN = "then"
"""The key of the label in a rule that is written as a mapping."""


@dataclass(frozen=True)
class Row:
    """One rule."""

    number: int
    """From 1, in the order written."""
    conditions: tuple[Condition, ...]
    label: str

    def matches(self, values: Sequence[Any]) -> bool:
        """Whether all its conditions let the values through."""
        pairs = zip(self.conditions, values, strict=True)
        return all(each.matches(value) for each, value in pairs)

    def meets(self, other: Row) -> bool:
        """Whether it is proved that both match somewhere."""
        pairs = zip(self.conditions, other.conditions, strict=True)
        return all(mine.meets(theirs) for mine, theirs in pairs)

    def covers(self, other: Row) -> bool:
        """Whether it is proved that this one matches wherever the other does."""
        pairs = zip(self.conditions, other.conditions, strict=True)
        return all(mine.covers(theirs) for mine, theirs in pairs)


class Table:
    """Chooses by rules over several inputs.

    A rule is a row: a condition for each input, then the label. Or a mapping of inputs to
    conditions, with the label under `"then"`; inputs that it leaves out may be anything.

    A condition is `"-"` (anything), a value, a comparison (`">= 10"`, `"!= gold"`), a range
    (`"[1..5)"`: 1 is in it, 5 is not), a list of conditions of which one must hold, or a function
    of the value. `None` is a missing value. When no rule matches, it is out of scope.

    Hit policies, for when several rules match:

    - `unique`: never; it is an error, at build where it can be proved.
    - `first`: the first in the order written.
    - `priority`: the one whose label is first in `priority`.
    - `any`: each, for they all give the same label; else it is an error.
    - `collect`: the label that most of them give, of equal ones the first written; the others
      are the alternatives.

    Args:
        inputs: Fields or paths, or names with the field, path or function that each is read by.
        rules: One or more.
        hit: The hit policy.
        priority: All labels, the highest first; for `priority` alone.
        name: What the journal calls it.

    Raises:
        InvalidInput: Something of this is missing or cannot be read; the table has one outcome
            only; a rule can never decide because earlier ones match whatever it matches; or rules
            overlap that must not. Numbers are taken as real ones: `> 1` and `< 2` overlap.
    """

    def __init__(
        self,
        inputs: Sequence[str] | Mapping[str, Read],
        rules: Iterable[Sequence[Any] | Mapping[str, Any]],
        *,
        hit: Hit = "unique",
        priority: Sequence[str] | None = None,
        name: str = "table",
    ) -> None:
        self.name, self.hit = name, hit
        place = f"the table {name!r}"
        if hit not in get_args(Hit):
            raise UnknownName("hit policy", hit, get_args(Hit), where=place)
        self._inputs = _readings(place, inputs)
        self._rows = _rows(place, self._inputs, rules)
        outcomes = dict.fromkeys(row.label for row in self._rows)
        self.labels: frozenset[str] | None = frozenset(outcomes) - {NOBODY}
        self._rank = _ranks(place, hit, priority, outcomes)
        _checked_outcomes(place, outcomes)
        for before, after in combinations(self._rows, 2):
            _checked_pair(place, hit, before, after)

    def decide(self, state: Mapping[str, Any]) -> Choice:
        """The label of the rule that the hit policy chooses.

        Raises:
            InvalidInput: Several rules match, and the hit policy does not allow it.
        """
        values = {each.name: each.find(state) for each in self._inputs}
        matched = [row for row in self._rows if row.matches(tuple(values.values()))]
        data = {
            "hit": self.hit,
            "inputs": {name: _told(value) for name, value in values.items()},
            "rules": [row.number for row in matched],
        }
        facts = ", ".join(f"{name} is {_word(value)}" for name, value in values.items())
        if not matched:
            return Choice(NOBODY, f"no rule matches: {facts}", data=data)
        self._allowed(matched, facts)
        label, by = self._chosen(matched)
        others = tuple(
            x for x in dict.fromkeys(row.label for row in matched) if x not in (label, NOBODY)
        )
        return Choice(label, f"{by}: {facts}", alternatives=others, data=data)

    def _allowed(self, matched: list[Row], facts: str) -> None:
        """Raise when the hit policy does not allow these rules together."""
        if self.hit == "unique" and len(matched) > 1:
            what, remedy = "only one may", "Make them exclude each other, or take hit='first'"
        elif self.hit == "any" and len({row.label for row in matched}) > 1:
            what, remedy = "they give different labels", "Let them agree, or take hit='priority'"
        else:
            return
        raise InvalidInput(
            f"the table {self.name!r}: rules {_numbers(matched)} match, and under {self.hit!r} "
            f"{what}; {facts}. {remedy}."
        )

    def _chosen(self, matched: list[Row]) -> tuple[str, str]:
        """The label, and which rules gave it."""
        if self.hit == "collect":
            votes = Counter(row.label for row in matched)
            label = max(votes, key=lambda each: votes[each])  # the first of equal ones
        elif self.hit == "priority":
            label = min((row.label for row in matched), key=lambda each: self._rank[each])
        else:
            label = matched[0].label
        if self.hit == "first":
            return label, f"rule {matched[0].number} is the first that matches"
        gave = [row for row in matched if row.label == label]
        words = (
            f"rule {gave[0].number} matches" if len(gave) == 1 else f"rules {_numbers(gave)} match"
        )
        if len(gave) == len(matched):
            return label, words
        over = [row for row in matched if row.label != label]
        return label, f"{words}, and by {self.hit!r} count above {_numbers(over)}"


def _readings(place: str, inputs: Any) -> tuple[Reading, ...]:
    given = inputs.items() if isinstance(inputs, Mapping) else [(each, each) for each in inputs]
    found = tuple(
        reading(f"{place}: the input {name!r}", read, name=name if isinstance(name, str) else "")
        for name, read in cast("Iterable[tuple[Any, Any]]", given)
    )
    if not found:
        raise InvalidInput(f"{place} has no inputs. Name the fields that its rules look at.")
    names = [each.name for each in found]
    for name in names:
        if names.count(name) > 1:
            raise InvalidInput(f"{place} has two inputs {name!r}. Take one out, or name it anew.")
        if name == THEN:
            raise InvalidInput(f"{place}: no input can be called {THEN!r}. Give it another name.")
    return found


def _rows(place: str, inputs: tuple[Reading, ...], rules: Iterable[Any]) -> tuple[Row, ...]:
    found = tuple(_row(place, number, inputs, given) for number, given in enumerate(rules, 1))
    if not found:
        raise InvalidInput(f"{place} is empty. Give it a rule for each case.")
    return found


def _row(place: str, number: int, inputs: tuple[Reading, ...], given: Any) -> Row:
    where = f"{place}, rule {number}"
    if isinstance(given, Mapping):
        given = _spread(where, inputs, cast("Mapping[str, Any]", given))
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise InvalidInput(f"{where} is {given!r}. Write a condition for each input, then a label.")
    cells: Sequence[Any] = given
    if len(cells) != len(inputs) + 1:
        raise InvalidInput(
            f"{where} has {len(cells)} cells instead of {len(inputs) + 1}. Write a condition for "
            "each input ('-' for any), then the label."
        )
    label = cells[-1] if cells[-1] == NOBODY else checked_label(where, cells[-1])
    pairs = zip(inputs, cells[:-1], strict=True)
    conditions = tuple(condition(f"{where}, {each.name!r}", cell) for each, cell in pairs)
    return Row(number, conditions, label)


def _spread(where: str, inputs: tuple[Reading, ...], given: Mapping[str, Any]) -> list[Any]:
    """The cells of a rule that is written as a mapping."""
    names = [each.name for each in inputs]
    for name in given:
        if name != THEN and name not in names:
            raise UnknownName("input", str(name), names, where=where)
    if THEN not in given:
        raise InvalidInput(f"{where} gives no label. Add it under {THEN!r}.")
    return [*(given.get(name, ANY) for name in names), given[THEN]]


def _ranks(
    place: str, hit: Hit, priority: Sequence[str] | None, outcomes: Mapping[str, None]
) -> dict[str, int]:
    if hit != "priority":
        if priority is not None:
            raise InvalidInput(f"{place}: {hit!r} has no use for `priority`. Leave it out.")
        return {}
    given = tuple(priority or ())
    if sorted(given) != sorted(outcomes):
        raise InvalidInput(
            f"{place}: `priority` must order all labels of the rules, the highest first, and is "
            f"{list(given)!r}. Order {listed(tuple(outcomes))}."
        )
    return {label: rank for rank, label in enumerate(given)}


def _checked_outcomes(place: str, outcomes: Mapping[str, None]) -> None:
    """What leaves a case to no rule must say so by a rule that gives `""`."""
    if NOBODY not in outcomes or len(outcomes) < 2:
        checked_labels(place, [label for label in outcomes if label != NOBODY])


def _checked_pair(place: str, hit: Hit, before: Row, after: Row) -> None:
    """Refuse a rule that can never count, and two that must not meet."""
    if hit == "unique" and before.meets(after):
        raise InvalidInput(
            f"{place}: rules {before.number} and {after.number} overlap ({_both(before, after)}), "
            "and under 'unique' only one may match. Narrow one, or take hit='first'."
        )
    if hit == "any" and before.label != after.label and before.meets(after):
        raise InvalidInput(
            f"{place}: rules {before.number} and {after.number} overlap ({_both(before, after)}) "
            f"and give {before.label!r} and {after.label!r}, and under 'any' they must agree. "
            "Narrow one, or take hit='priority'."
        )
    repeats = before.label == after.label and hit in ("any", "priority")
    if (repeats or hit in ("first", "unique")) and before.covers(after):
        raise InvalidInput(
            f"{place}: rule {after.number} can never decide, for rule {before.number} matches "
            "whatever it matches. Write it earlier, narrow the other, or take it out."
        )


def _both(one: Row, other: Row) -> str:
    """The conditions in which two rules do not plainly agree, for a text."""
    pairs = zip(one.conditions, other.conditions, strict=True)
    words = [
        f"{a.written} and {b.written}" for a, b in pairs if (a.written, b.written) != (ANY, ANY)
    ]
    return "; ".join(words) or "both match anything"


def _numbers(rows: Iterable[Row]) -> str:
    *rest, last = [str(row.number) for row in rows]
    return f"{', '.join(rest)} and {last}" if rest else last


def _told(value: Any) -> Any:
    return None if value is MISSING else plain(value)


def _word(value: Any) -> str:
    return "missing" if value is MISSING or value is None else repr(plain(value))
