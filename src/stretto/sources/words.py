"""Words: what a text is found by, and what a query asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

TERMS = 192
"""Different words of a query that are searched for."""

_STOP = """
a about above after again against all also am an and any are as at be because been before being
below between both but by can cannot could did do does doing down during each else ever few for
from further had has have having he her here hers herself him himself his how i if in into is it
its itself just let ll me more most must my myself no nor not now of off on once only or other
our ours ourselves out over own please re s same shan she should so some such t than that the
their theirs them themselves then there these they this those through to too under until up upon
us ve very was we were what when where which while who whom whose why will with won would you
your yours yourself yourselves
"""
_DENIED = "are could did do does had has have is must should was were would"
STOP = frozenset([*_STOP.split(), *(f"{verb}n" for verb in _DENIED.split())])
"""Words that carry no meaning of their own, with what is left of "couldn't" and its like."""

_NAME = re.compile(r"[^\W_]+(?:[_.][^\W_]+)*")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_CAMEL = re.compile(r"\b(?=\w*[a-z]\w*[A-Z]|\w*[A-Z]{2}\w*[a-z])[A-Za-z0-9]+")


def spread(text: str) -> str:
    """Text with the parts of each camelCase name beside it, so that either finds it."""
    return _CAMEL.sub(lambda name: f"{name[0]} {_HUMP.sub(' ', name[0])}", text)


def terms(query: str) -> list[str]:
    """The different words of a query that carry meaning, in order, lower case.

    A name (`run_timeout`, `Pregel.invoke`, `TimeoutPolicy`) gives its parts and, as one term of
    several words, the whole. A query of stop words alone keeps them.
    """
    found: dict[str, None] = {}
    for name in _NAME.findall(query):
        parts = [part for word in re.split(r"[_.]", name) for part in _parts(word)]
        if len(parts) > 1 and not parts[0].isdigit():
            found[" ".join(re.split(r"[_.]", name.lower()))] = None
        found.update(dict.fromkeys(parts))
    kept = [term for term in found if term not in STOP and (len(term) > 1 or term.isdigit())]
    return (kept or list(found))[:TERMS]


def names(query: str) -> set[str]:
    """What a symbol may be called in the query: its words and dotted names, lower case."""
    return {name.lower() for name in _NAME.findall(query)} - STOP


def match(wanted: Iterable[str]) -> str:
    """An FTS5 expression that finds any of the terms; empty when there are none."""
    return " OR ".join('"{}"'.format(term.replace('"', " ")) for term in wanted)


def _parts(word: str) -> list[str]:
    whole = word.lower()
    parts = [part.lower() for part in _HUMP.split(word)]
    return [whole, *parts] if len(parts) > 1 else [whole]
