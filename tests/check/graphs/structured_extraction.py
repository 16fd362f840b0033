"""Extraction into pydantic with a bounded repair loop; errors are caught narrowly."""

import json
from typing import Literal

from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langgraph.graph import END, START, StateGraph
from pydantic import BaseModel, ValidationError
from typing_extensions import TypedDict

MAX_ATTEMPTS = 3
llm = FakeListChatModel(responses=['{"name": "Ada"}', '{"name": "Ada", "age": 36}'])


class Person(BaseModel):
    name: str
    age: int


class State(TypedDict):
    text: str
    reply: str
    error: str | None
    attempts: int
    person: Person | None


async def extract(state: State):
    prompt = state["text"]
    if state.get("error"):
        prompt = f"{prompt}\n\nLast time: {state['error']}"
    reply = await llm.ainvoke(prompt)
    return {"reply": reply.text, "attempts": state.get("attempts", 0) + 1}


def validate(state: State):
    try:
        person = Person.model_validate(json.loads(state["reply"]))
    except (ValidationError, json.JSONDecodeError) as error:
        return {"error": str(error), "person": None}
    return {"error": None, "person": person}


def route(state: State) -> Literal["extract", "__end__"]:
    if state["error"] is None:
        return "__end__"
    if state["attempts"] >= MAX_ATTEMPTS:
        return "__end__"
    return "extract"


builder = StateGraph(State)
builder.add_node("extract", extract)
builder.add_node("validate", validate)
builder.add_edge(START, "extract")
builder.add_edge("extract", "validate")
builder.add_conditional_edges("validate", route, {"extract": "extract", "__end__": END})
graph = builder.compile()

given = {"text": "Ada is 36 years old."}
