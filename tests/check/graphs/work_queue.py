"""A crawler: a queue in the state is worked off; what is seen once is not looked at again."""

from typing import Annotated, Literal

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

LINKS = {"/": ["/a", "/b"], "/a": ["/", "/c"], "/b": ["/c"], "/c": []}


def union(left: set[str] | None, right: set[str] | None) -> set[str]:
    return (left or set()) | (right or set())


class Crawl(TypedDict):
    queue: list[str]
    seen: Annotated[set[str], union]
    titles: Annotated[list[str], lambda old, new: (old or []) + (new or [])]


def fetch(state: Crawl):
    page, *rest = state["queue"]
    new = [link for link in LINKS[page] if link not in state["seen"] and link not in rest]
    return {
        "queue": rest + new,
        "seen": {page, *new},
        "titles": [f"page {page}"],
    }


def more(state: Crawl) -> Literal["fetch", "__end__"]:
    return "fetch" if state["queue"] else END


builder = StateGraph(Crawl)
builder.add_node("fetch", fetch)
builder.add_edge(START, "fetch")
builder.add_conditional_edges("fetch", more)
graph = builder.compile()

given = {"queue": ["/"], "seen": {"/"}}
