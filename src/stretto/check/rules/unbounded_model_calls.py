"""Nothing bounds how often a model is called but a recursion limit of about ten thousand.

An agent, or a loop between a model and its tools, goes on as long as the model asks for more. The
default limit is 9999 supersteps for `create_agent` and 10007 for other graphs, each paid for. A
limit given at one call of `invoke` does not hold for the next.

Bad:

```python
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition


@tool
def look_up(word: str) -> str:
    \"\"\"Look a word up.\"\"\"
    return f"{word} is a word"


model = ChatOpenAI(model="gpt-4.1-mini", api_key="none").bind_tools([look_up])


def chat(state: MessagesState) -> dict:
    return {"messages": [model.invoke(state["messages"])]}


builder = StateGraph(MessagesState)
builder.add_node("chat", chat)
builder.add_node("tools", ToolNode([look_up]))
builder.add_edge(START, "chat")
builder.add_conditional_edges("chat", tools_condition)
builder.add_edge("tools", "chat")
graph = builder.compile()
```

Good:

```python
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition


@tool
def look_up(word: str) -> str:
    \"\"\"Look a word up.\"\"\"
    return f"{word} is a word"


model = ChatOpenAI(model="gpt-4.1-mini", api_key="none").bind_tools([look_up])


def chat(state: MessagesState) -> dict:
    return {"messages": [model.invoke(state["messages"])]}


builder = StateGraph(MessagesState)
builder.add_node("chat", chat)
builder.add_node("tools", ToolNode([look_up]))
builder.add_edge(START, "chat")
builder.add_conditional_edges("chat", tools_condition)
builder.add_edge("tools", "chat")
graph = builder.compile().with_config(recursion_limit=25)
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from langchain_core.language_models.fake_chat_models import FakeListChatModel

from stretto.check.facts import START
from stretto.check.mutating import copied
from stretto.check.reading.compiled import read_graph
from stretto.check.rule import Rule
from stretto.check.unbounded import mentioned, unbounded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langgraph.pregel import Pregel

    from stretto.check.facts import Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder
    from stretto.check.unbounded import Unbounded


def check(graph: Graph) -> Iterator[Finding]:
    """Name the agents and loops that may call a model any number of times."""
    for found in unbounded(graph):
        if found.agent is not None:
            yield _of_agent(found)
        elif found.model:
            way = " -> ".join([*found.names, found.names[0]])
            yield RULE.finding(
                found.graph,
                f"nothing bounds how often the loop {way} calls a model in {found.model!r}",
                "Count the rounds in the state and lead out of the loop, or compile it "
                "`.with_config(recursion_limit=...)`.",
                certainty="possible",
                node=found.model,
                path=(*found.names, found.names[0]),
            )


def _of_agent(found: Unbounded) -> Finding:
    name = found.agent.name if found.agent is not None else ""
    return RULE.finding(
        found.graph,
        f"nothing bounds how often the agent {name!r} calls its model",
        "Give it a `ModelCallLimitMiddleware(run_limit=...)`.",
        certainty="possible",
        node=found.names[0],
    )


def mutate(builder: Builder) -> Pregel[Any, Any, Any, Any] | None:
    """Put a node beside the others that asks a model until that is content."""
    if mentioned(read_graph(builder)):
        return None  # whoever wrote it knows of the limit
    made = copied(builder)
    made.add_node("asks_and_asks", _asks_and_asks)
    made.add_edge(START, "asks_and_asks")
    made.add_conditional_edges("asks_and_asks", _is_content)
    return made.compile()


_model = FakeListChatModel(responses=["more"])


async def _asks_and_asks(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    await _model.ainvoke("Is it good?")
    return {}


def _is_content(state: Any) -> Literal["asks_and_asks", "__end__"]:
    return "__end__" if state else "asks_and_asks"


RULE = Rule("P406", "unbounded-model-calls", "warning", __doc__, check, mutate)
