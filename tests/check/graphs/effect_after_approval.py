"""What the world keeps happens after the answer; before it there is only logging and reading."""

import logging
import tempfile
from pathlib import Path
from typing import Literal

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict

logger = logging.getLogger(__name__)
FOLDER = Path(tempfile.gettempdir())


class State(TypedDict):
    name: str
    text: str
    saved: bool


def prepare(state: State):
    logger.info("preparing %s", state["name"])
    return {"text": state["text"].strip() + "\n"}


def save(state: State) -> Command[Literal["report"]]:
    target = FOLDER / state["name"]
    logger.info("asking about %s", target)
    exists = target.exists()
    answer = interrupt({"write": target.name, "overwrites": exists})
    if answer.get("approved"):
        target.write_text(state["text"])
    return Command(goto="report", update={"saved": bool(answer.get("approved"))})


def report(state: State):
    target = FOLDER / state["name"]
    if state["saved"]:
        target.unlink(missing_ok=True)
    return {"text": "saved" if state["saved"] else "not saved"}


builder = StateGraph(State)
builder.add_node("prepare", prepare)
builder.add_node("save", save)
builder.add_node("report", report)
builder.add_edge(START, "prepare")
builder.add_edge("prepare", "save")
builder.add_edge("report", END)
graph = builder.compile(checkpointer=InMemorySaver())

given = {"name": "check-graphs-effect.txt", "text": " hello "}
answers = [{"approved": True}]
