"""Subgraphs in parallel with schemas of their own, one of them asked twice, one in a loop."""

import operator
from typing import Annotated, Literal

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class ReviewInput(TypedDict):
    text: str


class ReviewOutput(TypedDict):
    reviews: list[str]


class ReviewState(ReviewInput, ReviewOutput):
    notes: list[str]


class ArticleState(TypedDict):
    topic: str
    text: str
    reviews: Annotated[list[str], operator.add]
    rounds: int


def make_reviewer(name: str, word: str):
    def read(state: ReviewState):
        return {"notes": [f"{len(state['text'])} letters"]}

    def judge(state: ReviewState):
        mark = "good" if word in state["text"] else f"lacks {word}"
        return {"reviews": [f"{name}: {mark}, {state['notes'][0]}"]}

    team = StateGraph(ReviewState, input_schema=ReviewInput, output_schema=ReviewOutput)
    team.add_sequence([("read", read), ("judge", judge)])
    team.set_entry_point("read")
    team.set_finish_point("judge")
    return team.compile(name=name)


def write(state: ArticleState):
    rounds = state.get("rounds", 0) + 1
    wanted = [r.partition("lacks ")[2].split(",")[0] for r in state["reviews"] if "lacks" in r]
    return {"text": " ".join([state["topic"], *wanted]), "rounds": rounds}


def enough(state: ArticleState) -> Literal["write", "__end__"]:
    latest = state["reviews"][-2:]
    if state["rounds"] >= 3 or all("good" in review for review in latest):
        return END
    return "write"


builder = StateGraph(ArticleState)
builder.add_node("write", write)
builder.add_node("style", make_reviewer("style", "gently"))
builder.add_node("facts", make_reviewer("facts", "Oslo"))
builder.add_node("collect", lambda state: {"rounds": state["rounds"]})
builder.add_edge(START, "write")
builder.add_edge("write", "style")
builder.add_edge("write", "facts")
builder.add_edge(["style", "facts"], "collect")
builder.add_conditional_edges("collect", enough)
graph = builder.compile()

given = {"topic": "Rain falls"}
