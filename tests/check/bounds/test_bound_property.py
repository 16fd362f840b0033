"""No run comes to more than its bounds say, and the worst run comes to just that."""

from __future__ import annotations

import itertools
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stretto.check.bounds import bounds
from tests.check.loading import loaded

_numbers = itertools.count()

HEAD = """
import operator
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langgraph.graph import END, START, StateGraph
from typing import Literal
from langchain_core.tools import tool
from langgraph.prebuilt import ToolNode
from langgraph.types import Command, RetryPolicy, Send
from typing_extensions import Annotated, TypedDict

ran, asked, used = [], [], []


class State(TypedDict, total=False):
    items: list[int]
    done: Annotated[list[int], operator.add]
    flip: bool
    messages: list
{counters}


class Model(GenericFakeChatModel):
    def invoke(self, *args, **options):
        asked.append(1)
        return AIMessage("Yes.")


@tool
def look(q: str) -> str:
    "Look something up."
    used.append(q)
    return "found"


model = Model(messages=iter([]))
builder = StateGraph(State)
"""


@dataclass(frozen=True)
class Part:
    """A piece of a graph that is entered at one node and left at another."""

    kind: str
    size: int
    models: int
    retries: int


KINDS = (
    "chain", "fork", "loop", "map", "choice", "graph", "goto", "gather", "late", "nest", "down",
    "tools",
)  # fmt: skip

parts = st.builds(
    Part,
    kind=st.sampled_from(KINDS),
    size=st.integers(1, 4),
    models=st.integers(0, 2),
    retries=st.integers(1, 3),
)


@dataclass
class Writer:
    """Writes the source of a graph, part by part."""

    lines: list[str]
    counters: list[str]
    number: int = 0

    def name(self) -> str:
        """A node's name that is not taken."""
        self.number += 1
        return f"n{self.number}"

    def node(
        self,
        name: str,
        part: Part,
        body: str = "    return {}",
        builder: str = "builder",
        ends: str = "dict",
        *,
        defer: bool = False,
    ) -> None:
        """A node that notes that it ran, asks models, and fails until its last attempt."""
        calls = "\n".join(["    model.invoke('?')"] * part.models)
        self.lines.append(
            f"failed_{name} = []\n\n\ndef {name}(state: State) -> {ends}:\n    ran.append({name!r})\n"
            f"{calls}\n"
            f"    if len(failed_{name}) < {part.retries - 1}:\n"
            f"        failed_{name}.append(1)\n        raise TimeoutError('again')\n"
            f"    failed_{name}.clear()\n{body}\n\n"
        )
        policy = f"RetryPolicy(max_attempts={part.retries}, initial_interval=0.0, jitter=False, retry_on=TimeoutError)"
        self.lines.append(
            f"{builder}.add_node({name!r}, {name}, retry_policy={policy}, defer={defer})\n"
        )

    def edge(self, one: str, other: str, builder: str = "builder") -> None:
        """A static edge."""
        self.lines.append(f"{builder}.add_edge({one!r}, {other!r})\n")

    def add(self, part: Part) -> tuple[str, str]:
        """Write a part; give its first and its last node."""
        return getattr(self, part.kind)(part)

    def chain(self, part: Part) -> tuple[str, str]:
        """One after the other."""
        names = [self.name() for _ in range(part.size)]
        for name in names:
            self.node(name, part)
        for one, other in itertools.pairwise(names):
            self.edge(one, other)
        return names[0], names[-1]

    def fork(self, part: Part) -> tuple[str, str]:
        """Side by side, and a list edge that waits for all."""
        first, last = self.name(), self.name()
        self.node(first, part)
        self.node(last, part)
        middle = [self.name() for _ in range(part.size)]
        for name in middle:
            self.node(name, part)
            self.edge(first, name)
        self.lines.append(f"builder.add_edge({middle!r}, {last!r})\n")
        return first, last

    def loop(self, part: Part) -> tuple[str, str]:
        """A counter lets it go round so often."""
        name, after = self.name(), self.name()
        field = f"c{self.number}"
        self.counters.append(f"    {field}: int")
        body = f"    return {{{field!r}: state.get({field!r}, 0) + 1}}"
        self.node(name, part, body)
        self.node(after, part)
        self.lines.append(
            f"def again_{name}(state: State):\n"
            f"    return {name!r} if state[{field!r}] < {part.size} else {after!r}\n\n\n"
            f"builder.add_conditional_edges({name!r}, again_{name}, [{name!r}, {after!r}])\n"
        )
        return name, after

    def map(self, part: Part) -> tuple[str, str]:
        """Once for each item."""
        first, each, last = self.name(), self.name(), self.name()
        self.node(first, part)
        one = Part("map", 1, part.models, 1)
        self.node(each, one)
        self.node(last, part)
        self.lines.append(
            f"def each_{first}(state: State):\n"
            f"    return [Send({each!r}, {{'items': [one]}}) for one in state['items']]\n\n\n"
            f"builder.add_conditional_edges({first!r}, each_{first}, [{each!r}])\n"
        )
        self.edge(each, last)
        return first, last

    def choice(self, part: Part) -> tuple[str, str]:
        """One of two ways, by what is not known before."""
        first, short, long, last = (self.name() for _ in range(4))
        for name in (first, short, long, last):
            self.node(name, part)
        more = self.name()
        self.node(more, part)
        self.lines.append(
            f"def either_{first}(state: State):\n"
            f"    return {long!r} if state['flip'] else {short!r}\n\n\n"
            f"builder.add_conditional_edges({first!r}, either_{first}, [{short!r}, {long!r}])\n"
        )
        self.edge(short, last)
        self.edge(long, more)
        self.edge(more, last)
        return first, last

    def graph(self, part: Part) -> tuple[str, str]:
        """A graph within."""
        name = self.name()
        inner = f"inner_{name}"
        self.lines.append(f"{inner} = StateGraph(State)\n")
        names = [self.name() for _ in range(part.size)]
        for each in names:
            self.node(each, part, builder=inner)
        for one, other in itertools.pairwise(["__start__", *names]):
            self.edge(one, other, builder=inner)
        self.lines.append(f"builder.add_node({name!r}, {inner}.compile())\n")
        return name, name

    def goto(self, part: Part) -> tuple[str, str]:
        """One of two ways, by what a node says itself."""
        first, short, long, last = (self.name() for _ in range(4))
        body = (
            f"    if state['flip']:\n        return Command(goto={long!r})\n"
            f"    return Command(goto={short!r})"
        )
        self.node(first, part, body, ends=f"Command[Literal[{short!r}, {long!r}]]")
        for name in (short, long, last):
            self.node(name, part)
        more = self.name()
        self.node(more, part)
        self.edge(short, last)
        self.edge(long, more)
        self.edge(more, last)
        return first, last

    def gather(self, part: Part) -> tuple[str, str]:
        """A list that grows until it is long enough."""
        name, after = self.name(), self.name()
        field = f"c{self.number}"
        self.counters.append(f"    {field}: Annotated[list[int], operator.add]")
        self.node(name, part, f"    return {{{field!r}: [1]}}")
        self.node(after, part)
        self.lines.append(
            f"def again_{name}(state: State):\n    names = []\n"
            f"    if len(state[{field!r}]) < {part.size}:\n        names.append({name!r})\n"
            f"    else:\n        names.append({after!r})\n    return names\n\n\n"
            f"builder.add_conditional_edges({name!r}, again_{name}, [{name!r}, {after!r}])\n"
        )
        return name, after

    def down(self, part: Part) -> tuple[str, str]:
        """A number that is set, and counted down by a `Command`."""
        first, name, after = self.name(), self.name(), self.name()
        field = f"c{self.number}"
        self.counters.append(f"    {field}: int")
        self.node(first, part, f"    return {{{field!r}: {part.size}}}")
        body = (
            f"    left = state[{field!r}] - 1\n    to = {name!r} if left > 0 else {after!r}\n"
            f"    return Command(goto=to, update={{{field!r}: left}})"
        )
        self.node(name, part, body, ends=f"Command[Literal[{name!r}, {after!r}]]")
        self.node(after, part)
        self.edge(first, name)
        return first, after

    def late(self, part: Part) -> tuple[str, str]:
        """A node that waits until nothing else is left."""
        first, last = self.name(), self.name()
        self.node(first, part)
        self.node(last, part, defer=True)
        self.edge(first, last)
        before = first
        for _ in range(part.size):
            name = self.name()
            self.node(name, part)
            self.edge(before, name)
            before = name
        return first, last

    def nest(self, part: Part) -> tuple[str, str]:
        """Once for each pair of items."""
        first, each, inner, last = (self.name() for _ in range(4))
        one = Part("nest", 1, part.models, 1)
        self.node(first, part)
        self.node(each, one)
        self.node(inner, one)
        self.node(last, part)
        for source, to in ((first, each), (each, inner)):
            self.lines.append(
                f"def to_{to}(state: State):\n    sends = []\n"
                f"    sends += [Send({to!r}, state) for one in state['items']]\n"
                f"    return sends\n\n\n"
                f"builder.add_conditional_edges({source!r}, to_{to}, [{to!r}])\n"
            )
        self.edge(inner, last)
        return first, last

    def tools(self, part: Part) -> tuple[str, str]:
        """Tools that are called as often as one answer asks."""
        name, after = self.name(), self.name()
        body = (
            f"    calls = [{{'name': 'look', 'args': {{'q': 'x'}}, 'id': str(each)}}"
            f" for each in range({part.size})]\n"
            "    return {'messages': [AIMessage('', tool_calls=calls)]}"
        )
        self.node(name, part, body)
        self.lines.append(f"builder.add_node({after!r}, ToolNode([look]))\n")
        self.edge(name, after)
        return name, after


def source(chosen: list[Part]) -> str:
    """The source of a graph of parts, one after the other."""
    writer = Writer([], [])
    before = "__start__"
    for part in chosen:
        first, last = writer.add(part)
        writer.edge(before, first)
        before = last
    writer.edge(before, "__end__")
    text = "".join(writer.lines)
    return HEAD.format(counters="\n".join(writer.counters)) + text + "graph = builder.compile()\n"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(parts, min_size=1, max_size=4), st.integers(1, 3), st.booleans())
def test_no_run_comes_to_more(chosen: list[Part], items: int, flip: bool):  # noqa: FBT001
    """Node runs, model and tool calls never exceed the bound; on the worst path they are it."""
    with tempfile.TemporaryDirectory() as folder:
        module = loaded(source(chosen), Path(folder), f"bounded_{next(_numbers)}")
        found = bounds(module.graph)
        module.graph.invoke({"items": list(range(items)), "flip": flip}, {"recursion_limit": 500})
    asks = [part.size for part in chosen if part.kind == "tools"]
    inputs = {"items": items, "calls": max(asks, default=0)}
    most_runs, most_calls = found.node_runs.value(inputs), found.model_calls.value(inputs)
    assert most_runs is not None, found
    assert most_calls is not None, found
    runs = len(module.ran) + sum(part.kind in {"graph", "tools"} for part in chosen)
    most_tools = found.tool_calls.value(inputs)
    assert most_tools is not None, found
    assert runs <= most_runs
    assert len(module.used) <= most_tools
    assert len(module.asked) <= most_calls
    if flip or not any(part.kind in {"choice", "goto"} for part in chosen):
        assert runs == most_runs
        assert len(module.asked) == most_calls
    if len(set(asks)) < 2:
        assert len(module.used) == most_tools
