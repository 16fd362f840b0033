"""Policies: a narrow retry, a timeout on an async node, a cache."""

import asyncio

from langgraph.cache.memory import InMemoryCache
from langgraph.graph import END, START, StateGraph
from langgraph.types import CachePolicy, RetryPolicy, TimeoutPolicy
from typing_extensions import TypedDict


class RateLimited(Exception):
    """Raised when the service asks for patience."""


class State(TypedDict):
    word: str
    sound: str
    length: int
    entry: str


async def pronounce(state: State):
    await asyncio.sleep(0)
    return {"sound": f"/{state['word']}/"}


def is_transient(error: Exception) -> bool:
    return isinstance(error, RateLimited | ConnectionError)


async def measure(state: State):
    return {"length": len(state["sound"]) - 2}


def compose(state: State):
    return {"entry": f"{state['word']} {state['sound']} {state['length']}"}


builder = StateGraph(State)
builder.add_node(
    "pronounce",
    pronounce,
    retry_policy=RetryPolicy(max_attempts=3, retry_on=(RateLimited, ConnectionError)),
    timeout=TimeoutPolicy(run_timeout=5, idle_timeout=2),
)
builder.add_node(
    "measure",
    measure,
    retry_policy=RetryPolicy(max_attempts=2, retry_on=is_transient),
    timeout=3.0,
)
builder.add_node("compose", compose, cache_policy=CachePolicy(ttl=60))
builder.add_edge(START, "pronounce")
builder.add_edge("pronounce", "measure")
builder.add_edge("measure", "compose")
builder.add_edge("compose", END)
graph = builder.compile(cache=InMemoryCache())

given = {"word": "stretto"}
