"""Which nodes may run in one superstep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, Send
from typing_extensions import TypedDict

from stretto.check.concurrency import concurrency, many, together
from stretto.check.reading.compiled import read_graph

if TYPE_CHECKING:
    from stretto.check.facts import Graph


class State(TypedDict):
    """A state of little."""

    text: str


def step(state: State) -> dict[str, Any]:
    """Do nothing."""
    return {}


def facts(
    nodes: str | dict[str, Any],
    edges: list[tuple[Any, Any]],
    branches: dict[str, Any] | None = None,
    **deferred: bool,
) -> Graph:
    """The facts of a graph."""
    builder = StateGraph(State)
    given = dict.fromkeys(nodes.split(), step) if isinstance(nodes, str) else nodes
    for name, node in given.items():
        builder.add_node(name, node, defer=deferred.get(name, False))
    for source, target in edges:
        builder.add_edge(source, target)
    for source, branch in (branches or {}).items():
        builder.add_conditional_edges(source, branch)
    return read_graph(builder.compile())


def pairs(graph: Graph) -> set[str]:
    """The pairs, as words."""
    return {"+".join(sorted(pair)) for pair in together(graph)}


def sure(graph: Graph) -> set[str]:
    """The sure ones."""
    return {"+".join(sorted(pair)) for pair in concurrency(graph).sure}


def test_nodes_of_a_chain_never_run_together():
    """One after the other is not at once."""
    assert pairs(facts("a b", [(START, "a"), ("a", "b"), ("b", END)])) == set()


def test_a_fork_runs_its_nodes_together():
    """Static edges out of one node fire at once, and go on in step."""
    graph = facts("a b c d", [(START, "a"), (START, "b"), ("a", "c"), ("b", "d")])
    assert pairs(graph) == sure(graph) == {"a+b", "c+d"}


def test_ways_of_unequal_length_run_beside_each_other_step_by_step():
    """What runs in the second step of one way runs beside the second of the other."""
    graph = facts(
        "a b b2 end", [(START, "a"), (START, "b"), ("b", "b2"), ("a", "end"), ("b2", END)]
    )
    assert pairs(graph) == {"a+b", "b2+end"}


def test_a_join_waits_for_the_slowest():
    """What a list edge leads to runs after all its sources, alone."""
    edges = [(START, "a"), (START, "b"), ("b", "b2"), (["a", "b2"], "end")]
    assert pairs(facts("a b b2 end", edges)) == {"a+b"}


def test_a_deferred_node_waits_for_all():
    """A deferred node runs when nothing else is left."""
    edges = [(START, "a"), (START, "b"), ("b", "b2"), ("a", "end"), ("b2", "end")]
    assert pairs(facts("a b b2 end", edges, end=True)) == {"a+b"}


def test_a_branch_leads_to_one_of_its_targets():
    """Nodes that a branch chooses between never run together."""

    def choose(state: State) -> str:
        return "a" if state["text"] else "b"

    assert pairs(facts("a b", [], {START: choose})) == set()


def test_a_branch_that_lists_two_nodes_runs_both():
    """A list is several at once."""

    def choose(state: State) -> list[str]:
        return ["a", "b"] if state["text"] else ["c"]

    graph = facts("a b c", [], {START: choose})
    assert pairs(graph) == {"a+b"}
    assert sure(graph) == set()


def test_what_two_choose_side_by_side_is_not_told():
    """Two branches that may choose alike give no pair of what they choose."""

    def first(state: State) -> str:
        return "a1" if state["text"] else "a2"

    def second(state: State) -> str:
        return "b1" if state["text"] else "b2"

    edges = [(START, "a"), (START, "b")]
    graph = facts("a b a1 a2 b1 b2", edges, {"a": first, "b": second})
    assert pairs(graph) == {"a+b"}


def test_a_choice_beside_a_fixed_way():
    """What one chooses may run beside what the other always does, but need not."""

    def choose(state: State) -> str:
        return "a1" if state["text"] else "__end__"

    graph = facts("a b a1 c", [(START, "a"), (START, "b"), ("b", "c")], {"a": choose})
    assert pairs(graph) == {"a+b", "a1+c"}
    assert sure(graph) == {"a+b"}


def test_a_fork_behind_a_choice_is_sure():
    """Whenever the graph comes to the fork, both run."""

    def choose(state: State) -> str:
        return "fork" if state["text"] else "__end__"

    graph = facts("fork a b", [("fork", "a"), ("fork", "b")], {START: choose})
    assert sure(graph) == {"a+b"}


def test_a_node_that_is_sent_to_may_run_many_times():
    """A Send for each item runs one node many times at once; what follows runs once."""

    def spread(state: State) -> list[Send]:
        return [Send("work", {"text": each}) for each in state["text"]]

    graph = facts("work end", [("work", "end")], {START: spread})
    assert many(graph) == {"work"}
    assert pairs(graph) == set()


def test_sends_to_two_nodes_run_both():
    """Sends in one list run at once."""

    def spread(state: State) -> list[Send]:
        return [Send("a", state), Send("b", state)]

    graph = facts("a b", [], {START: spread})
    assert pairs(graph) == {"a+b"}
    assert many(graph) == set()


def test_a_goto_beside_a_static_edge_runs_both():
    """A Command's goto does not replace the edge."""

    def go(state: State) -> Command[Any]:
        return Command(goto="b")

    graph = facts({"go": go, "a": step, "b": step}, [(START, "go"), ("go", "a")])
    assert pairs(graph) == {"a+b"}


def test_a_goto_to_several_runs_them_at_once():
    """A list in `goto` is several at once."""

    def go(state: State) -> Command[Any]:
        return Command(goto=["a", "b"])

    assert pairs(facts({"go": go, "a": step, "b": step}, [(START, "go")])) == {"a+b"}


def test_a_loop_beside_a_chain():
    """A loop may be at any of its nodes while the chain goes on."""

    def again(state: State) -> str:
        return "tools" if state["text"] else "__end__"

    edges = [(START, "agent"), (START, "b"), ("b", "c"), ("tools", "agent")]
    graph = facts("agent tools b c", edges, {"agent": again})
    assert "c+tools" in pairs(graph)
    assert "agent+tools" not in pairs(graph)
