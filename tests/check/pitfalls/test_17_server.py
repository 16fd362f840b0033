"""FACTS 2.17: what a server makes of a graph: schemas, updates, drawings, imports."""

from __future__ import annotations

import importlib
import subprocess
import sys
import typing
from typing import TYPE_CHECKING, Any

import pytest
from langgraph.graph import END, START, StateGraph
from pydantic.errors import PydanticUserError
from typing_extensions import TypedDict

from stretto.check.checking import found_in
from stretto.check.reading.compiled import read_graph
from stretto.check.rules import all_rules
from tests.check.loading import loaded

if TYPE_CHECKING:
    from pathlib import Path

    from stretto.check import Finding


def _found(graph: Any, code: str, file: Path | None = None) -> list[Finding]:
    rules = [rule for rule in all_rules() if rule.code == code]
    return found_in(read_graph(graph, file=str(file or ""), served=True), rules)


Text = typing.TypedDict("Text", {"text": str})  # noqa: UP013 - the fault


class Note(TypedDict):
    """A state of which only a part is given back."""

    text: str
    draft: str


class Told(TypedDict):
    """What is given back."""

    text: str


def draft(state: Any) -> dict[str, str]:
    """Write a draft."""
    return {"draft": "a lamp"}


def tell(state: Any) -> dict[str, str]:
    """Tell it."""
    return {"text": "A lamp."}


def _chain(schema: Any, **options: Any) -> Any:
    builder: StateGraph[Any, Any, Any, Any] = StateGraph(schema, **options)
    builder.add_sequence([draft, tell])
    builder.add_edge(START, "draft")
    return builder.compile()


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python 3.12 mended it")
def test_a_typed_dict_of_typing_has_no_schema():
    """The server asks for it, and shows no form where it fails."""
    builder: StateGraph[Any, Any, Any, Any] = StateGraph(Text)
    builder.add_node("tell", tell)
    builder.add_edge(START, "tell")
    graph = builder.compile()
    with pytest.raises(PydanticUserError, match="typing_extensions"):
        graph.get_input_jsonschema()
    assert _found(graph, "U601")
    assert _found(_chain(Note), "U601") == []


def test_updates_show_none_for_what_is_not_in_the_output():
    """A server streams updates of the output's keys alone."""
    graph = _chain(Note, output_schema=Told)
    given: Any = {"text": "", "draft": ""}
    updates = list(graph.stream(given, stream_mode="updates", output_keys=["text"]))
    assert updates[0] == {"draft": None}
    (finding,) = _found(graph, "U602")
    assert finding.node == "draft"
    assert _found(_chain(Note), "U602") == []


def test_a_branch_without_targets_is_drawn_to_everything():
    """It may lead anywhere, so the drawing says nothing."""
    builder: StateGraph[Any, Any, Any, Any] = StateGraph(Note)
    for node in (draft, tell):
        builder.add_node(node.__name__, node)
    builder.add_edge(START, "draft")
    builder.add_conditional_edges("draft", _where)
    graph = builder.compile()
    drawn = {edge.target for edge in graph.get_graph().edges if edge.source == "draft"}
    assert drawn != {"tell"}
    rules = [rule for rule in all_rules() if rule.name == "undeclared-branch"]
    (finding,) = found_in(read_graph(graph), rules)
    assert finding.node == "draft"


def _where(state: Note) -> str:
    return "tell" if state["draft"] else END


RELATIVE = """
from langgraph.graph import START, MessagesState, StateGraph
from .words import HELLO

def hello(state: MessagesState) -> dict:
    return {"messages": [HELLO]}

builder = StateGraph(MessagesState)
builder.add_node("hello", hello)
builder.add_edge(START, "hello")
graph = builder.compile()
"""


def test_a_graph_s_file_is_loaded_outside_of_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A relative import fails there, though it works in the package."""
    package = tmp_path / "kitchen"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "words.py").write_text("HELLO = 'Hello'\n")
    (file := package / "hello.py").write_text(RELATIVE)
    loads = (
        "import importlib.util as u\n"
        f"spec = u.spec_from_file_location('made_up', {str(file)!r})\n"
        "spec.loader.exec_module(u.module_from_spec(spec))"
    )
    done = subprocess.run(
        [sys.executable, "-c", loads], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert "attempted relative import" in done.stderr
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("kitchen.hello")
    (finding,) = _found(module.graph, "U603", file)
    assert finding.place is not None
    assert finding.place.line == RELATIVE[: RELATIVE.index("from .")].count("\n") + 1


def test_an_installed_package_wins_over_a_folder(tmp_path: Path):
    """The server puts the working directory at the end of the path."""
    (folder := tmp_path / "pytest").mkdir()
    (folder / "__init__.py").write_text("OURS = True\n")
    (tmp_path / "langgraph.json").write_text("{}")
    looks = f"import sys; sys.path.append({str(tmp_path)!r}); import pytest; print(pytest.OURS)"
    done = subprocess.run(
        [sys.executable, "-c", looks], capture_output=True, text=True, check=False
    )
    assert "has no attribute 'OURS'" in done.stderr
    text = RELATIVE.replace("from .words import HELLO", "import pytest\nHELLO = 'Hello'")
    module = loaded(text, tmp_path, "shadowed")
    assert _found(module.graph, "U604", tmp_path / "shadowed.py")
