"""What nodes' own code asks of models and graphs: a run comes to just what its bound says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stretto.check.bounds import bounds
from tests.check.loading import loaded

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """
import itertools
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import tool
from langgraph.graph import END, START, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Send
from typing_extensions import TypedDict

ran, asked = [], []


class State(TypedDict, total=False):
    messages: list
    items: list[int]


class Model(GenericFakeChatModel):
    fails: bool = False

    def _generate(self, *args, **options):
        asked.append(1)
        if self.fails:
            raise ValueError("busy")
        return super()._generate(*args, **options)


model = Model(messages=itertools.repeat(AIMessage("Yes.")))
busy = Model(messages=iter([]), fails=True)
prompt = ChatPromptTemplate.from_messages([("human", "{x}")])
builder = StateGraph(State)
"""
INNER = """
inner = StateGraph(State)


def within(state):
    ran.append("within")
    model.invoke("x")
    return {}


inner.add_node(within)
inner.add_edge(START, "within")
inner = inner.compile()
"""
NODE = """
def node(state: State):
    ran.append("node")
    {body}
    return {{}}


builder.add_node(node)
builder.add_edge(START, "node")
"""
CASES = {
    "once": NODE.format(body="model.invoke('x')"),
    "in a loop": NODE.format(body="[model.invoke('x') for one in state['items']]"),
    "a batch": NODE.format(body="model.batch(['x', 'y', 'z'])"),
    "a chain": NODE.format(body="(prompt | model | StrOutputParser()).invoke({'x': 'y'})"),
    "a chain with a name": NODE.format(body="chain = prompt | model\n    chain.invoke({'x': 'y'})"),
    "a chain of two": NODE.format(
        body="chain = prompt | model | StrOutputParser() | model\n    chain.invoke({'x': 'y'})"
    ),
    "another that takes over": "safe = busy.with_fallbacks([model])\n"
    + NODE.format(body="safe.invoke('x')"),
    "attempts": NODE.format(
        body="again = busy.with_retry(stop_after_attempt=2, wait_exponential_jitter=False)\n"
        "    try:\n        again.invoke('x')\n    except ValueError:\n        pass"
    ),
    "a helper": "def ask():\n    return model.invoke('x')\n\n" + NODE.format(body="ask()"),
    "a graph in a loop": INNER
    + NODE.format(body="for one in state['items']:\n        inner.invoke({})"),
    "a graph twice, and a model": INNER
    + NODE.format(body="inner.invoke({}), inner.invoke({}), model.invoke('x')"),
    "a chain as a node": """
builder.add_node("node", (lambda state: {"x": "y"}) | prompt | model | (lambda said: {}))
builder.add_edge(START, "node")
""",
    "a tool that asks": """
@tool
def look(q: str) -> str:
    "Look."
    return model.invoke(q).text


def node(state: State):
    calls = [{"name": "look", "args": {"q": "x"}, "id": str(each)} for each in range(3)]
    return {"messages": [AIMessage("", tool_calls=calls)]}


builder.add_node(node)
builder.add_node("tools", ToolNode([look]))
builder.add_edge(START, "node")
builder.add_edge("node", "tools")
""",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.replace(" ", "-"))
def test_a_run_asks_as_often_as_its_bound(case: str, tmp_path: Path):
    """Calls of models, and runs of nodes of graphs within, are those of the bound."""
    text = HEAD + CASES[case] + "\ngraph = builder.compile()\n"
    module = loaded(text, tmp_path, f"asking_{list(CASES).index(case)}")
    found = bounds(module.graph)
    module.graph.invoke({"items": [1, 2, 3]})
    given = dict.fromkeys(found.model_calls.inputs | found.node_runs.inputs, 3)
    assert found.model_calls.value(given) == len(module.asked)
    assert found.unknown == ()
    if "graph" in case:
        assert found.node_runs.value(given) == len(module.ran)


def test_what_cannot_be_resolved_is_told(tmp_path: Path):
    """A bound says what it was told without."""
    body = "state['asks'].invoke('x')"
    module = loaded(
        HEAD + NODE.format(body=body) + "graph = builder.compile()\n", tmp_path, "untold"
    )
    assert bounds(module.graph).unknown == ("'node': what state['asks'].invoke calls",)


def test_sends_count_where_there_are_too_many_states(tmp_path: Path):
    """The coarser bound, too, counts as many runs as are sent to."""
    part = """
def n{0}(state: State):
    ran.append("n")
    return {{}}


def r{0}(state: State):
    return [Send("w{0}", {{}}) for one in state["items"]]


def w{0}(state: State):
    ran.append("w")
    return {{}}


builder.add_node(n{0})
builder.add_node(w{0})
builder.add_edge(START, "n{0}")
builder.add_conditional_edges("n{0}", r{0}, ["w{0}"])
"""
    text = HEAD + "".join(part.format(each) for each in range(12)) + "graph = builder.compile()\n"
    module = loaded(text, tmp_path, "many_sends")
    found = bounds(module.graph)
    module.graph.invoke({"items": [1, 2, 3]})
    assert not found.exact
    most = found.node_runs.value(dict.fromkeys(found.node_runs.inputs, 3))
    assert most is not None
    assert len(module.ran) <= most
