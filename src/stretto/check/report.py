"""Findings for machines: JSON, SARIF 2.1.0, GitHub's annotations."""

from __future__ import annotations

import json
import linecache
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stretto.check.finding import Finding, Place, Unknown
    from stretto.check.rule import Rule
    from stretto.check.targets import Problem

_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def shown(path: str, root: Path) -> str:
    """A path as it is shown: relative to the folder where that is shorter."""
    whole = Path(path)
    return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else whole.as_posix()


def character(file: str, line: int, column: int) -> int:
    """The character that a column of the source is, from 1: Python counts bytes, people do not."""
    text = linecache.getline(file, line).encode()
    return len(text[:column].decode(errors="replace")) + 1 if text else column + 1


def as_json(
    findings: Iterable[Finding],
    problems: Iterable[Problem],
    unknown: Iterable[Unknown],
    *,
    root: Path,
    graphs: Sequence[str] = (),
    bounds: dict[str, Any] | None = None,
) -> str:
    """All that was found, as one JSON object; lines from 1, columns from 1."""
    told: dict[str, Any] = {
        "graphs": list(graphs),
        "findings": [_json(each, root) for each in findings],
        "problems": [asdict(each) for each in problems],
        "unknown": [asdict(each) for each in unknown],
    }
    if bounds is not None:
        told["bounds"] = bounds
    return json.dumps(told, indent=2, ensure_ascii=False)


def _json(finding: Finding, root: Path) -> dict[str, Any]:
    told = {
        key: getattr(finding, key)
        for key in ("code", "name", "severity", "certainty", "message", "remedy", "graph", "node")
    }
    place = finding.place
    at = None if place is None else {"file": shown(place.file, root), **_json_place(place)}
    told |= {"key": finding.key, "place": at, "path": list(finding.path)}
    return {**told, "fixable": bool(finding.edits)}


def _json_place(place: Place) -> dict[str, int]:
    line, column, end_line, end_column = _region(place)
    end = {"end_line": end_line, "end_column": end_column} if end_line else {}
    return {"line": line, "column": column, **end}


def _region(place: Place) -> tuple[int, int, int, int]:
    """Its lines and columns from 1, the end excluded; 0 for an end that is not known."""
    begin = character(place.file, place.line, place.column)
    if not place.end_line:
        return place.line, begin, 0, 0
    end = character(place.file, place.end_line, place.end_column)
    return place.line, begin, place.end_line, end


def as_sarif(
    findings: Iterable[Finding],
    rules: Iterable[Rule],
    problems: Iterable[Problem] = (),
    *,
    root: Path,
    version: str,
) -> str:
    """Findings as SARIF, for code scanning."""
    missed = [{"level": "error", "message": {"text": f"{p.target}: {p.why}"}} for p in problems]
    done: dict[str, Any] = {"executionSuccessful": not missed}
    if missed:
        done["toolExecutionNotifications"] = missed
    driver = {"name": "stretto check", "version": version, "rules": [_rule(r) for r in rules]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [done],
        "results": [_result(each, root) for each in findings],
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False)


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary or rule.name},
        "fullDescription": {"text": rule.why or rule.name},
        "help": {"text": rule.explanation or rule.name, "markdown": rule.explanation or rule.name},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(finding: Finding, root: Path) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message}. {finding.remedy}"},
        "properties": {"certainty": finding.certainty, "graph": finding.graph},
    }
    if finding.place is not None:
        where = {
            "artifactLocation": {"uri": quote(shown(finding.place.file, root))},
            "region": _sarif_region(finding.place),
        }
        result["locations"] = [{"physicalLocation": where}]
    return result


def _sarif_region(place: Place) -> dict[str, int]:
    line, column, end_line, end_column = _region(place)
    end = {"endLine": end_line, "endColumn": end_column} if end_line else {}
    return {"startLine": line, "startColumn": column, **end}


def as_github(findings: Iterable[Finding], problems: Iterable[Problem], *, root: Path) -> str:
    """Findings as the commands that make GitHub annotate a change."""
    lines: list[str] = []
    for finding in findings:
        kind = {"error": "error", "warning": "warning", "info": "notice"}[finding.severity]
        said = f"{finding.message}. {finding.remedy}"
        where = {"title": f"{finding.code} {finding.name}"}
        if (place := finding.place) is not None:
            line, column, end_line, _ = _region(place)
            first = {"file": shown(place.file, root), "line": line, "endLine": end_line or line}
            where = {**{k: str(v) for k, v in first.items()}, "col": str(column), **where}
        fields = ",".join(f"{key}={_property(value)}" for key, value in where.items())
        lines.append(f"::{kind} {fields}::{_data(said)}")
    lines += [f"::error title=not checked::{_data(f'{p.target}: {p.why}')}" for p in problems]
    return "\n".join(lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
