"""Judging results by the rules that were applied to them: nothing is judged that no rule said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHECK = re.compile(
    r"^[ \t]*(pass|fail|ok|failed|passed)[ \t]+(\S+)[ \t]+([\w -]+?)[ \t]*(?::[ \t]*(.*))?$",
    re.IGNORECASE | re.MULTILINE,
)
_RESULT = re.compile(r"<result\b[^>]*\btask=\"([^\"]+)\"[^>]*>(.*?)</result>", re.DOTALL)
_NOTHING = re.compile(r"^\s*not found(?: in the sources)?\.?\s*$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules come to."""

    accepted: bool
    reason: str
    revise: Mapping[str, str]
    """Why, by task, for those that fall short."""


def judged(parts: Mapping[str, str]) -> Judgement | None:
    """Judge by the `<checks>` of a brief, else by its `<results>`; `None` when it has neither."""
    if "checks" in parts:
        return _by_checks(parts["checks"])
    if "results" in parts:
        return _by_results(parts["results"])
    return None


def _by_checks(text: str) -> Judgement:
    checks = [match.groups(default="") for match in _CHECK.finditer(text)]
    failed: dict[str, list[str]] = {}
    for verdict, task, rule, why in checks:
        if verdict.lower().startswith("fail"):
            failed.setdefault(task, []).append(why.strip() or f"{rule} failed")
    if not failed:
        return Judgement(accepted=True, reason=_passed(len(checks)), revise={})
    revise = {task: "; ".join(dict.fromkeys(whys)) for task, whys in failed.items()}
    return Judgement(accepted=False, reason=_told(revise), revise=revise)


def _by_results(text: str) -> Judgement:
    results = _RESULT.findall(text)
    revise = {task: "not found in the sources" for task, body in results if _NOTHING.search(body)}
    if revise:
        return Judgement(accepted=False, reason=_told(revise), revise=revise)
    return Judgement(accepted=True, reason="Every result has an answer.", revise={})


def _passed(count: int) -> str:
    return (
        f"All {count} checks passed."
        if count > 1
        else "The check passed."
        if count
        else "No check failed."
    )


def _told(revise: Mapping[str, str]) -> str:
    return "; ".join(f"{task}: {why}" for task, why in revise.items()) + "."
