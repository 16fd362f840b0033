"""A module of tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stretto.errors import BadDefinition, BadDefinitions
from stretto.spec.family import load_family

if TYPE_CHECKING:
    from pathlib import Path

GOOD = '''
from __future__ import annotations

from functools import wraps
from json import dumps
from typing import Any

from langchain_core.tools import tool
from langgraph.prebuilt import ToolRuntime


def shout(function: Any) -> Any:
    @wraps(function)
    def louder(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)
    return louder


shout = _shout = shout
del shout


async def search(query: str, runtime: ToolRuntime, limit: int = 3) -> list[dict[str, Any]]:
    """Search the sources."""
    return []


@_shout
def wrapped(query: str) -> str:
    """Search aloud."""
    return query


@tool
def read(path: str) -> str:
    """Read a file."""
    return path


def _helper(x):
    return x


class Thing:
    """No tool."""
'''

DECORATED = """
from langchain_core.tools import tool
@tool('g')
def f(x: int) -> int:
    'F.'
"""


def family(folder: Path, text: str) -> dict[str, object]:
    """Write and load a family."""
    path = folder / "a.py"
    path.write_text(text)
    return load_family(path)


def test_public_functions_and_langchain_tools_are_tools(tmp_path: Path) -> None:
    """Helpers, classes and what is imported are not."""
    assert list(family(tmp_path, GOOD)) == ["search", "wrapped", "read"]


def test_all_says_what_is_meant(tmp_path: Path) -> None:
    """Where `__all__` stands, only that; an imported function may be named."""
    text = (
        "from posixpath import basename\n__all__ = ['add']\n"
        "def add(a: int, b: int) -> int:\n    'Add.'\n    return a + b\ndef other(x): ...\n"
    )
    assert list(family(tmp_path, text)) == ["add"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\ndef f(x: int) -> int:\n    return x\n", ":2: the tool 'f' has no docstring"),
        ("def f(x, y: int) -> int:\n    'F.'\n", ":1: the tool 'f' has no type hint for 'x'. Add"),
        ("def f(x: int):\n    'F.'\n", "has no type hint for what it returns"),
        ("def f(x: int, *a, **k: int) -> int:\n    'F.'\n", "has no type hint for 'a'"),
        (
            "from __future__ import annotations\ndef f(x: Decimal) -> int:\n    'F.'\n",
            ":2: a type hint of the tool 'f' is not known when it runs: name 'Decimal'",
        ),
        (
            "from sqlite3 import Connection\ndef f(x: Connection) -> int:\n    'F.'\n",
            ":2: a model cannot be told the parameters of the tool 'f'",
        ),
        (
            f"{DECORATED}def g(x: int) -> int:\n    'G.'\n",
            "two tools are called 'g'. Rename one",
        ),
    ],
)
def test_a_function_that_cannot_be_a_tool_is_told_with_its_line(
    tmp_path: Path, text: str, said: str
) -> None:
    """And what to do about it."""
    with pytest.raises(BadDefinition) as caught:
        family(tmp_path, text)
    assert said in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "a.py"))


def test_all_faults_of_a_family_are_told_at_once(tmp_path: Path) -> None:
    """One look at the file mends it."""
    with pytest.raises(BadDefinitions) as caught:
        family(tmp_path, "def f(x: int) -> int: ...\ndef g(x) -> int:\n    'G.'\n")
    assert len(caught.value.errors) == 2
