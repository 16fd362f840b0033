"""Teams of teams: a supervisor over two subgraphs, each with a supervisor of its own."""

from typing import Literal

from langchain_core.messages import AIMessage
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import Command


class TeamState(MessagesState):
    next: str


def make_worker(name: str):
    def worker(state: TeamState) -> Command[Literal["supervisor"]]:
        said = AIMessage(f"{name} read {len(state['messages'])}", name=name)
        return Command(update={"messages": [said]}, goto="supervisor")

    return worker


def make_supervisor(members: list[str]):
    def supervisor(state: TeamState) -> Command:
        heard = {message.name for message in state["messages"]}
        waiting = [name for name in members if name not in heard]
        chosen = waiting[0] if waiting else END
        return Command(goto=chosen, update={"next": chosen})

    return supervisor


def make_team(*members: str):
    team = StateGraph(TeamState)
    team.add_node("supervisor", make_supervisor([*members]), destinations=(*members, END))
    for name in members:
        team.add_node(name, make_worker(name))
    team.add_edge(START, "supervisor")
    return team.compile().with_config(recursion_limit=20)


research_team = make_team("search", "scrape")
writing_team = make_team("outline", "write")


def call_research(state: TeamState) -> Command[Literal["head"]]:
    answered = research_team.invoke({"messages": state["messages"]})
    said = AIMessage(answered["messages"][-1].content, name="research")
    return Command(update={"messages": [said]}, goto="head")


def call_writing(state: TeamState) -> Command[Literal["head"]]:
    answered = writing_team.invoke({"messages": state["messages"]})
    said = AIMessage(answered["messages"][-1].content, name="writing")
    return Command(update={"messages": [said]}, goto="head")


builder = StateGraph(TeamState)
builder.add_node(
    "head", make_supervisor(["research", "writing"]), destinations=("research", "writing", END)
)
builder.add_node("research", call_research)
builder.add_node("writing", call_writing)
builder.add_edge(START, "head")
graph = builder.compile().with_config(recursion_limit=30)

given = {"messages": [("user", "A report on bees.")]}
