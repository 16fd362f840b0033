"""Python source in pieces."""

from __future__ import annotations

import ast

from hypothesis import given
from hypothesis import strategies as st

from stretto.sources.python import python_pieces

SOURCE = '''\
"""About the module."""

import os

Mode = Literal["sync", "exit"]
"""When changes are stored."""


class Policy(Base):
    """How long a node may take.

    Blocking code cannot be stopped.
    """

    run_timeout: float | None = None
    """Seconds for one attempt."""

    width: int = Field(3, description="how many at once")

    def coerce(cls, value):
        """Make a policy of a number."""
        limit = float(value)
        return cls(limit)

    async def bare(self):
        return os.name


if os.name:
    def guarded(a):
        """Only here.

        Args:
            a: Something that takes quite a few words to describe in the way that it should be.
        """

        def inner():
            """Deep inside."""
'''


def found(kind: str) -> dict[str, tuple[int, str]]:
    """Line and text by symbol."""
    pieces = python_pieces(SOURCE, "pack.mod")
    return {piece.symbol: (piece.line, piece.text) for piece in pieces if piece.kind == kind}


def test_explanations_have_their_symbols_and_lines() -> None:
    """Docstrings of modules, classes and functions, strings under fields, descriptions."""
    docs = found("docstring")
    assert docs["pack.mod"] == (1, "About the module.")
    assert docs["Mode"] == (6, "When changes are stored.")
    assert docs["Policy"][0] == 10
    assert docs["Policy"][1].endswith("\n\nBlocking code cannot be stopped.")
    assert docs["Policy.run_timeout"] == (16, "Seconds for one attempt.")
    assert docs["Policy.width"] == (18, "how many at once")
    assert docs["Policy.coerce"] == (21, "Make a policy of a number.")
    assert docs["guarded"][0] == 34
    assert docs["guarded.inner"] == (38, "Deep inside.")


def test_bodies_are_code_without_their_docstrings() -> None:
    """A function without a docstring is shown from its first line."""
    code = found("code")
    assert code["Policy.coerce"] == (22, "limit = float(value)\nreturn cls(limit)")
    assert code["Policy.bare"] == (25, "async def bare(self):\n    return os.name")


def test_a_class_is_found_by_the_words_of_its_fields() -> None:
    """They surround its docstring."""
    (policy,) = [p for p in python_pieces(SOURCE, "m") if p.symbol == "Policy"]
    assert "Seconds for one attempt." in policy.context
    assert "how many at once" in policy.context


def test_a_later_part_of_a_docstring_is_found_by_its_first_line() -> None:
    """An argument is surrounded by what the function is for."""
    (argument,) = [p for p in python_pieces(SOURCE, "m") if p.text.startswith("a: ")]
    assert (argument.symbol, argument.context) == ("guarded", "Only here.")


def test_strings_that_are_written_in_parts_are_read_by_value() -> None:
    """Escapes and concatenation have no lines of their own."""
    source = 'def f():\n    "One \\u00e4.\\n\\nTwo."\n\ndef g():\n    ("a" "b")\n    return 1\n'
    texts = {p.symbol: p.text for p in python_pieces(source, "m") if p.kind == "docstring"}
    assert texts == {"f": "One ä.\n\nTwo.", "g": "ab"}


def test_source_that_does_not_parse_is_code() -> None:
    """Another Python's source, or none at all."""
    (piece,) = python_pieces("print 'hello'\n", "old")
    assert (piece.kind, piece.line, piece.symbol) == ("code", 1, "old")
    assert python_pieces("", "empty") == []


def test_a_script_without_functions_is_code() -> None:
    """So that it can be found at all."""
    (piece,) = python_pieces("x = 1\nprint(x)\n", "script")
    assert (piece.kind, piece.text) == ("code", "x = 1\nprint(x)")


@given(st.text(st.characters(codec="utf-8", exclude_characters='\\"\r\0'), max_size=300))
def test_the_lines_of_a_docstring_are_those_of_the_file(text: str) -> None:
    """Whatever it holds, also characters that take several bytes."""
    source = f'class A:\n    x = "ä"; """{text}"""\n    def f(self):\n        """{text} """\n'
    try:
        ast.parse(source)
    except SyntaxError:
        return
    lines = source.split("\n")
    for piece in python_pieces(source, "m"):
        for number, line in enumerate(piece.text.split("\n"), piece.line - 1):
            assert line.strip() in lines[number]
