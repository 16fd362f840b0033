"""The classes that types name."""

from __future__ import annotations

import ast
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel
from typing_extensions import TypedDict

from stretto.check.reading.classes import classes_in, classes_of
from stretto.check.reading.spaces import Project

SOURCE = """
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pydantic import BaseModel
from typing_extensions import TypedDict
class Model(BaseModel): x: int
@dataclass
class Data: x: int
class Words(TypedDict): x: int
class Client:
    def call(self): ...
def make():
    class Local(BaseModel): x: int
"""


class Model(BaseModel):
    """A model."""


@dataclass
class Data:
    """A record."""


class Words(TypedDict):
    """A dictionary."""


class Client:
    """A class of its own."""

    def __init__(self) -> None:
        self.calls = 0


@pytest.mark.parametrize(
    ("kind", "kinds"),
    [
        (Model, ["record"]),
        (Data, ["record"]),
        (Words, ["dict"]),
        (Client, ["plain"]),
        (UUID, [""]),
        (datetime, [""]),
        (list[Client], ["", "plain"]),
        (Client | None, ["plain", ""]),
        (type[Client], [""]),
        (Any, [""]),
    ],
)
def test_kinds_of_classes(kind: Any, kinds: list[str]):
    """A record is stored with its name; a class of the user's own is not stored at all."""
    found = [each.kind for each in classes_of(kind) if each.name != "types.UnionType"]
    assert found == kinds


def test_names_of_classes():
    """Names are whole; one of a function has it in its name."""

    class Local(BaseModel):
        pass

    names = [each.name for each in classes_of(dict[str, Iterator[Local]])]
    assert names[:3] == ["dict", "str", "collections.abc.Iterator"]
    assert "<locals>" in names[3]
    assert classes_of(Callable[[int], str])[0].name == "collections.abc.Callable"
    assert classes_of(threading.Lock)[0].name.startswith("_thread.")


@pytest.mark.parametrize(
    ("annotation", "kinds"),
    [("list[Model]", ["", "record"]), ("Data", ["record"]), ("Words", ["dict"]),
     ("'Client | None'", ["plain"]), ("threading.Lock", [""])],
)  # fmt: skip
def test_kinds_in_source(annotation: str, kinds: list[str]):
    """The same is told from source alone."""
    space = Project(Path("/nowhere")).made(Path("/nowhere/module.py"), ast.parse(SOURCE))
    found = classes_in(ast.parse(annotation, mode="eval").body, space)
    assert [each.kind for each in found if each.name != "threading"] == kinds


def test_a_class_of_a_function_in_source():
    """A class that is defined in a function says so in its name."""
    space = Project(Path("/nowhere")).made(Path("/nowhere/module.py"), ast.parse(SOURCE))
    tree = space.names["make"]
    assert isinstance(tree, ast.FunctionDef)
    (found,) = classes_in(ast.parse("Local", mode="eval").body, space.inner(tree))
    assert (found.name, found.kind) == ("module.<locals>.Local", "record")
