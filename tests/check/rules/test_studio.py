"""U601 to U606: what a server and Studio make of a graph, and what they make nothing of."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from stretto.check.checking import found_in
from stretto.check.reading.compiled import read_graph
from stretto.check.rules import all_rules
from tests.check.loading import loaded

if TYPE_CHECKING:
    from pathlib import Path

    from stretto.check import Finding

HEAD = """
import re
from functools import partial
from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langgraph.graph import END, START, MessagesState, StateGraph
model = FakeListChatModel(responses=["yes"])


def build(node, state=MessagesState, **schemas):
    builder = StateGraph(state, **schemas)
    builder.add_node("node", node)
    builder.add_edge(START, "node")
    return builder.compile()

"""
NOTHING = "def hello(state):\n    return {}\n"


def _found(code: str, rule: str, folder: Path) -> list[Finding]:
    name = f"studio_{abs(hash((code, rule)))}"
    module = loaded(HEAD + code, folder, name)
    rules = [each for each in all_rules() if each.code == rule]
    return found_in(read_graph(module.graph, file=module.__file__, served=True), rules)


@pytest.mark.parametrize(
    "code",
    [
        "from typing_extensions import TypedDict\nclass Note(TypedDict):\n    a: str",
        "from pydantic import BaseModel\nclass Note(BaseModel):\n    a: str",
        "from dataclasses import dataclass\n@dataclass\nclass Note:\n    a: str",
        "class Note(MessagesState):\n    a: str",
    ],
)
def test_other_states_have_schemas(code: str, tmp_path: Path):
    """A server shows a form for them."""
    graph = "\ngraph = build(hello, Note)"
    assert _found(f"{code}\n{NOTHING}{graph}", "U601", tmp_path) == []


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python 3.12 mended it")
def test_its_import_is_mended(tmp_path: Path):
    """The other names stay where they are."""
    code = "from typing import Any, TypedDict\nclass Note(TypedDict):\n    a: Any\n"
    (finding,) = _found(f"{code}{NOTHING}\ngraph = build(hello, Note)", "U601", tmp_path)
    (edit,) = finding.edits
    assert edit.text.splitlines() == [
        "from typing import Any",
        "from typing_extensions import TypedDict",
    ]


NOTE = """
from typing_extensions import TypedDict
class Note(TypedDict):
    a: str
    b: str
class A(TypedDict):
    a: str
"""


@pytest.mark.parametrize(
    ("returned", "schemas", "found"),
    [
        ("{'b': 'x'}", "output_schema=A", True),
        ("{'a': 'x'}", "output_schema=A", False),
        ("{'a': 'x', 'b': 'y'}", "output_schema=A", False),
        ("{'b': 'x'}", "input_schema=A", False),
        ("{'b': 'x'}", "output_schema=Note", False),
        ("{}", "output_schema=A", False),
    ],
)
def test_updates_of_other_keys_are_told_of(
    returned: str, schemas: str, tmp_path: Path, *, found: bool
):
    """Only where nothing is left of a node's update; it is no more than advice."""
    code = (
        f"{NOTE}\ndef node(state):\n    return {returned}\n\ngraph = build(node, Note, {schemas})"
    )
    findings = _found(code, "U602", tmp_path)
    assert bool(findings) == found
    assert {each.severity for each in findings} <= {"info"}


@pytest.mark.parametrize(
    "code",
    [
        "made = build(hello)\ndef node(state):\n    return made.invoke(state)",
        "def node(state):\n    return {'messages': re.compile('a').sub('b', 'a')}",
        "made = create_agent(model)\ndef node(state):\n    return made.invoke(state)",
        "def node(state):\n    return {'messages': model.invoke('hello')}",
    ],
)
def test_what_stands_beside_a_node_is_seen(code: str, tmp_path: Path):
    """A graph that is made once is no hidden one."""
    assert _found(f"{NOTHING}\n{code}\n\ngraph = build(node)", "U605", tmp_path) == []


@pytest.mark.parametrize(
    "code",
    [
        "def node(state):\n    return create_agent(model).invoke(state)",
        "def node(state):\n    made = create_agent(model)\n    return made.invoke(state)",
        "async def node(state):\n    made = create_agent(model)\n    return await made.ainvoke(state)",
    ],
)
def test_an_agent_that_a_node_makes_is_hidden(code: str, tmp_path: Path):
    """It is made anew at each run."""
    assert _found(f"{code}\n\ngraph = build(node)", "U605", tmp_path)


@pytest.mark.parametrize(
    ("code", "node"),
    [
        ("def node(given):\n    return {}", "node"),
        ("node = lambda given: {}", "node"),
        ("def node(state: MessagesState) -> dict:\n    return {}", "node"),
        ("def node(given: MessagesState, /) -> dict:\n    return {}", "node"),
        (
            "class Node:\n    def run(self, state: MessagesState) -> dict:\n        return {}",
            "Node().run",
        ),
    ],
)
def test_what_type_checkers_let_pass_is_sound(code: str, node: str, tmp_path: Path):
    """A function without types, or whose parameter has no name to call it by."""
    assert _found(f"{code}\n\ngraph = build({node})", "U606", tmp_path) == []


def test_any_name_in_the_standard_library_is_no_folder(tmp_path: Path):
    """Only a folder of the project counts."""
    code = f"import json\nimport langgraph\n{NOTHING}\ngraph = build(hello)"
    assert _found(code, "U604", tmp_path) == []
    (tmp_path / "langgraph.json").write_text("{}")
    (tmp_path / "kitchen").mkdir()
    assert _found(code, "U604", tmp_path) == []
    assert _found(code, "U603", tmp_path) == []
