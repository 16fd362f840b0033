"""A user's Python file, loaded by its path."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from stretto.errors import BadDefinition, InvalidInput, MissingExtra, UnknownName
from stretto.spec.module import attribute, load_module, module_name

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, text: str) -> Path:
    """Write a file and give its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_file_is_run_once(tmp_path: Path) -> None:
    """All who load it hold the same objects."""
    path = write(tmp_path / "tools" / "a.py", "thing = object()")
    assert (
        load_module(path).thing is load_module(tmp_path / "tools" / ".." / "tools" / "a.py").thing
    )


def test_a_changed_file_is_run_again(tmp_path: Path) -> None:
    """A long-lived process sees what was edited."""
    path = write(tmp_path / "a.py", "thing = 1")
    assert load_module(path).thing == 1
    write(path, "thing = 2")
    os.utime(path, ns=(1, 1))
    assert load_module(path).thing == 2


def test_files_of_one_name_do_not_meet(tmp_path: Path) -> None:
    """Nor do they meet an installed package, whatever they are called."""
    for folder in ("one", "two"):
        write(tmp_path / folder / "json.py", f"where = {folder!r}")
    one, two = (load_module(tmp_path / folder / "json.py") for folder in ("one", "two"))
    assert (one.where, two.where) == ("one", "two")
    assert "where" not in vars(sys.modules["json"])


def test_the_search_path_is_left_alone(tmp_path: Path) -> None:
    """Loading does not depend on it, and does not change it."""
    before = list(sys.path)
    load_module(write(tmp_path / "a.py", "x = 1"))
    assert sys.path == before


def test_classes_know_their_module(tmp_path: Path) -> None:
    """Type hints given as text can be resolved, as pydantic and LangChain do."""
    path = write(
        tmp_path / "my-types.py",
        "from __future__ import annotations\nfrom pydantic import BaseModel\n"
        "class A(BaseModel):\n    b: B\nclass B(BaseModel):\n    x: int\n",
    )
    module = load_module(path)
    assert module.A.model_validate({"b": {"x": 1}}).b.x == 1
    assert sys.modules[module_name(path)] is module


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\n\ny = x / 0\n", ":3: ZeroDivisionError: division by zero. Mend it there"),
        ("x = 1\ndef f(:\n", ":2: SyntaxError: invalid syntax. Mend it"),
        ("import nothing_of_that_name\n", ":1: ModuleNotFoundError: No module named"),
        ("from . import x\n", ":1: ImportError: attempted relative import with no known parent"),
        ("\nraise SystemExit(3)\n", ":2: SystemExit: 3. Leave out the call"),
        ("def f():\n    raise ValueError\nf()\n", ":2: ValueError. Mend it there"),
        ("import json\njson.loads('{')\n", ":2: JSONDecodeError: Expecting"),
    ],
)
def test_an_error_names_the_line_of_the_users_file(tmp_path: Path, text: str, said: str) -> None:
    """The exception itself is the cause."""
    path = write(tmp_path / "a.py", text)
    with pytest.raises(BadDefinition) as caught:
        load_module(path)
    assert str(caught.value).startswith(f"{path}{said}")
    assert caught.value.__cause__ is not None
    assert module_name(path) not in sys.modules


def test_a_mended_file_can_be_loaded(tmp_path: Path) -> None:
    """A failure is not remembered."""
    path = write(tmp_path / "a.py", "1 / 0")
    with pytest.raises(BadDefinition):
        load_module(path)
    assert load_module(write(path, "x = 1  # mended")).x == 1


def test_a_name_looked_up_in_vain_learns_the_line(tmp_path: Path) -> None:
    """`project.agent("plnner")` in a graph's file is told with that file's line."""
    path = write(
        tmp_path / "a.py",
        "from stretto.errors import UnknownName\n\nraise UnknownName('agent', 'plnner', ['planner'])",
    )
    with pytest.raises(UnknownName, match=r"a\.py:3: no agent 'plnner'\. Did you mean 'planner'"):
        load_module(path)


def test_other_errors_of_stretto_pass_as_they_are(tmp_path: Path) -> None:
    """They already say what and where."""
    path = write(
        tmp_path / "a.py", "from stretto.errors import MissingExtra\nraise MissingExtra('PDF', 'x')"
    )
    with pytest.raises(MissingExtra) as caught:
        load_module(path)
    assert caught.value.__cause__ is not caught.value


def test_a_file_that_loads_itself_is_refused(tmp_path: Path) -> None:
    """It would have no end."""
    path = write(
        tmp_path / "a.py",
        "from pathlib import Path\nfrom stretto.spec.module import load_module\n"
        "load_module(Path(__file__))",
    )
    with pytest.raises(BadDefinition, match="the file loads itself"):
        load_module(path)


def test_what_is_no_python_file_is_refused(tmp_path: Path) -> None:
    """Not there, a folder, or of another kind."""
    with pytest.raises(BadDefinition, match="there is no such file"):
        load_module(tmp_path / "a.py")
    with pytest.raises(BadDefinition, match="there is no such file"):
        load_module(tmp_path)
    with pytest.raises(BadDefinition, match="not a Python file"):
        load_module(write(tmp_path / "graph.ts", "x"))


def test_an_attribute_that_is_not_there_is_told_with_the_nearest(tmp_path: Path) -> None:
    """The error is an `InvalidInput` like every wrong name."""
    path = write(tmp_path / "a.py", "graph = 1")
    module = load_module(path)
    assert attribute(path, module, "graph") == 1
    with pytest.raises(InvalidInput, match=r"no attribute 'grph'\. Did you mean 'graph'"):
        attribute(path, module, "grph")
