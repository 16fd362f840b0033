"""Idioms that a reader of source may misjudge: no run of them comes to more than the bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stretto.check.bounds import bounds
from tests.check.loading import loaded

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """
import operator
from contextlib import suppress
from functools import partial
from typing import Annotated, Literal
from langgraph.channels import EphemeralValue
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, RetryPolicy, Send
from typing_extensions import TypedDict

ran = []


class State(TypedDict, total=False):
    items: list[int]
    more: list[int]
    mode: str
    flag: bool
    n: int
    done: Annotated[list[int], operator.add]
    brief: Annotated[str, EphemeralValue]


def noted(name, **update):
    def node(state: State):
        ran.append(name)
        return {}
    return node


def a(state: State):
    ran.append("a")
    return {}


def b(state: State):
    ran.append("b")
    return {}


def c(state: State):
    ran.append("c")
    return {}


builder = StateGraph(State)
"""

CASES = {
    "a list that is appended to": """
def way(state: State):
    names = ["b"]
    if state.get("flag"):
        names.append("c")
    return names

builder.add_node(a), builder.add_node(b), builder.add_node(c)
builder.add_edge(START, "a")
builder.add_conditional_edges("a", way, ["b", "c"])
""",
    "a list that another function fills": """
def fill(names):
    names += ["b", "c"]

def way(state: State):
    names = []
    fill(names)
    return names

builder.add_node(a), builder.add_node(b), builder.add_node(c)
builder.add_edge(START, "a")
builder.add_conditional_edges("a", way, ["b", "c"])
""",
    "a list under two names": """
def way(state: State):
    names = other = ["b"]
    other.append("c")
    return names

builder.add_node(a), builder.add_node(b), builder.add_node(c)
builder.add_edge(START, "a")
builder.add_conditional_edges("a", way, ["b", "c"])
""",
    "sends gathered in a loop": """
def way(state: State):
    sends = []
    for item in state["items"]:
        sends.append(Send("b", {"items": [item]}))
    return sends

builder.add_node(a), builder.add_node(b)
builder.add_edge(START, "a")
builder.add_conditional_edges("a", way, ["b"])
""",
    "a list of several from the state": """
def way(state: State):
    return [["b", "c"][i] for i in state["more"]]

builder.add_node(a), builder.add_node(b), builder.add_node(c)
builder.add_edge(START, "a")
builder.add_conditional_edges("a", way, ["b", "c"])
""",
    "a comprehension over two": """
def way(state: State):
    return [Send("b", {}) for one in state["items"] for two in state["more"]]

builder.add_node(a), builder.add_node(b)
builder.add_edge(START, "a")
builder.add_conditional_edges("a", way, ["b"])
""",
    "two comprehensions": """
def way(state: State):
    return [Send("b", {}) for one in state["items"]] + [Send("b", {}) for two in state["more"]]

builder.add_node(a), builder.add_node(b)
builder.add_edge(START, "a")
builder.add_conditional_edges("a", way, ["b"])
""",
    "a state that is changed in place": """
def judge(state: State) -> Command[Literal["b", "__end__"]]:
    ran.append("judge")
    state["flag"] = True
    if state["flag"]:
        return Command(goto="b")
    return Command(goto=END)

def begin(state: State):
    ran.append("begin")
    return {"flag": False}

builder.add_node(begin), builder.add_node(judge), builder.add_node(b), builder.add_node(c)
builder.add_edge(START, "begin")
builder.add_edge("begin", "judge")
builder.add_edge("b", "c")
""",
    "a state that is copied and changed": """
def judge(state: State) -> Command[Literal["b", "__end__"]]:
    ran.append("judge")
    state = {**state, "flag": True}
    if state["flag"]:
        return Command(goto="b")
    return Command(goto=END)

def begin(state: State):
    ran.append("begin")
    return {"flag": False}

builder.add_node(begin), builder.add_node(judge), builder.add_node(b), builder.add_node(c)
builder.add_edge(START, "begin")
builder.add_edge("begin", "judge")
builder.add_edge("b", "c")
""",
    "a payload is not the state": """
def begin(state: State):
    ran.append("begin")
    return {"n": 0}

def way(state: State):
    return [Send("work", {"n": 5})]

def work(state: State) -> Command[Literal["b", "__end__"]]:
    ran.append("work")
    return Command(goto="b" if state["n"] == 5 else END)

builder.add_node(begin), builder.add_node(work), builder.add_node(b), builder.add_node(c)
builder.add_edge(START, "begin")
builder.add_conditional_edges("begin", way, ["work"])
builder.add_edge("b", "c")
""",
    "many workers count": """
def way(state: State):
    return [Send("work", {}) for item in state["items"]]

def work(state: State):
    ran.append("work")
    return {"done": [1]}

def after(state: State):
    return "b" if len(state["done"]) >= 3 else END

def last(state: State):
    ran.append("last")
    return {}

builder.add_node(a), builder.add_node(work), builder.add_node(b), builder.add_node(c), builder.add_node(last)
builder.add_edge(START, "a")
builder.add_conditional_edges("a", way, ["work"])
builder.add_edge("work", "last")
builder.add_conditional_edges("last", after, ["b", END])
builder.add_edge("b", "c")
""",
    "a try that fails half way": """
def way(state: State):
    to = "c"
    try:
        to = "b"
        int("x")
        to = "c"
    except ValueError:
        return to
    return END

builder.add_node(a), builder.add_node(b), builder.add_node(c)
builder.add_edge(START, "a")
builder.add_conditional_edges("a", way, ["b", "c", END])
builder.add_edge("b", "c")
""",
    "an error that is suppressed": """
def way(state: State):
    with suppress(ValueError):
        int("x")
        return END
    return "b"

builder.add_node(a), builder.add_node(b), builder.add_node(c)
builder.add_edge(START, "a")
builder.add_conditional_edges("a", way, ["b", END])
builder.add_edge("b", "c")
""",
    "a group of errors": """
def way(state: State):
    to = END
    try:
        raise ExceptionGroup("", [ValueError()])
    except* ValueError:
        to = "b"
    return to

builder.add_node(a), builder.add_node(b), builder.add_node(c)
builder.add_edge(START, "a")
builder.add_conditional_edges("a", way, ["b", END])
builder.add_edge("b", "c")
""",
    "a loop that is broken off": """
def way(state: State):
    for item in state["items"]:
        break
    else:
        return END
    return "b"

builder.add_node(a), builder.add_node(b), builder.add_node(c)
builder.add_edge(START, "a")
builder.add_conditional_edges("a", way, ["b", END])
builder.add_edge("b", "c")
""",
    "a counter outside of the state": """
count = 0

def again(state: State):
    global count
    ran.append("again")
    count += 1
    return {}

def way(state: State):
    return "again" if 0 < count < 4 else END

builder.add_node(again)
builder.add_edge(START, "again")
builder.add_conditional_edges("again", way, ["again", END])
""",
    "an object that counts": """
class Counter:
    def __init__(self):
        self.count = 0

counter = Counter()

def again(state: State):
    ran.append("again")
    counter.count += 1
    return {}

def way(state: State):
    return "again" if 0 < counter.count < 4 else END

builder.add_node(again)
builder.add_edge(START, "again")
builder.add_conditional_edges("again", way, ["again", END])
""",
    "a value that is gone after a step": """
def tell(state: State):
    ran.append("tell")
    return {"brief": "stop"}

def way(state: State):
    return END if state.get("brief") == "stop" else "c"

builder.add_node(tell), builder.add_node(b), builder.add_node(c)
builder.add_edge(START, "tell")
builder.add_edge("tell", "b")
builder.add_conditional_edges("b", way, ["c", END])
""",
    "a partial": """
def judge(limit, state: State) -> Command[Literal["b", "__end__"]]:
    ran.append("judge")
    return Command(goto="b" if limit["n"] == 7 else END)

def begin(state: State):
    ran.append("begin")
    return {"n": 1}

builder.add_node(begin), builder.add_node("judge", partial(judge, {"n": 7})), builder.add_node(b)
builder.add_edge(START, "begin")
builder.add_edge("begin", "judge")
""",
    "a loop of sends": """
def begin(state: State):
    ran.append("begin")
    return {"n": state.get("n", 0) + 1}

def way(state: State):
    if state["n"] < 3:
        return [Send("b", {}), Send("b", {}), "begin"]
    return END

builder.add_node(begin), builder.add_node(b)
builder.add_edge(START, "begin")
builder.add_conditional_edges("begin", way, ["begin", "b", END])
""",
    "nodes that run last": """
def way(state: State):
    return state["mode"]

builder.add_node(a), builder.add_node(b), builder.add_node("d", c, defer=True), builder.add_node("e", noted("e"))
builder.add_edge(START, "a")
builder.add_edge(START, "d")
builder.add_edge("a", "b")
builder.add_edge("d", "e")
""",
    "defaults for all nodes": """
tried = []

def fails(state: State):
    ran.append("fails")
    tried.append(1)
    if len(tried) < 3:
        raise TimeoutError
    return {}

builder.add_node(fails)
builder.add_edge(START, "fails")
builder.set_node_defaults(retry_policy=RetryPolicy(max_attempts=3, initial_interval=0.0, jitter=False, retry_on=TimeoutError))
""",
    "no items, and what they would have set": """
def begin(state: State):
    ran.append("begin")
    return {"flag": False, "n": 0}

def way(state: State):
    return [Send("work", {}) for item in state["more"] if item > 100] + ["count"]

def work(state: State):
    ran.append("work")
    return {"flag": True}

def count(state: State):
    ran.append("count")
    return {"n": state["n"] + 1}

def again(state: State):
    return END if state["flag"] or state["n"] > 4 else "count"

builder.add_node(begin), builder.add_node(work), builder.add_node(count)
builder.add_edge(START, "begin")
builder.add_conditional_edges("begin", way, ["work", "count"])
builder.add_conditional_edges("count", again, ["count", END])
""",
    "a finally that returns": """
def way(state: State):
    try:
        return END
    finally:
        return "b"

builder.add_node(a), builder.add_node(b)
builder.add_edge(START, "a")
builder.add_conditional_edges("a", way, ["b", END])
""",
    "a handler of errors": """
def fails(state: State):
    ran.append("fails")
    raise ValueError

def mend(state: State):
    ran.append("mend")
    return Command(goto="c")

builder.add_node("fails", fails, error_handler=mend)
builder.add_node(c)
builder.add_edge(START, "fails")
""",
    "a handler after attempts": """
def fails(state: State):
    ran.append("fails"); raise TimeoutError
def mend(state: State):
    ran.append("mend"); return {}
builder.add_node("fails", fails, error_handler=mend, retry_policy=RetryPolicy(max_attempts=2, initial_interval=0.0, jitter=False, retry_on=TimeoutError))
builder.add_node(b)
builder.add_edge(START,"fails")
builder.add_edge("fails","b")
""",
    "a name that a pattern takes": """
def way(state: State):
    to = END
    match state["items"]:
        case [to, *_]:
            to = "b"
    return to

builder.add_node(a), builder.add_node(b)
builder.add_edge(START, "a")
builder.add_conditional_edges("a", way, ["b", END])
""",
    "two fields in one answer": """
def way(state: State):
    return ("b", "c") if state["items"] else ()

builder.add_node(a), builder.add_node(b), builder.add_node(c)
builder.add_edge(START, "a")
builder.add_conditional_edges("a", way, ["b", "c"])
""",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.replace(" ", "-"))
def test_no_run_comes_to_more(case: str, tmp_path: Path):
    """Runs of nodes and supersteps are within the bounds, or there are none."""
    text = HEAD + CASES[case] + "\ngraph = builder.compile()\n"
    module = loaded(text, tmp_path, f"sound_{list(CASES).index(case)}")
    found = bounds(module.graph)
    given = {"items": [1, 2, 3], "more": [0, 1], "flag": True, "mode": "x"}
    parts = list(module.graph.stream(given, {"recursion_limit": 100}, stream_mode="debug"))
    steps = parts[-1]["step"]
    counts = dict.fromkeys(found.node_runs.inputs | found.own_supersteps.inputs, 3)
    counts |= {"more": 2} if "more" in counts else {}
    most, longest = found.node_runs.value(counts), found.own_supersteps.value(counts)
    assert most is None or len(module.ran) <= most
    assert longest is None or steps <= longest
