"""Whether values fit types."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from stretto.check.fitting import misfit, type_of
from stretto.check.reading.spaces import Project, SourceScope

HEAD = "import json\nfrom langchain_core.messages import AIMessage\n"


def wrong(value: str, kind: str) -> str:
    """What does not fit."""
    space = Project(Path("/nowhere")).made(Path("/nowhere/module.py"), ast.parse(HEAD))
    wanted = type_of(kind)
    assert wanted is not None
    return misfit(ast.parse(value, mode="eval").body, wanted, SourceScope(space))


@pytest.mark.parametrize(
    ("value", "kind", "found"),
    [
        ("'a'", "int", "str"),
        ("1", "str", "int"),
        ("f'{x}'", "list[str]", "str"),
        ("[1]", "list[str]", "list of int"),
        ("{'a': 'b'}", "dict[str, int]", "dict of str"),
        ("['a']", "str", "list"),
        ("len(x)", "<class 'str'>", "int"),
        ("json.dumps(x)", "dict", "str"),
        ("'c'", "typing.Literal['a', 'b']", "'c'"),
        ("1", "str | None", "int"),
        ("'a'", "typing.Optional[int]", "str"),
        ("AIMessage('a')", "str", "AIMessage"),
        ("{1}", "list[int]", "set"),
    ],
)
def test_what_does_not_fit(value: str, kind: str, found: str):
    """A value whose type stands in the source, and is another."""
    assert wrong(value, kind) == found


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("1", "float"),
        ("True", "int"),
        ("(1, 2)", "list[int]"),
        ("[None]", "list[str]"),
        ("'a'", "Mode"),
        ("'a'", "typing.Any"),
        ("'a'", "Literal['a', 'b']"),
        ("'a'", "int | Mode"),
        ("{'a': 1}", "Draft"),
        ("unknown(x)", "int"),
        ("x", "int"),
        ("[]", "list[str]"),
        ("[Draft()]", "list[Draft]"),
        ("None", "str | None"),
        ("1", "typing.Union[int, str]"),
    ],
)
def test_what_fits_or_is_not_known(value: str, kind: str):
    """Where a part is not known, nothing is said."""
    assert wrong(value, kind) == ""
