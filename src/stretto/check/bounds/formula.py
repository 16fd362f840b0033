"""A bound as a formula in what is not known before a run, such as how many items there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Term: TypeAlias = tuple[tuple[str, ...], float]
"""A product of free inputs, by name and in order, and how often it counts."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A sum of products with coefficients that are not negative; or no bound at all.

    `most` gives the larger coefficient of each product: at least as large as both, and exactly the
    larger where one is larger everywhere.
    """

    terms: tuple[Term, ...] = ()
    endless: str = ""
    """Why there is no bound; empty when there is one."""

    def __add__(self, other: Formula) -> Formula:
        sums: dict[tuple[str, ...], float] = {}
        for names, count in (*self.terms, *other.terms):
            sums[names] = sums.get(names, 0) + count
        return _made(sums, self.endless or other.endless)

    def __mul__(self, other: Formula) -> Formula:
        if not self or not other:
            return NOTHING
        products: dict[tuple[str, ...], float] = {}
        for mine, count in self.terms:
            for theirs, times in other.terms:
                names = tuple(sorted((*mine, *theirs)))
                products[names] = products.get(names, 0) + count * times
        return _made(products, self.endless or other.endless)

    def __bool__(self) -> bool:
        return bool(self.terms or self.endless)

    def most(self, other: Formula) -> Formula:
        """At least as large as both."""
        larger: dict[tuple[str, ...], float] = dict(self.terms)
        for names, count in other.terms:
            larger[names] = max(larger.get(names, 0), count)
        return _made(larger, self.endless or other.endless)

    @property
    def inputs(self) -> frozenset[str]:
        """The free inputs that it depends on."""
        return frozenset(name for names, _ in self.terms for name in names)

    def value(self, inputs: Mapping[str, float] | None = None) -> float | None:
        """The number that it comes to; `None` where there is no bound, or an input is missing.

        Args:
            inputs: What the free inputs are.
        """
        given = inputs or {}
        if self.endless or not self.inputs <= set(given):
            return None
        total = 0.0
        for names, count in self.terms:
            for name in names:
                count *= given[name]  # noqa: PLW2901 - the product
            total += count
        return total

    def __str__(self) -> str:
        if self.endless:
            return "no bound"
        parts = [_product(names, count) for names, count in self.terms]
        return " + ".join(parts) or "0"


def _made(terms: Mapping[tuple[str, ...], float], endless: str) -> Formula:
    kept = sorted((len(names), names, count) for names, count in terms.items() if count)
    return Formula(tuple((names, count) for _, names, count in kept), endless)


def _product(names: tuple[str, ...], count: float) -> str:
    number = f"{count:g}"
    if not names:
        return number
    product = " * ".join(names)
    return product if count == 1 else f"{number} * {product}"


def number(value: float) -> Formula:
    """A bound that is known."""
    return Formula((((), value),)) if value else NOTHING


def symbol(name: str) -> Formula:
    """A free input."""
    return Formula((((name,), 1),))


def endless(why: str) -> Formula:
    """No bound, and why."""
    return Formula(endless=why)


def total(formulas: Iterable[Formula]) -> Formula:
    """The sum of several."""
    whole = NOTHING
    for each in formulas:
        whole += each
    return whole


NOTHING = Formula()
ONE = number(1)
