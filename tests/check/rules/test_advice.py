"""V901-V903: what could be better; asked for only."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import pytest
from langchain.agents import create_agent
from langchain_core.language_models import FakeListChatModel
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import Command, Send, interrupt
from typing_extensions import TypedDict

from stretto.check import check
from stretto.check.rules import all_rules
from tests.check.handwritten import NAMES, handwritten
from tests.check.rules.chains import chain, found
from tests.check.rules.wired import Log, wired

ADVICE = [rule for rule in all_rules() if rule.advice]


class State(TypedDict, total=False):
    """A state."""

    city: str
    weather: str
    events: str
    rounds: int
    done: bool


async def look_at_weather(state: State) -> dict[str, Any]:
    """Take some time."""
    await asyncio.sleep(0)
    return {"weather": "sun in " + state.get("city", "")}


async def look_at_events(state: State) -> dict[str, Any]:
    """Take some time."""
    await asyncio.sleep(0)
    return {"events": "a fair in " + state.get("city", "")}


async def plan_by_weather(state: State) -> dict[str, Any]:
    """Take what the first found."""
    await asyncio.sleep(0)
    return {"events": "indoors" if "rain" in state.get("weather", "") else "outdoors"}


async def may_i(state: State) -> dict[str, Any]:
    """Ask before."""
    await asyncio.sleep(0)
    return {"weather": interrupt("May I?")}


async def must_be(state: State) -> dict[str, Any]:
    """Look whether it may go on."""
    await asyncio.sleep(0)
    if not state.get("city"):
        raise ValueError(state)
    return {"weather": "checked"}


@pytest.mark.parametrize("rule", ADVICE, ids=lambda rule: rule.code)
@pytest.mark.parametrize("name", NAMES)
def test_what_could_be_better_is_found_in_any_graph(name: str, rule: Any):
    """What a rule puts into a sound graph it finds there."""
    assert rule.mutate is not None
    made = rule.mutate(handwritten(name).builder)
    assert made is not None
    assert rule.code in {finding.code for finding in check(made, advice=True)}


def test_advice_is_asked_for():
    """By itself it is not given."""
    graph = chain(State, look_at_weather, look_at_events)
    assert check(graph) == []
    assert [finding.code for finding in check(graph, advice=True)] == ["V901"]


@pytest.mark.parametrize(
    "pair",
    [
        (look_at_weather, plan_by_weather),
        (may_i, look_at_events),
        (must_be, look_at_events),
        (look_at_events, plan_by_weather),
    ],
    ids=["reads", "asks", "raises", "writes"],
)
def test_nodes_that_must_be_in_order_are_left_alone(pair: Any):
    """One needs the other, waits for an answer, may raise, or has the last word."""
    assert found(chain(State, *pair), "V901") == []


def test_nodes_that_others_lead_to_are_left_alone():
    """The second follows somebody else, too."""
    graph = chain(State, look_at_weather, look_at_events)
    graph.add_node("late", plan_by_weather)
    graph.add_edge(START, "late")
    graph.add_edge("late", "look_at_events")
    assert found(graph, "V901") == []


def _map(state: Log) -> list[Send]:
    return [Send("work", {"log": [each]}) for each in ["one"]]


def _map_all(state: Log) -> list[Send]:
    return [Send("work", {"log": [each]}) for each in state["log"]]


def _one_send(state: Log) -> list[Send]:
    return [Send("work", {"log": ["for you"]})]


def _perhaps(state: Log) -> Literal["work", "__end__"]:
    return "work" if state["log"] else END


@pytest.mark.parametrize(
    ("path", "told"), [(_map, 1), (_map_all, 0), (_one_send, 0), (_perhaps, 0)]
)
def test_a_map_over_one_is_found(path: Any, told: int):
    """A Send of its own may give a node what is for it alone; a map may have many."""
    graph = wired((START, "begin"), ("work", END))
    graph.add_conditional_edges("begin", path, ["work", END])
    assert len(found(graph, "V902")) == told


def test_a_list_edge_of_one_is_found():
    """It waits for nobody else."""
    assert len(found(wired((START, "a"), (["a"], "b")), "V902")) == 1
    assert found(wired((START, "a"), (START, "b"), (["a", "b"], "c")), "V902") == []


def _manage(state: MessagesState) -> Command[Literal["worker", "__end__"]]:
    return Command(goto=END if len(state["messages"]) > 4 else "worker")


def _managed(*workers: str) -> Any:
    builder = StateGraph(MessagesState)
    builder.add_node("manager", _manage)
    builder.add_edge(START, "manager")
    for name in workers:
        agent = create_agent(FakeListChatModel(responses=["done"]), [], name=name)
        builder.add_node(name, agent)
        builder.add_edge(name, "manager")
    return builder


def test_a_supervisor_of_one_is_found():
    """With two it has something to decide."""
    assert [f.node for f in found(_managed("worker"), "V902")] == ["manager"]
    assert found(_managed("worker", "other"), "V902") == []


def _work(state: State) -> dict[str, Any]:
    return {"rounds": state.get("rounds", 0) + 1, "done": state.get("city") == ""}


def _says(state: State) -> dict[str, Any]:
    return {"events": "done" if state.get("done") else "not yet"}


def _by_rounds(state: State) -> Literal["_work", "__end__"]:
    return "_work" if state.get("rounds", 0) < 3 else END


def _by_both(state: State) -> Literal["_work", "__end__"]:
    return "_work" if state.get("rounds", 0) < 3 and not state.get("done") else END


@pytest.mark.parametrize(
    ("nodes", "path", "told"),
    [((_work,), _by_rounds, 1), ((_work,), _by_both, 0), ((_work, _says), _by_rounds, 0)],
)
def test_a_loop_that_does_not_look_is_found(nodes: Any, path: Any, told: int):
    """It looks when its condition does, or a node that acts by it."""
    graph = chain(State, *nodes)
    graph.edges = {(a, b) for a, b in graph.edges if b != END}
    graph.add_conditional_edges(nodes[-1].__name__, path)
    assert len(found(graph, "V903")) == told
