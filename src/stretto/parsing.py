"""Python source read as a syntax tree, also where several threads do so at once."""

from __future__ import annotations

import ast
import threading

_one_at_a_time = threading.Lock()


def parse(source: str | bytes) -> ast.Module:
    """Read Python source, one thread after the other.

    CPython 3.11 counts the depth of what it reads in one place for all threads: two that read at
    once may each be told "SystemError: AST constructor recursion depth mismatch" (gh-106905).

    Raises:
        SyntaxError, ValueError: It is no Python.
    """
    with _one_at_a_time:
        return ast.parse(source)
