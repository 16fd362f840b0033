"""Finds what a rule describes in texts and JSON, and puts `[redacted:NAME]` in its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from stretto.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

SECRET = "secret"  # noqa: S105 - a group's name
"""The group of a pattern that is replaced; the whole match when the pattern has none so called."""
_NAME = re.compile(r"[a-z0-9_-]+")
_AGAIN = 100
"""How many characters of a refused match are looked at again, so that the search stays linear."""
_LONG_NUMBER = 10**11
"""From here a JSON number may be one of a card, and is read as text."""
_PIN = 1000
"""From here a JSON number in a secret field is replaced; below it counts something."""
_SHAPES = bytes(
    48 if letter in range(48, 58) else 65 if letter in range(65, 91) else letter
    for letter in range(256)
)
_WORD_LETTERS = bytes(
    97 if chr(letter).isalnum() or chr(letter) in "_-" else 32 for letter in range(128)
)
_WORDS = _WORD_LETTERS.ljust(256)
_LONG_WORD = b"a" * 15
_CUT = "…"


@dataclass(frozen=True, repr=False)
class Rule:
    """What one kind of secret looks like.

    A pattern alone will do. What follows it tells cheaply which texts cannot hold a match.

    Args:
        name: Told in its place, as in `[redacted:ticket]`; lower-case letters, digits, `_`, `-`.
        pattern: A regular expression, compiled or not. A group named `secret` is what is
            replaced; without one, the whole match is.
        hints: Lower-case texts, one of which begins every match.
        shapes: Texts one of which every match holds, once its digits are written as `0` and its
            capitals as `A`.
        in_word: A match holds a word of 15 letters, digits, `_` or `-`, or an ellipsis.
        check: Says of a match whether it is one; all are unless given.
        fields: The names of JSON fields whose whole value is one, as a regular expression.
        tested: Its patterns are known to be good, and are compiled when they are first needed.

    Raises:
        InvalidInput: The pattern is none, finds what is empty, or the name cannot be used.
    """

    name: str
    pattern: str | re.Pattern[str]
    hints: tuple[str, ...] = ()
    shapes: tuple[str, ...] = ()
    in_word: bool = False
    check: Callable[[re.Match[str]], bool] | None = None
    fields: str | re.Pattern[str] | None = None
    tested: bool = False

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise InvalidInput(
                f"a redaction rule cannot be called {self.name!r}. "
                "Use lower-case letters, digits, '_' and '-'."
            )
        if self.tested:
            return
        object.__setattr__(self, "pattern", self._compiled(self.pattern))
        if self.fields is not None:
            object.__setattr__(self, "fields", self._compiled(self.fields))

    def __repr__(self) -> str:
        return f"<Rule {self.name}>"

    def _compiled(self, pattern: str | re.Pattern[str]) -> re.Pattern[str]:
        try:
            made = re.compile(pattern)
        except re.error as error:
            raise InvalidInput(
                f"the pattern of the redaction rule {self.name!r} cannot be read: {error}. "
                "Write it as a Python regular expression."
            ) from error
        if made.search(""):
            raise InvalidInput(
                f"the pattern of the redaction rule {self.name!r} finds nothing everywhere. "
                "Let it match at least one character."
            )
        return made


class _Finder:
    """A rule made ready to search with."""

    def __init__(self, rule: Rule) -> None:
        self._given = rule.pattern
        self.check = rule.check
        self.marker = f"[redacted:{rule.name}]"
        self.shapes = tuple(shape.encode() for shape in rule.shapes)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What is searched for."""
        return re.compile(self._given)

    @cached_property
    def group(self) -> str | int:
        """The group of a match that is replaced."""
        return SECRET if SECRET in self.pattern.groupindex else 0

    def anywhere(self, text: str, found: list[_Span]) -> None:
        """Add what the pattern finds."""
        at = 0
        while match := self.pattern.search(text, at):
            at = self.after(match, found)

    def after(self, match: re.Match[str], found: list[_Span]) -> int:
        """Add the match if it is one; from where to search on."""
        if self.check is None or self.check(match):
            found.append((*match.span(self.group), self.marker))
            return match.end()
        return max(match.start() + 1, match.end() - _AGAIN)


_Span = tuple[int, int, str]
_Hints = list[tuple[str, list[_Finder]]]


class Rules:
    """Rules made ready to be applied many times, from any thread."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._hinted = _by_hint(rule for rule in rules if not rule.in_word)
        self._in_words = _by_hint(rule for rule in rules if rule.in_word)
        self._others = [_Finder(rule) for rule in rules if not rule.hints]
        self._has_shapes = any(finder.shapes for finder in self._others)
        fields = [(rule.fields, rule.name) for rule in rules if rule.fields is not None]

        @lru_cache(maxsize=4096)
        def field(name: str) -> str:
            """The name of the rule that a field's name belongs to, empty for none."""
            for pattern, found in fields:
                if re.search(pattern, name):
                    return found
            return ""

        self._field = field

    def redacted(self, value: Any) -> Any:
        """The JSON value with all that was found replaced; itself when nothing was."""
        kind = type(value)
        if kind is str:
            return self.text(value)
        if kind is dict:
            return self._mapping(value)
        if kind is list or kind is tuple:
            made = [self.redacted(item) for item in value]
            changed = any(new is not old for new, old in zip(made, value, strict=True))
            return made if changed else value
        if kind is int and abs(value) >= _LONG_NUMBER:
            digits = str(value)
            found = self.text(digits)
            return value if found == digits else found
        return value

    def text(self, text: str) -> str:
        """The text with all that was found replaced; itself when nothing was."""
        found: list[_Span] = []
        low = _lower(text)
        _at_hints(self._hinted, text, low, found)
        letters = text.encode("ascii", "replace")
        if self._in_words and (_LONG_WORD in letters.translate(_WORDS) or _CUT in text):
            _at_hints(self._in_words, text, low, found)
        shape = letters.translate(_SHAPES) if self._has_shapes else b""
        for finder in self._others:
            for form in finder.shapes:
                if form in shape:
                    break
            else:
                if finder.shapes:
                    continue
            finder.anywhere(text, found)
        return _replaced(text, found) if found else text

    def _mapping(self, value: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        changed = False
        for key, item in value.items():
            name = self._field(key)
            new = _hidden(item, f"[redacted:{name}]") if name else item
            if new is item:
                new = self.redacted(item)
            free = _free(self.text(key), made)
            changed = changed or new is not item or free != key
            made[free] = new
        return made if changed else value


def _lower(text: str) -> str:
    """In lower case, each character in its place: a few grow when they are lowered."""
    low = text.lower()
    if len(low) != len(text):
        low = "".join(letter.lower() if letter.isascii() else letter for letter in text)
    return low


def _by_hint(rules: Iterable[Rule]) -> _Hints:
    index: dict[str, list[_Finder]] = {}
    for rule in rules:
        finder = _Finder(rule)
        for hint in rule.hints:
            index.setdefault(hint, []).append(finder)
    return list(index.items())


def _at_hints(hints: _Hints, text: str, low: str, found: list[_Span]) -> None:
    for hint, finders in hints:
        if (first := low.find(hint)) < 0:
            continue
        for finder in finders:
            at = first
            while at >= 0:
                match = finder.pattern.match(text, at)
                at = low.find(hint, finder.after(match, found) if match else at + 1)


def _replaced(text: str, found: list[_Span]) -> str:
    """The text with a marker for each span; of spans that overlap, the first one's."""
    parts: list[str] = []
    done = 0
    for start, end, marker in sorted(found, key=lambda span: span[:2]):
        if start >= done:
            parts += (text[done:start], marker)
        done = max(done, end)
    return "".join((*parts, text[done:]))


def _hidden(item: Any, marker: str) -> Any:
    """A secret field's value, its texts and numbers replaced; one that is no secret as it is."""
    kind = type(item)
    if kind is str:
        return item if not item.strip("*. ") or item.startswith("[redacted:") else marker
    if kind is int or kind is float:
        return marker if abs(item) >= _PIN else item
    if kind is list or kind is tuple:
        made = [_hidden(one, marker) for one in item]
        return made if any(new is not old for new, old in zip(made, item, strict=True)) else item
    return item


def _free(name: str, taken: dict[str, Any]) -> str:
    """A field's name that is not taken: two may become the same when they are redacted."""
    number, free = 2, name
    while free in taken:
        free, number = f"{name} {number}", number + 1
    return free
