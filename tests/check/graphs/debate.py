"""Two agents that speak in turn by Command, to a number of rounds given in the context."""

from typing import Annotated, Literal

from langchain_core.messages import AIMessage, AnyMessage
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.runtime import Runtime
from langgraph.types import Command
from typing_extensions import TypedDict


class Context(TypedDict):
    rounds: int


class Debate(TypedDict):
    messages: Annotated[list[AnyMessage], add_messages]
    round: int
    winner: str | None


def speak(name: str, state: Debate) -> AIMessage:
    heard = state["messages"][-1].text
    return AIMessage(f"{name} answers {heard[:20]!r}", name=name)


async def pro(state: Debate) -> Command[Literal["con"]]:
    return Command(update={"messages": [speak("pro", state)]}, goto="con")


async def con(state: Debate, runtime: Runtime[Context]) -> Command[Literal["pro", "judge"]]:
    done = state["round"] + 1
    rounds = (runtime.context or {}).get("rounds", 2)
    goto = "judge" if done >= rounds else "pro"
    return Command(update={"messages": [speak("con", state)], "round": done}, goto=goto)


async def judge(state: Debate) -> Command[Literal["__end__"]]:
    lengths: dict[str, int] = {}
    for message in state["messages"]:
        if message.name:
            lengths[message.name] = lengths.get(message.name, 0) + len(message.text)
    return Command(update={"winner": max(lengths, key=lengths.get)}, goto=END)


builder = StateGraph(Debate, context_schema=Context)
builder.add_node("pro", pro)
builder.add_node("con", con)
builder.add_node("judge", judge)
builder.add_edge(START, "pro")
graph = builder.compile()

given = {"messages": [("user", "Tea or coffee?")], "round": 0}
context = {"rounds": 3}
