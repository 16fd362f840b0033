"""Syntax trees that several threads read at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import stretto.errors
from stretto.parsing import parse


def test_threads_do_not_get_in_each_others_way() -> None:
    """Where `ast.parse` alone raises a SystemError now and then (CPython 3.11)."""
    source = Path(stretto.errors.__file__).read_text(encoding="utf-8")
    with ThreadPoolExecutor(8) as threads:
        trees = list(threads.map(parse, [source] * 60))
    assert {len(tree.body) for tree in trees} == {len(trees[0].body)}


def test_what_is_no_python_is_refused() -> None:
    """As by `ast.parse`."""
    with pytest.raises(SyntaxError):
        parse("def (")
