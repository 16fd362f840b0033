"""The report of a review: findings once each, the verdict by rule, Markdown, and the exit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph.runtime import Runtime  # noqa: TC002 - how LangGraph knows what to give

from stretto import Project, effect, tool
from stretto.errors import InvalidInput, Rejected
from stretto.members.decisions import decided

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LISTED = 100
"""Findings that a report shows."""
TAIL = 30
"""Lines of the tests' output that a report shows."""
RANKS = {"high": 0, "medium": 1, "low": 2}
ALIKE = 0.5
"""Share of words of two reasons on one line from which they are one finding."""
VERDICTS = {
    "changes requested": "it must not go in as it is",
    "comment": "nothing stands in its way, and something could be better",
    "approve": "the rules and the reviewers found nothing",
    "nothing to review": "no text was changed",
}


async def report(state: Mapping[str, Any], runtime: Runtime[Any]) -> dict[str, Any]:
    """Writes the report: verdict, findings by severity, tests, what was not reviewed."""
    context = runtime.context or {}
    threshold(context)
    findings, repeated = once(_all(state))
    tested = state.get("tested") or {}
    dropped = sum((state.get(area) or {}).get("dropped", 0) for area in _areas())
    verdict = verdict_of(findings, tested, anything=bool(state["files"]))
    await decided("verdict", verdict, reason=VERDICTS[verdict], alternatives=tuple(VERDICTS))
    told = {"verdict": verdict, "findings": findings, "dropped": dropped, "repeated": repeated}
    text = markdown(state, told)
    if output := str(context.get("output") or ""):
        await effect("write_review", write_review, output, text)
    return {"review": {**told, "text": text}}


async def gate(state: Mapping[str, Any], runtime: Runtime[Any]) -> str:
    """Gives the report, or ends the run with an error where the context's `fail_on` says so.

    Raises:
        Rejected: The tests fail, or a finding is as severe as `fail_on`.
        InvalidInput: `fail_on` is no severity.
    """
    level, review = threshold(runtime.context or {}), state["review"]
    severe = [each for each in review["findings"] if RANKS[each["severity"]] <= level]
    failed = (state.get("tested") or {}).get("outcome") in {"failed", "timed out"}
    if level >= 0 and (severe or failed):
        counted = [f"{len(severe)} findings are too severe"] if severe else []
        first = [f"the first is {_place(severe[0])}"] if severe else []
        told = "; ".join([*counted, *first, *(["the tests fail"] if failed else [])])
        raise Rejected(f"{review['verdict']}: {told}. Mend them; the report says how.")
    return str(review["text"])


def threshold(context: Mapping[str, Any]) -> int:
    """The rank of the lowest severity that fails a run; -1 when none does.

    Raises:
        InvalidInput: `fail_on` is no severity.
    """
    given = str(context.get("fail_on") or "").strip().lower()
    if given and given not in RANKS:
        raise InvalidInput(f"`fail_on` is {given!r}. Use one of {', '.join(RANKS)}.")
    return RANKS.get(given, -1)


@tool(effect="idempotent")
def write_review(path: str, text: str) -> str:
    """Write a report into a file, as a whole; the same again writes the same.

    Args:
        path: Where it goes; its folder is made.
        text: The report.

    Raises:
        InvalidInput: It cannot be written.
    """
    place = Path(path).expanduser()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text + "\n")
    except OSError as error:
        raise InvalidInput(
            f"the report cannot be written to {path!r}: {error.strerror}. Name another `output`."
        ) from error
    return str(place)


def once(findings: Iterable[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    """Each finding once, the most severe first; and how many were the same as another.

    Those of rules come first, so that a model that says what a rule has said adds nothing.
    """
    given = sorted(findings, key=lambda each: not each["rule"])
    found: list[dict[str, Any]] = []
    for each in given:
        same = next((one for one in found if _same(one, each)), None)
        if same is None:
            found.append({**each, "by": [each["area"]]})
            continue
        if each["area"] not in same["by"]:
            same["by"].append(each["area"])
        if RANKS[each["severity"]] < RANKS[same["severity"]] and not same["rule"]:
            same["severity"] = each["severity"]
    found.sort(key=lambda each: (RANKS[each["severity"]], each["path"], each["line"], each["rule"]))
    return found, len(given) - len(found)


def verdict_of(findings: list[dict[str, Any]], tested: Mapping[str, Any], *, anything: bool) -> str:
    """The verdict, by rule: what a model says of the whole does not count."""
    if not anything:
        return "nothing to review"
    failed = tested.get("outcome") in {"failed", "timed out"}
    if failed or any(each["severity"] == "high" for each in findings):
        return "changes requested"
    return "comment" if findings else "approve"


def markdown(state: Mapping[str, Any], review: Mapping[str, Any]) -> str:
    """The report."""
    findings, tested = review["findings"], state.get("tested") or {}
    added = sum(mark == "+" for file in state["files"] for mark, _, _ in file["lines"])
    taken = sum(mark == "-" for file in state["files"] for mark, _, _ in file["lines"])
    files, title = len(state["files"]), _safe(state["title"])
    counted = f"{files} file{'s' * (files != 1)}, +{added} -{taken}"
    lines = [
        f"# Review: {review['verdict']}",
        "",
        f"{title[:1].upper()}{title[1:]}: {counted}. {VERDICTS[review['verdict']].capitalize()}.",
    ]
    if findings:
        many = [(name, sum(each["severity"] == name for each in findings)) for name in RANKS]
        lines += ["", "## Findings", "", ", ".join(f"{n} {name}" for name, n in many if n) + "."]
    for each in findings[:LISTED]:
        lines += ["", *_finding(each)]
    if len(findings) > LISTED:
        lines += ["", f"And {len(findings) - LISTED} more, less severe."]
    if state["files"]:
        lines += ["", "## Tests", "", *_tests(tested)]
    if left := state["left"]:
        named = [f"- `{_safe(each['path'])}`: {each['why']}" for each in left[:LISTED]]
        lines += ["", f"## Not reviewed: {len(left)}", "", *named]
        lines += [f"- and {len(left) - LISTED} more"] if len(left) > LISTED else []
    if dropped := review["dropped"]:
        lines += ["", f"Dropped, because they quote no changed line: {dropped}."]
    return "\n".join(lines)


def _finding(each: Mapping[str, Any]) -> list[str]:
    tip = f" {each['suggestion']}" if each["suggestion"] else ""
    quote = each["quote"][:300].replace("`", "'")
    why = each["why"][:1].upper() + each["why"][1:]
    return [
        f"- **{each['severity']}** `{_place(each)}` ({', '.join(each['by'])})",
        f"  `{quote}`",
        f"  {why.rstrip('.')}.{tip}",
    ]


def _tests(tested: Mapping[str, Any]) -> list[str]:
    outcome, output = tested.get("outcome", "not run"), str(tested.get("output", ""))
    if outcome == "not run":
        return [f"Not run: {output.rstrip('.')}."]
    last = output.replace("```", "'''").splitlines()[-TAIL:]
    said = [f"`{tested['command']}` {outcome}."]
    return said if outcome == "passed" else [*said, "", "```text", *last, "```"]


def _areas() -> tuple[str, ...]:
    return tuple(Project.at(__file__).step("code_review.AREAS"))


def _all(state: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for area in _areas():
        found = state.get(area) or {}
        yield from found.get("rules", [])
        yield from found.get("model", [])


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    if (one["path"], one["line"]) != (other["path"], other["line"]):
        return False
    if one["rule"] and other["rule"]:
        return bool(one["rule"] == other["rule"])
    if one["area"] == other["area"] and (one["rule"] or other["rule"]):
        return True
    first, second = _words(one["why"]), _words(other["why"])
    return len(first & second) >= ALIKE * max(1, min(len(first), len(second)))


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w{4,}", text.lower()))


def _place(each: Mapping[str, Any]) -> str:
    return f"{_safe(each['path'])}:{each['line']}"


def _safe(text: str) -> str:
    return "".join(each if each.isprintable() and each != "`" else "?" for each in text)
