"""Findings as programs read them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from stretto.check.finding import Edit, Finding, Place, Unknown
from stretto.check.report import as_github, as_json, as_sarif, shown
from stretto.check.rules import all_rules
from stretto.check.targets import Problem

if TYPE_CHECKING:
    from pathlib import Path

PROBLEM = Problem("b,ad:x.py", "50% of it\nis lost")


@pytest.fixture
def finding(tmp_path: Path) -> Finding:
    """One behind characters that are several bytes, in a folder with a space."""
    file = tmp_path / "my app" / "a.py"
    file.parent.mkdir()
    file.write_text('x = {"é": 1, "key": 2}\n', encoding="utf-8")
    begin = len('x = {"é": 1, '.encode())
    place = Place(str(file), 1, begin, 1, begin + 5)
    return Finding(
        "S201", "unknown-key", "error", "possible", "node 'a', 'key'", "Add it.", "team", "a",
        "key", place, (Edit(place, "x"),), ("a", "b"),
    )  # fmt: skip


def test_columns_count_characters_from_one(finding: Finding, tmp_path: Path):
    """In each form, as editors do, and not bytes as Python does."""
    told = json.loads(as_json([finding], [], [], root=tmp_path))["findings"][0]["place"]
    assert told == {"file": "my app/a.py", "line": 1, "column": 14, "end_line": 1, "end_column": 19}
    log = json.loads(as_sarif([finding], [], root=tmp_path, version="1"))
    where = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    region = {"startLine": 1, "startColumn": 14, "endLine": 1, "endColumn": 19}
    assert where == {"artifactLocation": {"uri": "my%20app/a.py"}, "region": region}
    assert ",col=14," in as_github([finding], [], root=tmp_path)


def test_json_holds_all_there_is(finding: Finding, tmp_path: Path):
    """Findings, what was not checked, and what could not be looked into."""
    unknown = [Unknown("team", "b", "no source")]
    told = json.loads(as_json([finding], [PROBLEM], unknown, root=tmp_path, graphs=["team"]))
    assert told["graphs"] == ["team"]
    assert told["problems"] == [{"target": PROBLEM.target, "why": PROBLEM.why}]
    assert told["unknown"] == [{"graph": "team", "node": "b", "why": "no source"}]
    (one,) = told["findings"]
    assert (one["code"], one["severity"], one["certainty"]) == ("S201", "error", "possible")
    assert (one["graph"], one["node"], one["key"]) == ("team", "a", "key")
    assert (one["path"], one["fixable"]) == (["a", "b"], True)


def test_a_finding_without_a_place(tmp_path: Path):
    """It is told all the same."""
    bare = Finding("G101", "unreachable-node", "warning", "proved", "m", "R.")
    assert json.loads(as_json([bare], [], [], root=tmp_path))["findings"][0]["place"] is None
    assert "locations" not in as_sarif([bare], [], root=tmp_path, version="1")
    assert as_github([bare], [], root=tmp_path) == "::warning title=G101 unreachable-node::m. R."


def test_sarif_has_what_the_standard_asks_for(finding: Finding, tmp_path: Path):
    """Version, driver, and of each rule and result what a reader of the form needs."""
    log: dict[str, Any] = json.loads(
        as_sarif([finding], all_rules(), [PROBLEM], root=tmp_path, version="1.2")
    )
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("stretto check", "1.2")
    assert len({rule["id"] for rule in driver["rules"]}) == len(driver["rules"])
    for rule in driver["rules"]:
        assert rule["defaultConfiguration"]["level"] in {"error", "warning", "note"}
        assert rule["shortDescription"]["text"]
        assert rule["fullDescription"]["text"]
        assert rule["help"]["markdown"]
    (result,) = run["results"]
    assert result["message"]["text"] == "node 'a', 'key'. Add it."
    (done,) = run["invocations"]
    assert done["executionSuccessful"] is False
    assert PROBLEM.target in done["toolExecutionNotifications"][0]["message"]["text"]


def test_commands_of_github_are_escaped(finding: Finding, tmp_path: Path):
    """Line ends and signs that end a property are written as GitHub reads them."""
    first, second = as_github([finding], [PROBLEM], root=tmp_path).splitlines()
    assert first == (
        "::error file=my app/a.py,line=1,endLine=1,col=14,title=S201 unknown-key::"
        "node 'a', 'key'. Add it."
    )
    assert second == "::error title=not checked::b,ad:x.py: 50%25 of it%0Ais lost"


def test_a_path_is_shown_from_the_folder(tmp_path: Path):
    """One outside of it is shown whole."""
    assert shown(str(tmp_path / "a" / "b.py"), tmp_path) == "a/b.py"
    assert shown("/elsewhere/b.py", tmp_path) == "/elsewhere/b.py"
