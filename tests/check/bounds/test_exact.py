"""Graphs whose worst run is known: it comes to just what the bound says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stretto.check.bounds import bounds
from tests.check.bounds.test_sound import HEAD
from tests.check.loading import loaded

if TYPE_CHECKING:
    from pathlib import Path

CASES = {
    "a list of Commands": """
def first(state: State) -> list[Command[Literal["b","c"]]]:
    ran.append("first")
    return [Command(goto="b"), Command(goto="c")]
builder.add_node(first)
builder.add_node(b)
builder.add_node(c)
builder.add_edge(START,"first")
""",
    "a goto of names and sends": """
def first(state: State) -> Command[Literal["b","c"]]:
    ran.append("first")
    return Command(goto=["b", Send("c", {}), Send("c", {})])
builder.add_node(first)
builder.add_node(b)
builder.add_node(c)
builder.add_edge(START,"first")
""",
    "a goto beside an edge": """
def first(state: State) -> Command[Literal["b"]]:
    ran.append("first")
    return Command(goto="b")
builder.add_node(first)
builder.add_node(b)
builder.add_node(c)
builder.add_edge(START,"first")
builder.add_edge("first","c")
""",
    "branches of unequal length": """
builder.add_node(a)

builder.add_node(b)

builder.add_node(c)

builder.add_node("d", noted("d"))
builder.add_edge(START,"a")
builder.add_edge(START,"b")
builder.add_edge("a","c")
builder.add_edge("c","d")
builder.add_edge("b","d")
""",
    "a conditional entry": """
def way(state: State): return ["b","c"] if state["flag"] else "b"
builder.add_node(b)
builder.add_node(c)
builder.add_conditional_edges(START, way, ["b","c"])
""",
    "two conditional edges": """
def w1(state: State): return "b"
def w2(state: State): return "c" if state["flag"] else END
builder.add_node(a)
builder.add_node(b)
builder.add_node(c)
builder.add_edge(START,"a")
builder.add_conditional_edges("a", w1, ["b"])
builder.add_conditional_edges("a", w2, ["c", END])
""",
    "a path_map of truths": """
def w1(state: State): return len(state["items"]) > 2
builder.add_node(a)
builder.add_node(b)
builder.add_node(c)
builder.add_edge(START,"a")
builder.add_conditional_edges("a", w1, {True:"b", False: END})
builder.add_edge("b","c")
""",
    "a counter that is looked at first": """
def again(state: State):
    ran.append("again")
    return {"n": state.get("n",0)+1}
def way(state: State):
    n = state.get("n")
    if n is None: return END
    elif n >= 4: return END
    return "again"
builder.add_node(again)
builder.add_edge(START,"again")
builder.add_conditional_edges("again", way, ["again", END])
""",
    "a match": """
def again(state: State):
    ran.append("again")
    return {"n": state.get("n",0)+1}
def way(state: State):
    match state["n"]:
        case 1 | 2 | 3: return "again"
        case _: return END
builder.add_node(again)
builder.add_edge(START,"again")
builder.add_conditional_edges("again", way, ["again", END])
""",
    "a list edge in a loop": """
def again(state: State):
    ran.append("again"); return {"n": state.get("n",0)+1}
def way(state: State): return "again" if state["n"] < 3 else END
builder.add_node(again)
builder.add_node(a)
builder.add_node(b)
builder.add_node(c)
builder.add_edge(START,"again")
builder.add_edge("again","a")
builder.add_edge("again","b")
builder.add_edge(["a","b"],"c")
builder.add_conditional_edges("c", way, ["again", END])
""",
    "a private field": """
class P(TypedDict, total=False):
    k: int
def x(state: State) -> P:
    ran.append("x"); return {"k": 5}
def y(state: P):
    ran.append("y"); return Command(goto="b") if state["k"] == 5 else Command(goto=END)
builder.add_node(x)
builder.add_node("y", y, destinations=("b","__end__"))
builder.add_node(b)
builder.add_edge(START,"x")
builder.add_edge("x","y")
""",
    "a field that a node is not given": """
class P(TypedDict, total=False):
    items: list[int]
def x(state: State):
    ran.append("x"); return {"n": 5}
def y(state: P) -> Command[Literal["b","__end__"]]:
    ran.append("y"); return Command(goto="b" if state.get("n", 0) == 0 else END)
builder.add_node(x)
builder.add_node(y)
builder.add_node(b)
builder.add_edge(START,"x")
builder.add_edge("x","y")
""",
    "a node that yields": """
def x(state: State):
    ran.append("x")
    yield {"n": 1}
    yield {"n": 2}
def way(state: State): return "b" if state["n"] == 2 else END
builder.add_node(x)
builder.add_node(b)
builder.add_edge(START,"x")
builder.add_conditional_edges("x", way, ["b", END])
""",
    "a lambda": """
builder.add_node(a)

builder.add_node(b)

builder.add_node(c)
builder.add_edge(START,"a")
builder.add_conditional_edges("a", lambda s: ["b","c"] if s["flag"] and not s.get("n") else [], ["b","c"])
""",
    "a number of sends": """
def way(state: State): return [Send("b", {}) for i in range(4)]
builder.add_node(a)
builder.add_node(b)
builder.add_node(c)
builder.add_edge(START,"a")
builder.add_conditional_edges("a", way, ["b"])
builder.add_edge("b","c")
""",
    "a condition behind a payload": """
def begin(state: State):
    ran.append("begin"); return {"n": 3}
def way(state: State): return [Send("b", {"n": 0})]
def after(state: State): return "c" if state["n"] == 3 else END
builder.add_node(begin)
builder.add_node(b)
builder.add_node(c)
builder.add_edge(START,"begin")
builder.add_conditional_edges("begin", way, ["b"])
builder.add_conditional_edges("b", after, ["c", END])
""",
    "a list within a list": """
def way(state: State): return ["b", *(["c"] if state["flag"] else [])]
builder.add_node(a)
builder.add_node(b)
builder.add_node(c)
builder.add_edge(START,"a")
builder.add_conditional_edges("a", way, ["b","c"])
""",
    "a part of a list": """
def way(state: State): return ["b","c"][:2]
builder.add_node(a)
builder.add_node(b)
builder.add_node(c)
builder.add_edge(START,"a")
builder.add_conditional_edges("a", way, ["b","c"])
""",
    "a set": """
def way(state: State): return list({"b","c"})
builder.add_node(a)
builder.add_node(b)
builder.add_node(c)
builder.add_edge(START,"a")
builder.add_conditional_edges("a", way, ["b","c"])
""",
    "a list or a name": """
def way(state: State): return state.get("more") and ["b","c"] or "b"
builder.add_node(a)
builder.add_node(b)
builder.add_node(c)
builder.add_edge(START,"a")
builder.add_conditional_edges("a", way, ["b","c"])
""",
    "an annotation that is wrong": """
def way(state: State) -> str: return ["b","c"] if state["flag"] else "b"
builder.add_node(a)
builder.add_node(b)
builder.add_node(c)
builder.add_edge(START,"a")
builder.add_conditional_edges("a", way, ["b","c"])
""",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.replace(" ", "-"))
def test_the_worst_run_is_the_bound(case: str, tmp_path: Path):
    """Runs of nodes and supersteps are those of the bounds."""
    text = HEAD + CASES[case] + "\ngraph = builder.compile()\n"
    module = loaded(text, tmp_path, f"exact_{list(CASES).index(case)}")
    found = bounds(module.graph)
    given = {"items": [1, 2, 3], "more": [1], "flag": True}
    parts = list(module.graph.stream(given, {"recursion_limit": 50}, stream_mode="debug"))
    assert found.node_runs.value() == len(module.ran)
    assert found.own_supersteps.value() == parts[-1]["step"]
    assert found.exact
