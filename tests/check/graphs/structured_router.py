"""A router whose model gives a pydantic choice; helpers call the models; a chain of prompts."""

import json
from typing import Literal

from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.output_parsers import PydanticOutputParser, StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langgraph.graph import END, START, StateGraph
from pydantic import BaseModel
from typing_extensions import TypedDict


class Route(BaseModel):
    step: Literal["poem", "story", "joke"]


router_llm = FakeListChatModel(responses=[json.dumps({"step": "poem"})])
llm = FakeListChatModel(responses=["Roses are red.", "Once upon a time.", "Knock, knock."])
router = router_llm | PydanticOutputParser(pydantic_object=Route)
writer = ChatPromptTemplate.from_template("A {kind} on {subject}") | llm | StrOutputParser()


class State(TypedDict):
    input: str
    decision: str
    output: str


async def write(kind: str, subject: str) -> str:
    return await writer.ainvoke({"kind": kind, "subject": subject})


async def decide(state: State):
    chosen = await router.ainvoke(state["input"])
    return {"decision": chosen.step}


async def poem(state: State):
    return {"output": await write("poem", state["input"])}


async def story(state: State):
    drafts = [await write("story", f"{state['input']} {n}") for n in range(2)]
    return {"output": max(drafts, key=len)}


async def joke(state: State):
    jokes = await writer.abatch([{"kind": "joke", "subject": state["input"]}] * 2)
    return {"output": jokes[0]}


def route_decision(state: State) -> str:
    return state["decision"]


builder = StateGraph(State)
builder.add_node("decide", decide)
builder.add_node("poem", poem)
builder.add_node("story", story)
builder.add_node("joke", joke)
builder.add_edge(START, "decide")
builder.add_conditional_edges(
    "decide", route_decision, {"poem": "poem", "story": "story", "joke": "joke"}
)
for name in ("poem", "story", "joke"):
    builder.add_edge(name, END)
graph = builder.compile()

given = {"input": "cats"}
