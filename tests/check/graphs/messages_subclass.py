"""A MessagesState subclass with a running summary: old messages are removed."""

from typing import Literal

from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import RemoveMessage, SystemMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph

model = FakeListChatModel(responses=["Yes.", "No.", "They said hello and yes."])


class State(MessagesState):
    summary: str


def call_model(state: State):
    summary = state.get("summary", "")
    messages = state["messages"]
    if summary:
        messages = [SystemMessage(f"Summary of before: {summary}"), *messages]
    return {"messages": [model.invoke(messages)]}


def summarize(state: State):
    said = model.invoke([*state["messages"], ("user", "Sum this up.")])
    gone = [RemoveMessage(id=m.id) for m in state["messages"][:-2]]
    return {"summary": said.content, "messages": gone}


def should_summarize(state: State) -> Literal["summarize", "__end__"]:
    return "summarize" if len(state["messages"]) > 3 else END


builder = StateGraph(State)
builder.add_node("conversation", call_model)
builder.add_node(summarize)
builder.add_edge(START, "conversation")
builder.add_conditional_edges("conversation", should_summarize)
builder.add_edge("summarize", END)
graph = builder.compile(checkpointer=InMemorySaver())

given = {"messages": [("user", "Hello."), ("ai", "Hi."), ("user", "Is it you?")]}
