"""A prompt chain by add_sequence, with named and unnamed steps, inside a fluent builder."""

from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    topic: str
    outline: str
    text: str
    title: str


llm = FakeListChatModel(responses=["1. Rain 2. Sun", "It rained, then the sun came.", "Weather"])
outline_chain = ChatPromptTemplate.from_template("Outline {topic}") | llm | StrOutputParser()
text_chain = ChatPromptTemplate.from_template("Write {outline}") | llm | StrOutputParser()


async def outline(state: State):
    return {"outline": await outline_chain.ainvoke({"topic": state["topic"]})}


async def write(state: State):
    return {"text": await text_chain.ainvoke({"outline": state["outline"]})}


async def entitle(state: State):
    response = await llm.ainvoke(f"A title for: {state['text']}")
    return {"title": response.content}


builder = (
    StateGraph(State)
    .add_sequence([outline, write, ("title", entitle)])
    .add_edge(START, "outline")
    .add_edge("title", END)
)
graph = builder.compile()

given = {"topic": "the weather"}
