"""The chat with tools of the tutorials: a model, a ToolNode, tools_condition, a limit."""

import itertools

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@tool
def multiply(a: int, b: int) -> int:
    """Multiply two numbers."""
    return a * b


class FakeModel(GenericFakeChatModel):
    def bind_tools(self, tools, **kwargs):
        return self


tools = [add, multiply]
call = {"name": "add", "args": {"a": 2, "b": 3}, "id": "call_1", "type": "tool_call"}
model = FakeModel(
    messages=itertools.cycle([AIMessage("", tool_calls=[call]), AIMessage("It is 5.")])
).bind_tools(tools)


def chatbot(state: MessagesState):
    return {"messages": [model.invoke(state["messages"])]}


builder = StateGraph(MessagesState)
builder.add_node("chatbot", chatbot)
builder.add_node("tools", ToolNode(tools))
builder.add_edge(START, "chatbot")
builder.add_conditional_edges("chatbot", tools_condition)
builder.add_edge("tools", "chatbot")
graph = builder.compile().with_config(recursion_limit=20)

given = {"messages": [("user", "What is 2 + 3?")]}
