"""FACTS 2.19: a node's first parameter is to be called `state`, or type checkers refuse it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stretto.check.checking import found_in
from stretto.check.reading.compiled import read_graph
from stretto.check.rules import all_rules
from tests.check.loading import loaded

TEXT = """
from langgraph.graph import START, MessagesState, StateGraph


def hello({name}: MessagesState) -> dict[str, str]:
    return {{}}


builder = StateGraph(MessagesState)
builder.add_node("hello", hello)
builder.add_edge(START, "hello")
graph = builder.compile()
"""
PYRIGHT = Path(sys.executable).with_name("pyright")


def _codes(name: str, folder: Path) -> set[str]:
    module = loaded(TEXT.format(name=name), folder, f"called_{name}")
    assert module.graph.invoke({"messages": []}) == {"messages": []}
    return {f.code for f in found_in(read_graph(module.graph), all_rules())}


def test_langgraph_runs_it_and_check_says_so(tmp_path: Path):
    """At run time any name will do."""
    assert "U606" in _codes("given", tmp_path)
    assert "U606" not in _codes("state", tmp_path)


@pytest.mark.skipif(not PYRIGHT.is_file(), reason="pyright is not installed")
@pytest.mark.parametrize(("name", "fine"), [("given", False), ("state", True)])
def test_a_type_checker_refuses_it(name: str, tmp_path: Path, *, fine: bool):
    """LangGraph's protocol of a node names its parameter."""
    (file := tmp_path / "called.py").write_text(TEXT.format(name=name))
    command = [shutil.which(PYRIGHT) or "", "--pythonpath", sys.executable, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode == 0) == fine
    assert ("add_node" in done.stdout) != fine
