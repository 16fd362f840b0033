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
from typing import TYPE_CHECKING

from stretto.check.finding import Finding, Place
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from stretto.check.facts import Graph

_IGNORE = re.compile(
    r"#\s*stretto:\s*ignore(?P<file>-file)?(?:\[(?P<codes>[^\]]*)\](?P<why>[^#]*)|(?![\w-]).*)"
)


def _nothing(graph: Graph) -> Iterable[Finding]:  # noqa: ARG001 - found in files, not in graphs
    return ()


def _rule(code: str, name: str, page: str) -> Rule:
    return Rule(code, name, "warning", page, _nothing)


WITHOUT_REASON = _rule(
    "X001",
    "ignore-without-reason",
    "An ignore without a reason tells nobody why the finding is meant.\n\n"
    "Whoever reads the line next has to find out again whether it is a fault. Write the reason "
    "behind the bracket: `# stretto: ignore[S201] the node of the graph above reads it`.",
)
UNUSED = _rule(
    "X002",
    "unused-ignore",
    "An ignore that nothing needs hides what may come.\n\n"
    "The finding that it was written for is gone. It is said only where the whole file was checked "
    "by importing it, since another graph of the file may need it.",
)
UNKNOWN = _rule(
    "X003",
    "unknown-ignore",
    "An ignore of a code that no rule has does nothing.\n\n"
    "Neither does one that names no code: say which in brackets, as in "
    "`# stretto: ignore[S201] why`. `stretto check --rules` lists all codes.",
)
IGNORE_RULES = (WITHOUT_REASON, UNUSED, UNKNOWN)
"""What is looked for in the ignores themselves."""


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
    findings: Iterable[Finding],
    files: Iterable[str],
    known: Collection[str],
    *,
    asked: Collection[str] | None = None,
    whole: Collection[str] | None = None,
) -> list[Finding]:
    """What is left of findings, with what is wrong with the ignores themselves.

    Args:
        findings: All that was found.
        files: The files whose comments count.
        known: The codes that there are.
        asked: Those that would have been found; all by default.
        whole: The files of which all was checked, so that an ignore is known to be unused; all by
            default.
    """
    paths = sorted(set(files))
    ignores = [each for file in paths for each in _ignores(file)]
    left: list[Finding] = []
    for finding in findings:
        taking = [each for each in ignores if each.takes(finding)]
        for each in taking:
            each.used.add(finding.code)
        if not taking:
            left.append(finding)
    for each in ignores:
        sure = whole is None or each.place.file in whole
        left += _wrong(each, known, (known if asked is None else asked) if sure else ())
    return left


def _ignores(file: str) -> Iterator[Ignore]:
    try:
        with tokenize.open(file) as opened:
            text = opened.read()
    except (OSError, UnicodeDecodeError, SyntaxError):
        return
    if "stretto:" not in text:
        return
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return
    for token in tokens:
        if token.type == tokenize.COMMENT:
            yield from _in_comment(file, token)


def _in_comment(file: str, token: tokenize.TokenInfo) -> Iterator[Ignore]:
    for found in _IGNORE.finditer(token.string):
        given = (found["codes"] or "").split(",")
        codes = tuple(code.strip().upper() for code in given if code.strip())
        line, column = token.start
        begin = len(token.line[:column].encode())
        end = begin + len(token.string.encode())
        why = (found["why"] or "").strip(" -:\t")
        yield Ignore(Place(file, line, begin, line, end), codes, why, bool(found["file"]))


def _wrong(ignore: Ignore, known: Collection[str], asked: Collection[str]) -> Iterator[Finding]:
    if not ignore.codes:
        yield _finding(
            ignore, UNKNOWN, "an ignore without a code does nothing", "Name it in brackets: [S201]."
        )
    elif not ignore.why:
        said = "an ignore without a reason tells nobody why it is meant"
        yield _finding(ignore, WITHOUT_REASON, said, "Write the reason behind the bracket.")
    for code in ignore.codes:
        if code not in known:
            said = f"no rule has the code {code!r}, so the ignore does nothing"
            yield _finding(ignore, UNKNOWN, said, "Correct it: `--rules` lists all codes.", code)
        elif code in asked and code not in ignore.used:
            said = f"nothing here needs the ignore of {code!r}, and it hides what may come"
            yield _finding(ignore, UNUSED, said, f"Remove {code!r}.", code)


def _finding(ignore: Ignore, rule: Rule, message: str, remedy: str, key: str = "") -> Finding:
    return Finding(
        rule.code, rule.name, "warning", "proved", message, remedy, key=key, place=ignore.place
    )
