"""A conditional entry: what is given decides where the run begins."""

from typing import Literal, NotRequired

from langgraph.graph import StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    url: NotRequired[str]
    text: NotRequired[str]
    language: str
    result: str


def where(state: State) -> Literal["load", "detect"]:
    return "load" if state.get("url") else "detect"


def load(state: State):
    return {"text": f"text of {state.get('url', '')}"}


def detect(state: State):
    return {"language": "en" if "the" in state.get("text", "") else "unknown"}


def finish(state: State):
    return {"result": f"{state.get('text', '')} [{state['language']}]"}


workflow = StateGraph(State)
workflow.add_node("load", load)
workflow.add_node("detect", detect)
workflow.add_node("finish", finish)
workflow.set_conditional_entry_point(where)
workflow.add_edge("load", "detect")
workflow.add_edge("detect", "finish")
workflow.set_finish_point("finish")

builder = workflow
graph = builder.compile()

given = {"url": "https://example.org"}
