"""A conversation that waits for the person: interrupt in a loop that the person ends."""

from typing import Literal

from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import Command, interrupt

model = FakeListChatModel(responses=["Hello!", "It is noon.", "Good bye."])


def agent(state: MessagesState):
    return {"messages": [model.invoke(state["messages"])]}


def human(state: MessagesState) -> Command[Literal["agent", "__end__"]]:
    said = interrupt(state["messages"][-1].text)
    if said.strip().lower() in {"quit", "exit"}:
        return Command(goto=END)
    return Command(goto="agent", update={"messages": [HumanMessage(said)]})


builder = StateGraph(MessagesState)
builder.add_node("agent", agent)
builder.add_node("human", human)
builder.add_edge(START, "agent")
builder.add_edge("agent", "human")
graph = builder.compile(checkpointer=InMemorySaver()).with_config(recursion_limit=50)

given = {"messages": [("user", "Good morning.")]}
answers = ["What time is it?", "quit"]
