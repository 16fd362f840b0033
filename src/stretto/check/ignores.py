"""Findings that the author of a file means to have: `# stretto: ignore[CODE] why`.

The comment stands on a line of what is found; `# stretto: ignore-file[CODE] why` stands anywhere
and is about the whole file. An ignore without a reason, one of a code that is none, and one that
nothing needs are findings themselves.
"""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from stretto.check.finding import Finding, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_IGNORE = re.compile(r"#\s*stretto:\s*ignore(?P<file>-file)?\[(?P<codes>[^\]]*)\]\s*(?P<why>.*)")
KINDS = {
    "X001": ("ignore-without-reason", "an ignore without a reason tells nobody why it is meant"),
    "X002": ("unused-ignore", "an ignore that nothing needs hides what may come"),
    "X003": ("unknown-code", "an ignore of a code that no rule has does nothing"),
}
"""Codes of what is wrong with ignores: their names, and what is wrong."""


@dataclass
class Ignore:
    """One comment."""

    place: Place
    codes: tuple[str, ...]
    why: str
    whole_file: bool
    used: set[str] = field(default_factory=set[str])

    def takes(self, finding: Finding) -> bool:
        """Whether a finding is meant."""
        place = finding.place
        if place is None or place.file != self.place.file or finding.code not in self.codes:
            return False
        last = max(place.line, place.end_line)
        return self.whole_file or place.line <= self.place.line <= last


def heeded(
    findings: Iterable[Finding], files: Iterable[str], codes: Iterable[str]
) -> list[Finding]:
    """What is left of findings, with what is wrong with the ignores themselves.

    Args:
        findings: All that was found.
        files: The files whose comments count.
        codes: Those of all rules that were asked.
    """
    ignores = [each for file in sorted(set(files)) for each in _ignores(file)]
    left: list[Finding] = []
    for finding in findings:
        taking = [each for each in ignores if each.takes(finding)]
        for each in taking:
            each.used.add(finding.code)
        if not taking:
            left.append(finding)
    return left + [found for each in ignores for found in _wrong(each, frozenset(codes))]


def _ignores(file: str) -> Iterator[Ignore]:
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return
    if "stretto:" not in text:
        return
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return
    for token in tokens:
        found = _IGNORE.match(token.string) if token.type == tokenize.COMMENT else None
        if found is not None:
            codes = tuple(code.strip() for code in found["codes"].split(",") if code.strip())
            place = Place(file, *token.start, *token.end)
            yield Ignore(place, codes, found["why"].strip(), bool(found["file"]))


def _wrong(ignore: Ignore, codes: frozenset[str]) -> Iterator[Finding]:
    if not ignore.why:
        yield _finding(ignore, "X001", "Write the reason behind the bracket.")
    for code in ignore.codes:
        if code not in codes:
            yield _finding(ignore, "X003", f"Correct {code!r}, or remove it.", code)
        elif code not in ignore.used:
            yield _finding(ignore, "X002", f"Remove {code!r}.", code)


def _finding(ignore: Ignore, code: str, remedy: str, key: str = "") -> Finding:
    name, what = KINDS[code]
    message = f"{what}: {key}" if key else what
    return Finding(code, name, "warning", "proved", message, remedy, key=key, place=ignore.place)
