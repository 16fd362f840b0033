"""Nodes that take config, store, a stream writer and the runtime; context comes at the call."""

from dataclasses import dataclass

from langchain_core.runnables import RunnableConfig
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore
from langgraph.types import StreamWriter
from typing_extensions import TypedDict


@dataclass
class Context:
    user_id: str
    language: str = "en"


class State(TypedDict):
    text: str
    memories: list[str]
    reply: str


async def recall(state: State, config: RunnableConfig, *, store: BaseStore):
    tag = config.get("metadata", {}).get("tag", "all")
    found = await store.asearch(("memories", tag))
    return {"memories": [item.value["text"] for item in found]}


def reply(state: State, runtime: Runtime[Context]):
    get_stream_writer()({"progress": "replying"})
    who = runtime.context.user_id
    return {"reply": f"{who}: {state['text']} ({len(state['memories'])} memories)"}


async def announce(state: State, writer: StreamWriter):
    writer({"said": state["reply"]})
    return {}


builder = StateGraph(State, context_schema=Context)
builder.add_node("recall", recall)
builder.add_node("reply", reply)
builder.add_node("announce", announce)
builder.add_edge(START, "recall")
builder.add_edge("recall", "reply")
builder.add_edge("reply", "announce")
builder.add_edge("announce", END)
graph = builder.compile(store=InMemoryStore())

given = {"text": "good morning"}
context = Context(user_id="u1")
