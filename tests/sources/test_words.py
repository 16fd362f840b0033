"""Words of texts and queries."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.sources.words import STOP, TERMS, match, names, spread, terms


@pytest.fixture(scope="module")
def table() -> sqlite3.Connection:
    """A table that FTS5 searches."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5 (x, tokenize = 'porter unicode61')")
    connection.execute("INSERT INTO t VALUES ('a text')")
    return connection


@given(st.text())
def test_any_text_is_a_query(table: sqlite3.Connection, text: str) -> None:
    """No query makes FTS5 complain, also with quotes, operators and half surrogates."""
    if wanted := match(terms(text)):
        table.execute("SELECT * FROM t WHERE t MATCH ?", (wanted,)).fetchall()


@pytest.mark.parametrize("text", ['"', "NEAR(", "a AND", "x*", "col:x", "-", "\0", "\ud800", "^"])
def test_the_syntax_of_fts5_means_nothing(table: sqlite3.Connection, text: str) -> None:
    """A user does not write FTS5."""
    if wanted := match(terms(text)):
        table.execute("SELECT * FROM t WHERE t MATCH ?", (wanted,)).fetchall()


def test_a_name_gives_its_parts_and_the_whole() -> None:
    """In whichever way it is written."""
    assert terms("run_timeout") == ["run timeout", "run", "timeout"]
    assert terms("Pregel.invoke") == ["pregel invoke", "pregel", "invoke"]
    assert terms("TimeoutPolicy") == ["timeoutpolicy", "timeout", "policy"]
    assert terms("HTTPServer") == ["httpserver", "http", "server"]


def test_stop_words_are_left_out_unless_nothing_is_left() -> None:
    """Each word is asked for once."""
    assert terms("Why does the node of a node fail?") == ["node", "fail"]
    assert terms("to be or not") == ["to", "be", "or", "not"]


def test_a_long_query_is_bounded() -> None:
    """The first words count."""
    assert len(terms(" ".join(f"w{i}" for i in range(1000)))) == TERMS


def test_spread_puts_the_parts_beside_the_name() -> None:
    """Plain words and abbreviations stay as they are."""
    assert spread("a TimeoutPolicy for HTTP") == "a TimeoutPolicy Timeout Policy for HTTP"
    assert spread("ToolNode's") == "ToolNode Tool Node's"


def test_names_are_what_a_symbol_may_be_called() -> None:
    """Whole words and dotted names."""
    assert names("Does Pregel.invoke interrupt?") == {"pregel.invoke", "interrupt"}
    assert "the" in STOP
