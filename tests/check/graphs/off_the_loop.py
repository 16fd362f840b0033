"""Async nodes that give blocking work to threads, and await the rest in all ways."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

model = FakeListChatModel(responses=["One.", "Two.", "Three."])
pool = ThreadPoolExecutor(max_workers=2)


class State(TypedDict):
    names: list[str]
    rows: list[str]
    said: list[str]
    report: str


def slow_query(name: str) -> str:
    time.sleep(0.01)
    return f"row of {name}"


def ask(prompt: str) -> str:
    return model.invoke(prompt).text


async def query(state: State):
    loop = asyncio.get_running_loop()
    first = await loop.run_in_executor(pool, slow_query, state["names"][0])
    rest = [asyncio.to_thread(slow_query, name) for name in state["names"][1:]]
    return {"rows": [first, *await asyncio.gather(*rest)]}


async def speak(state: State):
    async with asyncio.TaskGroup() as group:
        direct = group.create_task(model.ainvoke(state["rows"][0]))
        threaded = group.create_task(asyncio.to_thread(lambda: ask(state["rows"][-1])))
    said = [direct.result().text, threaded.result()]
    async for chunk in model.astream("more"):  # as it comes
        said += [chunk.text]
    return {"said": said}


async def report(state: State):
    await asyncio.sleep(0)
    return {"report": f"{len(state['rows'])} rows, {len(''.join(state['said']))} letters"}


builder = StateGraph(State)
builder.add_node("query", query, timeout=30)
builder.add_node("speak", speak)
builder.add_node("report", report)
builder.add_edge(START, "query")
builder.add_edge("query", "speak")
builder.add_edge("speak", "report")
builder.add_edge("report", END)
graph = builder.compile()

given = {"names": ["a", "b", "c"]}
