"""Branches that write keys of their own at once, and the same key one after the other."""

import operator
from typing import Annotated

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class Profile(TypedDict):
    url: str
    title: str
    summary: str
    images: list[str]
    status: str
    warnings: Annotated[list[str], operator.add]


def fetch(state: Profile):
    return {"status": f"fetched {state['url']}"}


def title(state: Profile):
    return {"title": state["url"].rsplit("/", 1)[-1], "warnings": []}


def images(state: Profile):
    if not state["url"].startswith("https"):
        return {"warnings": ["not secure"]}
    return {"images": [f"{state['url']}/logo.png"]}


def summary(state: Profile):
    return {"summary": state["status"][:10]}


def done(state: Profile):
    found = [key for key in ("title", "summary", "images") if state.get(key)]
    return {"status": f"done: {', '.join(found)}"}


builder = StateGraph(Profile)
builder.add_node("fetch", fetch)
builder.add_node("title", title)
builder.add_node("images", images)
builder.add_node("summary", summary)
builder.add_node("done", done)
builder.add_edge(START, "fetch")
for name in ("title", "images", "summary"):
    builder.add_edge("fetch", name)
builder.add_edge(["title", "images", "summary"], "done")
builder.add_edge("done", END)
graph = builder.compile()

given = {"url": "https://example.org/ada"}
