"""Facts from source alone."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from stretto.check.reading.compiled import read_graph
from stretto.check.reading.source import graphs_in_source
from tests.check.loading import loaded

if TYPE_CHECKING:
    from pathlib import Path

    from stretto.check.facts import Graph

HEAD = """
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, RetryPolicy, Send, interrupt
from typing_extensions import Annotated, TypedDict
import operator

class State(TypedDict):
    text: str
    parts: Annotated[list[str], operator.add]

def first(state: State) -> dict:
    return {"text": "a"}

def second(state: State) -> dict:
    return {"text": state["text"] + "b"}
"""


def graphs(source: str, folder: Path) -> list[Graph]:
    """All graphs of a module that begins as all here do."""
    return graphs_in_source(folder / "module.py", HEAD + textwrap.dedent(source))


def only(source: str, folder: Path) -> Graph:
    """Its only graph."""
    (graph,) = graphs(source, folder)
    return graph


def test_a_builder_and_what_is_called_on_it(tmp_path: Path):
    """Nodes, edges, fields and the name of the compiled graph are told."""
    graph = only(
        """
        builder = StateGraph(State)
        builder.add_node("first", first, retry_policy=RetryPolicy(max_attempts=5, retry_on=ValueError))
        builder.add_node(second)
        builder.add_edge(START, "first")
        builder.add_edge("first", "second")
        builder.add_edge("second", END)
        team = builder.compile(checkpointer=False).with_config(recursion_limit=9)
        """,
        tmp_path,
    )
    assert graph.name == "team"
    assert list(graph.nodes) == ["first", "second"]
    assert ("first", "second") in graph.edges
    assert graph.fields["parts"].merges
    assert graph.fields["parts"].reducer == "_operator.add"
    assert not graph.fields["text"].merges
    assert graph.checkpointing == "off"
    assert graph.recursion_limit == 9
    assert graph.nodes["first"].retry[0].max_attempts == 5
    assert graph.nodes["first"].retry[0].on_names == ("ValueError",)
    assert graph.nodes["second"].code is not None
    assert [read.key for read in graph.nodes["second"].code.reads] == ["text"]


@pytest.mark.parametrize(
    "source",
    [
        """
        graph = (
            StateGraph(State)
            .add_node("first", first)
            .add_node("second", second)
            .add_edge(START, "first")
            .add_edge("first", "second")
            .compile()
        )
        """,
        """
        graph = StateGraph(State).add_sequence([first, second]).set_entry_point("first").compile()
        """,
        """
        def graph():
            builder = StateGraph(State)
            for name, node in {"first": first, "second": second}.items():
                builder.add_node(name, node)
            for source, target in [(START, "first"), ("first", "second")]:
                builder.add_edge(source, target)
            return builder.compile()
        """,
        """
        def graph():
            builder = StateGraph(State)
            builder.add_node("first", first)
            builder.add_node("second", second)
            with_edges(builder) if False else None
            return builder.compile()
        """,
    ],
)
def test_the_ways_of_writing_it(source: str, tmp_path: Path):
    """A chain of calls, a sequence, a loop over constants; what is passed on is left alone."""
    graph = only(source, tmp_path)
    assert graph.name == "graph"
    if "with_edges" in source:
        assert not graph.nodes
        assert "passed on" in graph.unknown[0].why
    else:
        assert list(graph.nodes) == ["first", "second"]
        assert graph.edges == {(START, "first"), ("first", "second")}


START = "__start__"


def test_a_loop_over_what_is_not_known_hides_the_graph(tmp_path: Path):
    """Nothing is guessed: the graph has no nodes, and says why."""
    graph = only(
        """
        def made(names):
            builder = StateGraph(State)
            for name in names:
                builder.add_node(name, first)
            return builder.compile()
        """,
        tmp_path,
    )
    assert not graph.nodes
    assert "loop" in graph.unknown[0].why


def test_subgraphs_are_looked_into(tmp_path: Path):
    """A compiled graph that is a node, or that a node's function calls, is within it."""
    inner = """
        inner = StateGraph(State).add_node("first", first).add_edge(START, "first").compile()

        def calls(state: State) -> dict:
            return {"text": inner.invoke(state)["text"]}

        outer = (
            StateGraph(State)
            .add_node("within", inner)
            .add_node("calls", calls)
            .add_edge(START, "within")
            .add_edge("within", "calls")
            .compile()
        )
    """
    by_name = {graph.name: graph for graph in graphs(inner, tmp_path)}
    outer = by_name["outer"]
    assert [each.title for each in outer.below()] == ["outer", "inner/within", "inner/calls"]


def test_imports_within_the_project_are_followed(tmp_path: Path):
    """A state and a node of another file are read there, and nothing is imported."""
    (tmp_path / "parts.py").write_text(HEAD + "\nraise RuntimeError('not to be imported')\n")
    text = """
from langgraph.graph import START, StateGraph
from parts import State, first as begin

graph = StateGraph(State).add_node("begin", begin).add_edge(START, "begin").compile()
"""
    (graph,) = graphs_in_source(tmp_path / "app.py", text, root=tmp_path)
    assert set(graph.fields) == {"text", "parts"}
    code = graph.nodes["begin"].code
    assert code is not None
    assert code.place.file.endswith("parts.py")
    assert code.writes[0].key == "text"


def test_a_state_that_is_not_there_hides_nothing_else(tmp_path: Path):
    """Without the class of the state its nodes are still read, and nothing is said of keys."""
    text = """
from langgraph.graph import START, StateGraph
from elsewhere import State

def first(state):
    return {"anything": state["something"]}

graph = StateGraph(State).add_node("first", first).add_edge(START, "first").compile()
"""
    (graph,) = graphs_in_source(tmp_path / "app.py", text)
    assert graph.nodes["first"].code is not None
    assert set(graph.fields) == {"anything", "something"}
    assert graph.unknown


def test_what_is_no_python_is_refused(tmp_path: Path):
    """A file with an error in it raises, and names the line."""
    with pytest.raises(SyntaxError) as raised:
        graphs_in_source(tmp_path / "broken.py", "StateGraph(\n")
    assert raised.value.lineno == 1


def test_both_ways_in_tell_the_same(tmp_path: Path):
    """What source says of a graph is what the compiled graph says."""
    source = HEAD + textwrap.dedent(
        """
        def choose(state: State):
            if state["text"]:
                return "second"
            return [Send("first", {"text": part}) for part in state["parts"]]

        def third(state: State) -> Command:
            return Command(goto="first", update={"parts": [state["text"]]})

        builder = StateGraph(State)
        builder.add_node("first", first)
        builder.add_node("second", second)
        builder.add_node("third", third)
        builder.add_edge(START, "first")
        builder.add_conditional_edges("first", choose)
        builder.add_edge(["first", "second"], "third")
        graph = builder.compile()
        """
    )
    file = tmp_path / "both_ways.py"
    module = loaded(source, tmp_path, "both_ways")
    live = read_graph(module.graph, name="graph", file=str(file))
    (read,) = graphs_in_source(file)
    assert {n: w.all for n, w in live.ways.items()} == {n: w.all for n, w in read.ways.items()}
    assert {n: w.whole for n, w in live.ways.items()} == {n: w.whole for n, w in read.ways.items()}
    assert live.joins == read.joins
    assert {n: (f.reducer, f.merges) for n, f in live.fields.items()} == {
        n: (f.reducer, f.merges) for n, f in read.fields.items()
    }
    for name, node in live.nodes.items():
        other = read.nodes[name].code
        assert node.code is not None
        assert other is not None
        assert node.code.writes == other.writes or [w.key for w in node.code.writes] == [
            w.key for w in other.writes
        ]
        assert [r.key for r in node.code.reads] == [r.key for r in other.reads]
        assert node.place == read.nodes[name].place


def test_methods_of_the_class_are_nodes(tmp_path: Path):
    """`self.name` is the method of the class or of its base; what is abstract is not known."""
    (graph,) = graphs_in_source(
        tmp_path / "app.py",
        """
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    text: str
    more: str


class Base:
    def read(self, state):
        return {"text": "read"}

    def ask(self, state):
        raise NotImplementedError


class Team(Base):
    def clean(self, state):
        return {"more": self.tidy(state["text"])}

    def tidy(self, text):
        return open(text, "w")

    def build(self):
        builder = StateGraph(State)
        builder.add_node("read", self.read)
        builder.add_node("ask", self.ask)
        builder.add_node("clean", self.clean)
        builder.add_edge(START, "read")
        builder.add_edge("read", "ask")
        builder.add_edge("ask", "clean")
        builder.add_edge("clean", END)
        return builder.compile()
""",
    )
    read, ask, clean = (graph.nodes[name] for name in ("read", "ask", "clean"))
    assert read.writes == {"text"}
    assert clean.writes == {"more"}
    assert clean.code is not None
    assert [effect.call for effect in clean.code.effects] == ["open"]
    assert ask.code is None
    assert ask.opaque
