"""A list edge waits for branches of unequal length."""

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    company: str
    filings: str
    numbers: str
    news: str
    memo: str


async def fetch_filings(state: State) -> State:
    return {"filings": f"10-K of {state['company']}"}


async def read_numbers(state: State) -> State:
    return {"numbers": f"42 from {state['filings']}"}


async def fetch_news(state: State) -> State:
    return {"news": f"nothing new of {state['company']}"}


async def write_memo(state: State) -> State:
    return {"memo": f"{state['numbers']}; {state['news']}"}


builder = StateGraph(State)
builder.add_node("fetch_filings", fetch_filings)
builder.add_node("read_numbers", read_numbers)
builder.add_node("fetch_news", fetch_news)
builder.add_node("write_memo", write_memo)
builder.add_edge(START, "fetch_filings")
builder.add_edge(START, "fetch_news")
builder.add_edge("fetch_filings", "read_numbers")
builder.add_edge(["read_numbers", "fetch_news"], "write_memo")
builder.add_edge("write_memo", END)
graph = builder.compile(name="memo")

given = {"company": "Acme"}
