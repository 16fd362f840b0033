"""Packages whose names are loaded when they are first used."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

import stretto


def test_every_name_is_there():
    """All that the package says it has can be had, and is listed."""
    assert all(getattr(stretto, name) is not None for name in stretto.__all__)
    assert set(stretto.__all__) <= set(dir(stretto))


def test_a_name_that_is_not_there_is_refused_as_usual():
    """As of any module."""
    with pytest.raises(AttributeError, match="module 'stretto' has no attribute 'nothing'"):
        _ = stretto.nothing  # type: ignore[attr-defined]


def test_a_function_keeps_its_place_beside_a_submodule_of_its_name():
    """`stretto.check` is the function, also when the package of that name has been imported."""
    importlib.import_module("stretto.check.rules")
    assert callable(stretto.check)
    assert importlib.import_module("stretto.check").__name__ == "stretto.check"


def test_importing_it_loads_nothing_heavy():
    """A program that only imports Stretto does not wait for LangGraph."""
    code = "import sys, stretto; sys.exit('langgraph' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
