"""The rules of the four reviewers: what a diff shows without a model, each with a quote."""

from __future__ import annotations

import asyncio
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from stretto import Project
from stretto.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST = 200
"""Findings of one reviewer's rules that are kept."""
_CONFLICT = re.compile(r"^(?:<{7} |>{7} |\|{7} |={7}$)")
_TODO = re.compile(r"(?:#|//|/\*|<!--).*?\b(TODO|FIXME|XXX|HACK)\b")
_ORDERS = re.compile(
    r"(?i)\b(?:ignore|disregard|forget)\b.{0,40}\b(?:instruction|rule|prompt|review)"
    r"|\b(?:approve|accept|merge) this (?:change|diff|pull request|commit|pr)\b"
    r"|\byou are (?:now )?(?:an? )?(?:ai|assistant|reviewer|model)\b"
)
_TEST = re.compile(r"(?:^|/)tests?/|(?:^|/)(?:test_[^/]*|[^/]*_test|[^/]*\.test|[^/]*\.spec)\.\w+$")


async def correctness(state: Mapping[str, Any]) -> dict[str, Any]:
    """Applies the rules about what does not work."""
    return {"correctness": await _applied(state, "correctness")}


async def security(state: Mapping[str, Any]) -> dict[str, Any]:
    """Applies the rules about what can be abused."""
    return {"security": await _applied(state, "security")}


async def tests(state: Mapping[str, Any]) -> dict[str, Any]:
    """Applies the rules about what is not tested."""
    return {"tests": await _applied(state, "tests")}


async def docs(state: Mapping[str, Any]) -> dict[str, Any]:
    """Applies the rules about what is not told."""
    return {"docs": await _applied(state, "docs")}


def is_test(path: str) -> bool:
    """Whether a file holds tests, by its path."""
    return bool(_TEST.search(path))


def added(file: Mapping[str, Any]) -> dict[int, str]:
    """The added lines of a file by their number."""
    return {number: text for mark, number, text in file["lines"] if mark == "+"}


async def _applied(state: Mapping[str, Any], area: str) -> dict[str, Any]:
    found = await asyncio.to_thread(lambda: list(_found(state, area)))
    return {"rules": found[:MOST], "model": [], "dropped": 0}


def _found(state: Mapping[str, Any], area: str) -> Iterator[dict[str, Any]]:
    for file in state["files"]:
        yield from _of_lines(file, area)
        if file["path"].endswith(".py") and (source := _source(state, file["path"])) is not None:
            yield from _of_python(file, source, area)
    if area == "security":
        for secret in state["secrets"]:
            why = f"it looks like {secret['what']}, and history keeps it for ever"
            tip = "Take it from the environment, and have it replaced: it is known now."
            fault = _fault(area, "secret", secret["line"], "high", why, tip)
            yield _finding(fault, secret["path"], secret["quote"])
    if area == "tests":
        yield from _untested(state)


def _of_lines(file: Mapping[str, Any], area: str) -> Iterator[dict[str, Any]]:
    """What single lines of any file show."""
    for number, text in added(file).items():
        fault = None
        if area == "correctness" and _CONFLICT.match(text):
            why = "a conflict was committed unresolved"
            fault = _fault(area, "conflict", number, "high", why, "Resolve it.")
        elif area == "docs" and (match := _TODO.search(text)):
            why = f"{match[1]} stands in the code, where nobody is reminded of it"
            fault = _fault(area, "todo", number, "low", why, "Do it, or open an issue.")
        elif area == "security" and _ORDERS.search(text):
            why = "it gives orders to whoever reviews or reads this, an agent perhaps"
            tip = "Take it out, or say why it has to stand there."
            fault = _fault(area, "orders", number, "medium", why, tip)
        if fault is not None:
            yield _finding(fault, file["path"], text)


def _of_python(file: Mapping[str, Any], source: str, area: str) -> Iterator[dict[str, Any]]:
    known, path = added(file), file["path"]
    rules = Project.at(__file__).step("code_review_python.faults")
    for fault in rules(source, set(known), test=is_test(path)):
        if fault.area == area:
            yield _finding(fault, path, known[fault.line])


def _untested(state: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Public functions that were changed, while no changed test names them."""
    python = [file for file in state["files"] if file["path"].endswith(".py")]
    tested = "\n".join(
        text for file in state["files"] if is_test(file["path"]) for _, _, text in file["lines"]
    )
    functions = Project.at(__file__).step("code_review_python.changed_functions")
    for file in python:
        if is_test(file["path"]) or (source := _source(state, file["path"])) is None:
            continue
        known, stem = added(file), PurePosixPath(file["path"]).stem
        for name, line in functions(source, set(known)).items():
            if not re.search(rf"\b{re.escape(name)}\b|\btest_{re.escape(stem)}\b", tested):
                why = f"{name!r} was changed, and no test that was changed with it names it"
                tip = f"Test what is new of {name!r}, or say which test covers it."
                fault = _fault("tests", "untested", line, "low", why, tip)
                yield _finding(fault, file["path"], known[line])


def _source(state: Mapping[str, Any], path: str) -> str | None:
    """The whole new file; `None` where there is none any more."""
    try:
        shown = Project.at(__file__).step("repository.shown")
        return str(shown(state["repository"], state["head"], path, 1_000_000))
    except InvalidInput:
        return None


def _fault(*told: Any) -> Any:
    """A `code_review_python.Fault`."""
    return Project.at(__file__).step("code_review_python.Fault")(*told)


def _finding(fault: Any, path: str, quote: str) -> dict[str, Any]:
    return {
        "area": fault.area,
        "rule": fault.rule,
        "path": path,
        "line": fault.line,
        "severity": fault.severity,
        "quote": quote.strip(),
        "why": fault.why,
        "suggestion": fault.suggestion,
    }
