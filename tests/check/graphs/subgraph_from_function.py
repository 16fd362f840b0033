"""A subgraph with a schema of its own, called from within a node that translates."""

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class SearchState(TypedDict):
    query: str
    hits: list[str]
    summary: str


def search(state: SearchState):
    return {"hits": [f"{state['query']} #{n}" for n in range(3)]}


def summarize(state: SearchState):
    return {"summary": f"{len(state['hits'])} hits for {state['query']}"}


search_graph = (
    StateGraph(SearchState)
    .add_node("search", search)
    .add_node("summarize", summarize)
    .add_edge(START, "search")
    .add_edge("search", "summarize")
    .add_edge("summarize", END)
    .compile()
)


class State(TypedDict):
    question: str
    findings: str
    answer: str


def research(state: State):
    found = search_graph.invoke({"query": state["question"]})
    return {"findings": found["summary"]}


def respond(state: State):
    return {"answer": f"I found: {state['findings']}"}


builder = StateGraph(State)
builder.add_node("research", research)
builder.add_node("respond", respond)
builder.add_edge(START, "research")
builder.add_edge("research", "respond")
builder.add_edge("respond", END)
graph = builder.compile()

given = {"question": "why is the sky blue?"}
