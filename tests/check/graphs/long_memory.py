"""Long-term memory: one node reads the store, another puts into it under a key of its own."""

import uuid

from langchain_core.runnables import RunnableConfig
from langgraph.config import get_config, get_store
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore


class State(MessagesState):
    facts: list[str]


async def recall(state: State, config: RunnableConfig, store: BaseStore):
    user = config["configurable"].get("user_id", "anonymous")
    items = await store.asearch(("facts", user), query=str(state["messages"][-1].content))
    return {"facts": [item.value["text"] for item in items]}


async def respond(state: State):
    known = "; ".join(state["facts"]) or "nothing"
    return {"messages": [("ai", f"I know {known} of you.")]}


async def remember(state: State):
    user = get_config()["configurable"].get("user_id", "anonymous")
    text = state["messages"][0].text
    key = str(uuid.uuid5(uuid.NAMESPACE_OID, text))
    await get_store().aput(("facts", user), key, {"text": text})


builder = StateGraph(State)
builder.add_node("recall", recall)
builder.add_node("respond", respond)
builder.add_node("remember", remember)
builder.add_edge(START, "recall")
builder.add_edge("recall", "respond")
builder.add_edge("respond", "remember")
builder.add_edge("remember", END)
graph = builder.compile(store=InMemoryStore())

given = {"messages": [("user", "I like tea.")]}
