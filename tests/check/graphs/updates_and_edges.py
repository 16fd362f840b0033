"""Commands that only update beside static edges; goto only where no edge leads on."""

from typing import Literal

from langgraph.graph import END, START, StateGraph
from langgraph.types import Command
from typing_extensions import TypedDict


class State(TypedDict):
    text: str
    words: int
    verdict: Literal["short", "long"]
    trail: list[str]


def count(state: State) -> Command:
    words = len(state["text"].split())
    return Command(update={"words": words, "trail": ["count"]})


def judge(state: State) -> Command[Literal["shorten", "finish"]]:
    trail = [*state["trail"], "judge"]
    if state["words"] > 5:
        return Command(update={"verdict": "long", "trail": trail}, goto="shorten")
    return Command(update={"verdict": "short", "trail": trail}, goto="finish")


def shorten(state: State):
    kept = state["text"].split()[:5]
    update = {"text": " ".join(kept), "trail": [*state["trail"], "shorten"]}
    return Command(update=update)


def finish(state: State) -> Command[Literal["__end__"]]:
    return Command(goto=END, update={"trail": state["trail"] + ["finish"]})


builder = StateGraph(State)
builder.add_node("count", count)
builder.add_node("judge", judge)
builder.add_node("shorten", shorten)
builder.add_node("finish", finish)
builder.add_edge(START, "count")
builder.add_edge("count", "judge")
builder.add_edge("shorten", "finish")
graph = builder.compile()

given = {"text": "one two three four five six seven"}
