"""A tool that writes asks by itself first; what the world refuses is caught after the answer."""

import itertools
from typing import Literal

import httpx
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import interrupt


class FakeModel(GenericFakeChatModel):
    def bind_tools(self, tools, **kwargs):
        return self


def shop(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"order": request.url.path})


client = httpx.Client(transport=httpx.MockTransport(shop), base_url="https://shop.example")


@tool
def search_shop(item: str) -> str:
    """Search the shop for an item."""
    return client.get(f"/items/{item}").text


@tool
def order(item: str, amount: int) -> str:
    """Order an item, when a person allows it."""
    answer = interrupt({"item": item, "amount": amount})
    if answer != "yes":
        return "The person said no."
    try:
        return client.post(f"/orders/{item}", json={"amount": amount}).text
    except httpx.HTTPError as error:
        return f"It failed: {error}"


def call(tool_name: str, **args):
    return AIMessage("", tool_calls=[{"name": tool_name, "args": args, "id": f"c_{tool_name}"}])


tools = [search_shop, order]
script = [
    call("search_shop", item="lamp"),
    call("order", item="lamp", amount=2),
    AIMessage("Two lamps are on their way."),
]
model = FakeModel(messages=itertools.cycle(script)).bind_tools(tools)


class State(MessagesState):
    turns: int


def clerk(state: State):
    return {"messages": [model.invoke(state["messages"])], "turns": state.get("turns", 0) + 1}


def onward(state: State) -> Literal["tools", "__end__"]:
    if state["turns"] > 6 or not state["messages"][-1].tool_calls:
        return END
    return "tools"


builder = StateGraph(State)
builder.add_node("clerk", clerk)
builder.add_node("tools", ToolNode(tools))
builder.add_edge(START, "clerk")
builder.add_conditional_edges("clerk", onward, {"tools": "tools", END: END})
builder.add_edge("tools", "clerk")
graph = builder.compile(checkpointer=InMemorySaver())

given = {"messages": [("user", "Two lamps, please.")]}
answers = ["yes"]
