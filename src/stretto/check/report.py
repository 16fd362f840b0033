"""Findings for machines: JSON, SARIF 2.1.0, GitHub's annotations."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    at = None if place is None else {"file": shown(place.file, root), **_region(place)}
    return {**told, "key": finding.key, "place": at, "path": list(finding.path)}


def _region(place: Place) -> dict[str, int]:
    region = {"startLine": place.line, "startColumn": place.column + 1}
    if place.end_line:
        region |= {"endLine": place.end_line, "endColumn": place.end_column + 1}
    return region


def as_sarif(
    findings: Iterable[Finding], rules: Iterable[Rule], *, root: Path, version: str
) -> str:
    """Findings as SARIF, for code scanning."""
    driver = {
        "name": "stretto check",
        "version": version,
        "rules": [
            {
                "id": rule.code,
                "name": rule.name,
                "shortDescription": {"text": rule.summary},
                "fullDescription": {"text": rule.why},
                "defaultConfiguration": {"level": _LEVELS[rule.severity]},
            }
            for rule in rules
        ],
    }
    run = {"tool": {"driver": driver}, "results": [_result(each, root) for each in findings]}
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False)


def _result(finding: Finding, root: Path) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message}. {finding.remedy}"},
        "properties": {"certainty": finding.certainty, "graph": finding.graph},
    }
    if finding.place is not None:
        where = {
            "artifactLocation": {"uri": shown(finding.place.file, root)},
            "region": _region(finding.place),
        }
        result["locations"] = [{"physicalLocation": where}]
    return result


def as_github(findings: Iterable[Finding], problems: Iterable[Problem], *, root: Path) -> str:
    """Findings as the commands that make GitHub annotate a change."""
    lines: list[str] = []
    for finding in findings:
        kind = {"error": "error", "warning": "warning", "info": "notice"}[finding.severity]
        said = f"{finding.message}. {finding.remedy}"
        where = {"title": f"{finding.code} {finding.name}"}
        if (place := finding.place) is not None:
            first = {"file": shown(place.file, root), "line": place.line, "col": place.column + 1}
            where = {**{k: str(v) for k, v in first.items()}, **where}
        fields = ",".join(f"{key}={_property(value)}" for key, value in where.items())
        lines.append(f"::{kind} {fields}::{_data(said)}")
    lines += [f"::error title=not checked::{_data(f'{p.target}: {p.why}')}" for p in problems]
    return "\n".join(lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
