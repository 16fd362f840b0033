"""Two sources are read side by side; a person agrees; then one node writes, once."""

import asyncio
import logging
import operator
import tempfile
from pathlib import Path
from typing import Annotated, Literal

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict

logger = logging.getLogger(__name__)
prices_seen: dict[str, int] = {}


class Shop:
    async def get(self, item: str) -> int:
        await asyncio.sleep(0)
        return len(item)


shop = Shop()


class State(TypedDict):
    item: str
    offers: Annotated[list[int], operator.add]
    receipt: str


async def ask_first(state: State):
    price = await shop.get(state["item"])
    prices_seen[state["item"]] = price
    return {"offers": [price]}


async def ask_second(state: State):
    get_stream_writer()({"asking": state["item"]})
    return {"offers": [2 * await shop.get(state["item"])]}


async def approve(state: State) -> Command[Literal["order", "__end__"]]:
    best = min(state["offers"])
    logger.info("the best offer for %s is %s", state["item"], best)
    lines = []
    lines.append(f"{state['item']}: {best}")
    while True:
        answer = interrupt({"offer": lines[0]})
        if answer in {"yes", "no"}:
            return Command(goto="order" if answer == "yes" else END)
        lines.insert(0, f"yes or no? {lines[0]}")


async def order(state: State):
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "orders.txt"
        with book.open("a") as file:
            file.write(f"{state['item']}\n")
        return {"receipt": book.read_text().strip()}


builder = StateGraph(State)
builder.add_node("ask_first", ask_first)
builder.add_node("ask_second", ask_second)
builder.add_node("approve", approve)
builder.add_node("order", order)
builder.add_edge(START, "ask_first")
builder.add_edge(START, "ask_second")
builder.add_edge(["ask_first", "ask_second"], "approve")
builder.add_edge("order", END)
graph = builder.compile(checkpointer=InMemorySaver())

given = {"item": "a lamp", "offers": [], "receipt": ""}
answers = ["perhaps", "yes"]


async def main():
    config = {"configurable": {"thread_id": "shop"}}
    await graph.ainvoke(given, config)
    return await graph.ainvoke(Command(resume="yes"), config)


if __name__ == "__main__":
    asyncio.run(main())
