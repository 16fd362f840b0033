from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from langgraph.graph import START, MessagesState, StateGraph

from stretto.cli.turn import check_context
from stretto.errors import UnknownName
from stretto.state import ResearchContext


def test_the_second_ctrl_c_stops_at_once_though_a_thread_works_on(stretto, project):
    """The second Ctrl-C stops at once though a thread works on."""
    command = [sys.executable, "-m", "stretto.cli", "run", "hurried", "x", "--thread", "t-1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 130
    assert "stopping at the next safe point" in done.stdout
    assert "stopped at once" in done.stderr
    assert "stretto resume t-1" in done.stderr
    assert stretto("threads", "--json").json[0]["status"] == "stopped"
    done = subprocess.run(
        [*command[:-1], "t-2", "--json"], capture_output=True, text=True, timeout=60, check=False
    )
    assert json.loads(done.stdout)["kind"] == "RunStopped"


def graph_with(context: Any) -> Any:
    """A graph that takes a context of that type."""
    graph: Any = StateGraph(MessagesState, context_schema=context)
    graph.add_node("say", lambda _: {"messages": []})
    return graph.add_edge(START, "say").compile()


def test_a_context_is_what_the_graph_says_it_takes():
    """A name that it does not take is refused with the nearest one; without a type any is taken."""
    typed, loose = graph_with(ResearchContext), graph_with(None)
    assert check_context(typed, "team", [], {}) is None
    assert check_context(typed, "team", ["/a"], {}) == {"sources": ["/a"]}
    with pytest.raises(UnknownName, match="Did you mean 'sources'"):
        check_context(typed, "team", [], {"source": "/a"})
    assert check_context(loose, "team", [], {"most": 3}) == {"most": 3}
