"""Nodes that are LangChain runnables: chains, RunnablePassthrough, itemgetter."""

from operator import itemgetter

from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

llm = FakeListChatModel(responses=["Bonjour"])


class State(TypedDict):
    text: str
    language: str
    translation: str
    length: int


prompt = ChatPromptTemplate.from_messages([("user", "Translate to {language}: {text}")])
translate = RunnablePassthrough.assign(translation=prompt | llm | StrOutputParser())


def as_length(text: str):
    return {"length": len(text)}


builder = StateGraph(State)
builder.add_node("translate", translate)
builder.add_node("measure", RunnableLambda(itemgetter("translation")) | as_length)
builder.add_edge(START, "translate")
builder.add_edge("translate", "measure")
builder.add_edge("measure", END)
graph = builder.compile()

given = {"text": "Hello", "language": "French"}
