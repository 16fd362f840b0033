"""The page of guarantees names tests that are there."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "guarantees.md").read_text()
FILES = sorted(set(re.findall(r"`(tests/[\w/.]+)`", PAGE)))
NAMES = sorted(set(re.findall(r"`(test_\w+)`", PAGE)))


@pytest.mark.parametrize("named", FILES)
def test_a_named_file_is_there(named: str) -> None:
    """Files and folders of tests."""
    assert (ROOT / named).exists()


@pytest.mark.parametrize("named", NAMES)
def test_a_named_test_is_there(named: str) -> None:
    """By its name, in some file."""
    files = (ROOT / "tests").rglob("test_*.py")
    assert any(f"def {named}(" in file.read_text() for file in files)


def test_each_promise_names_what_holds_it() -> None:
    """No row of the first two tables is without a test."""
    promises, _, _ = PAGE.partition("## What is lost when")
    rows = [row for row in re.findall(r"^\|.*\|$", promises, re.MULTILINE) if "---" not in row]
    told = [row for row in rows if not row.endswith("| held by |")]
    assert len(told) > 10
    assert all("test" in row.rpartition("| ")[2] or "Sweep" in row for row in told)
