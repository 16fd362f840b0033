"""Each pattern once, in small, as a graph of the project that the tests serve."""

from typing import Any

from langchain_core.messages import AIMessage
from typing_extensions import TypedDict

from stretto import Plan, Review, Task, member
from stretto.patterns import (
    approve,
    board,
    group_chat,
    hierarchy,
    level,
    map_reduce,
    parallel,
    plan,
    publish,
    refine,
    route,
    saga,
    scatter,
    sequential,
    supervisor,
    swarm,
)
from stretto.state import Delegate, HandOver


class Own(TypedDict, total=False):
    """Fields of the user's own."""

    visits: int


def says(name: str, before: str = "") -> Any:
    """A member that says its name, after what another one gave."""

    async def work(state: Any) -> str:
        given = (state.get("results") or {}).get(before, "")
        return f"{given} {name}".strip()

    return member(work, name=name, role=f"says {name}")


def leads(name: str, *workers: str) -> Any:
    """A manager that delegates to all of these at once, then tells what they gave."""

    async def manage(state: Any) -> Any:
        if not (work := state.get("work")):
            return [Delegate(worker=worker, task="say it") for worker in workers]
        return " and ".join(str(each.result) for each in work)

    return member(manage, name=name, role=f"leads {', '.join(workers)}")


async def second(state: Any) -> dict[str, Any]:
    """Says what the first one gave and its own name, and counts its visits."""
    said = AIMessage(f"{state['results']['first']} second")
    return {"messages": [said], "visits": (state.get("visits") or 0) + 1}


async def planner(_state: Any) -> Plan:
    """Plans one task."""
    return Plan(tasks=[Task(id="t", goal="say it", executor="worker")])


async def reviewer(_state: Any) -> Review:
    """Accepts."""
    return Review(verdict="accept", reason="it is said")


async def critic(_state: Any) -> float:
    """Is content."""
    return 1.0


async def desk(_state: Any) -> HandOver:
    """Hands over."""
    return HandOver(to="expert")


def three() -> Any:
    """A chain that is a member of others."""
    return member(sequential(says("one"), says("two", "one")), name="three")


chain = sequential(says("first"), second, says("third", "second"), state=Own).compile(name="chain")
boss = supervisor(leads("manager", "left", "right"), [says("left"), says("right")])
boss = boss.compile(name="boss")
fan = parallel(says("left"), says("right"), three()).compile(name="fan")
others = {
    "approve": approve(three()),
    "board": board([three(), says("two")], tasks=["x", "y"]),
    "group_chat": group_chat([says("one"), three()], max_turns=2),
    "hierarchy": hierarchy(leads("head", "lead"), [level(leads("lead", "w"), [says("w")])]),
    "map_reduce": map_reduce(lambda: ["a", "b"], three(), lambda a, b: f"{a}, {b}", chunk=1),
    "pipeline": sequential(says("one"), three(), items=lambda _: ["a", "b"]),
    "plan": plan(planner, [member(three(), name="worker")], reviewer),
    "publish": publish(says("one"), three()),
    "refine": refine(three(), critic, until=0.5),
    "route": route(lambda _: "a", {"a": three(), "b": says("two")}),
    "saga": saga(says("zero"), [three(), says("beside")], says("last")),
    "scatter": scatter(three(), each=lambda _: ["a", "b"]),
    "swarm": swarm([desk, member(three(), name="expert")]),
}
globals().update({name: each.compile(name=name) for name, each in others.items()})
