"""Reflection: a draft is criticized and written again, at most three times."""

from typing import Annotated, Literal

from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import AnyMessage, add_messages
from typing_extensions import TypedDict

writer_model = FakeListChatModel(responses=["A first draft.", "A better draft.", "The best."])
critic_model = FakeListChatModel(responses=["Make it longer.", "Make it shorter."])


class State(TypedDict):
    messages: Annotated[list[AnyMessage], add_messages]
    rounds: int


def write(state: State):
    draft = writer_model.invoke(state["messages"])
    return {"messages": [draft], "rounds": state.get("rounds", 0) + 1}


def criticize(state: State):
    swapped = [
        HumanMessage(m.content) if isinstance(m, AIMessage) else AIMessage(m.content)
        for m in state["messages"]
    ]
    said = critic_model.invoke(swapped)
    return {"messages": [HumanMessage(said.content)]}


def should_continue(state: State) -> Literal["criticize", "__end__"]:
    if state["rounds"] >= 3:
        return END
    return "criticize"


builder = StateGraph(State)
builder.add_node("write", write)
builder.add_node("criticize", criticize)
builder.add_edge(START, "write")
builder.add_conditional_edges("write", should_continue)
builder.add_edge("criticize", "write")
graph = builder.compile()

given = {"messages": [("user", "Write an essay on rain.")]}
