"""Teams by chance: each pattern, with members of every kind, other patterns among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic import BaseModel

from bench.histories.chance import TASKS
from bench.histories.members import (
    World,
    agent,
    any_member,
    compacting,
    context,
    foreign,
)
from stretto import Compaction, Plan, Review, member
from stretto.patterns import (
    EndsAtHandoff,
    approve,
    board,
    group_chat,
    hand_over_tool,
    handoff,
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
from stretto.patterns.hierarchy import Level, hierarchy, level
from stretto.policy import Authority
from stretto.state import Critique, Delegate, HandOver

if TYPE_CHECKING:
    from collections.abc import Callable

    from langgraph.graph import StateGraph

Graph: TypeAlias = "StateGraph[Any, Any, Any, Any]"


DETACHED_IN = {"sequential", "parallel"}
"""Patterns in which one may stand that nobody waits for."""


class Note(BaseModel):
    """What is given along at a handoff."""

    text: str
    number: int = 0


def team(world: World, pattern: str, depth: int) -> Any:
    """A graph of a pattern; other patterns stand in it, at most so deep."""
    return PATTERNS[pattern](world, depth)


def inner(world: World, pattern: str, depth: int) -> Any:
    """A member, or another pattern as one."""
    if depth > 0 and world.often(0.3):
        name = world.rng.choice([each for each in PATTERNS if each != "agent"])
        one = member(team(world, name, depth - 1), name=world.name(name))
        if not one.detach or pattern in DETACHED_IN:
            return one
    return any_member(world, pattern)


def several(world: World, pattern: str, depth: int, most: int = 3) -> list[Any]:
    return [inner(world, pattern, depth) for _ in range(world.rng.randint(2, most))]


def _agent(world: World, _depth: int) -> Any:
    return compacting(world, "agent")


def _sequential(world: World, depth: int) -> Graph:
    steps, seen = several(world, "sequential", depth), context(world)
    if world.often(0.2) and not any(member(step).detach for step in steps):
        return sequential(*steps, items=lambda _state: ["apple", "pear", "plum"], context=seen)
    return sequential(*steps, context=seen)


def _parallel(world: World, depth: int) -> Graph:
    members = several(world, "parallel", depth)
    seen = context(world)
    if world.often(0.15):
        return publish(*members, context=seen)
    join = {"join": inner(world, "parallel", 0)} if world.often(0.4) else {}
    require = world.rng.choice(["all", "any", 1, 2])
    return parallel(*members, require=require, context=seen, **join)


def _scatter(world: World, depth: int) -> Graph:
    join = {"join": inner(world, "scatter", 0)} if world.often(0.4) else {}
    require = world.rng.choice(["all", "any", 2])
    one, seen = inner(world, "scatter", depth), context(world)
    return scatter(one, each=lambda _state: TASKS, require=require, context=seen, **join)


def _route(world: World, depth: int) -> Graph:
    members = {label: inner(world, "route", depth) for label in ("one", "two")}
    chance = world.chances(world.name("rule"))
    by: Any = agent(world, "route", output=None)
    if world.often(0.4):

        async def by(_state: Any) -> str:
            return chance().choice(["one", "two", "three"])

    return route(by, members, otherwise="Ask somebody else.", context=context(world))


def _typed(world: World, pattern: str, output: type[BaseModel]) -> Any:
    """An agent with a typed output, of ours or of other make."""
    if world.often(0.75):
        return agent(world, pattern, output=output)
    return foreign(world, pattern, output=output)


def _refine(world: World, depth: int) -> Graph:
    critic: Any = _typed(world, "refine", Critique)
    if world.often(0.2):
        critic = agent(world, "refine", output=None)
    if world.often(0.2):
        chance = world.chances(world.name("critic"))

        async def judge(_state: Any) -> dict[str, float]:
            return {"score": chance().random()}

        critic = member(judge, name=world.name("critic"))
    rounds, patience = world.rng.randint(1, 4), world.rng.randint(1, 2)
    return refine(
        inner(world, "refine", depth),
        critic,
        until=0.8,
        max_rounds=rounds,
        patience=patience,
        context=context(world),
    )


def _approve(world: World, depth: int) -> Graph:
    return approve(inner(world, "approve", depth), max_revisions=2, context=context(world))


def _supervisor(world: World, depth: int) -> Graph:
    workers = several(world, "supervisor", depth)
    names = [member(each).name for each in workers]
    boss: Any = agent(world, "supervisor", max_model_calls=8)
    kind = world.rng.random()
    if kind < 0.1:
        boss = foreign(world, "supervisor")
    elif kind < 0.2:
        chance = world.chances(world.name("boss"))

        async def decide(_state: Any) -> Any:
            rng = chance()
            worker, task = rng.choice([*names, "nobody"]), rng.choice(TASKS)
            return rng.choice(["done", Delegate(worker=worker, task=task)])

        boss = member(decide, name="boss")
    elif kind < 0.3:
        boss = world.model("supervisor")
    return supervisor(
        boss,
        workers,
        context=context(world),
        restarts=world.rng.randrange(2),
        repeats=world.rng.randint(1, 2),
        max_delegations=12,
        reassign=world.rng.sample(names, world.rng.randrange(2)),
        check=(lambda _task, result: len(str(result)) != 6) if world.often(0.3) else None,
        escalate=world.rng.choice(["manager", "manager", "person", "fail"]),
        own_tools=True,
    )


def _peer(world: World, depth: int, others: list[str]) -> Any:
    kind = world.rng.random()
    if kind < 0.2:
        tools = [hand_over_tool(to, payload=world.rng.choice([None, Note])) for to in others]
        ends = [EndsAtHandoff()] if world.often(0.5) else []
        return foreign(world, "swarm", tools, ends)
    if kind < 0.35:
        chance = world.chances(world.name("peer"))

        async def speak(_state: Any) -> Any:
            rng = chance()
            say = rng.choice(["", " ", "I pass it on."])
            return rng.choice(["That is it.", HandOver(to=rng.choice(others), say=say)])

        return speak
    return inner(world, "swarm", depth) if kind < 0.5 else agent(world, "swarm")


def _swarm(world: World, depth: int) -> Graph:
    names = [world.name("peer") for _ in range(world.rng.randint(2, 4))]
    peers: list[Any] = []
    for name in names:
        others = [each for each in names if each != name]
        thing = _peer(world, depth, others)
        if thing is None:
            continue
        one: Any = (
            thing.model_copy(update={"name": name})
            if hasattr(thing, "model_copy")
            else (member(thing, name=name))
        )
        if world.often(0.4):
            seen = context(world) if world.often(0.5) else None
            one = handoff(one, payload=Note if world.often(0.4) else None, context=seen)
        peers.append(one)
    return swarm(peers, context=context(world), max_handoffs=world.rng.randint(2, 8))


def _board(world: World, depth: int) -> Graph:
    tasks = world.rng.sample(TASKS, 3)
    members = several(world, "board", depth)
    adds, seen = world.often(0.3), context(world)
    return board(members, tasks=tasks, adds=adds, max_tasks=8, attempts=2, context=seen)


def _hierarchy(world: World, depth: int) -> Graph:
    rng = world.rng

    def lead(members: list[Any]) -> dict[str, Any]:
        names = [each.name if isinstance(each, Level) else member(each).name for each in members]
        within = Authority(
            tools=rng.choice([None, ["look"]]),
            delegates=rng.choice([None, None, names[:1]]),
        )
        return {"authority": within, "own_tools": True, "context": context(world)}

    def boss() -> Any:
        return agent(world, "hierarchy", max_model_calls=8, output=None)

    lower = several(world, "hierarchy", depth)
    under = [level(boss(), lower, own_tools=True, context=context(world))]
    under += [inner(world, "hierarchy", depth) for _ in range(rng.randint(0, 2))]
    return hierarchy(boss(), under, **lead(under))


def _plan(world: World, _depth: int) -> Graph:
    workers = [any_member(world, "plan") for _ in range(world.rng.randint(1, 3))]
    reviewer = _typed(world, "plan", Review)
    planner = _typed(world, "plan", Plan)
    asked = world.rng.sample(["plan", "answer"], world.rng.randrange(2))
    tight = Compaction(tokens=world.rng.choice([20, 60]), keep=world.rng.randint(1, 4))
    compaction = tight if world.often(0.6) else None
    return plan(planner, workers, reviewer, max_rounds=2, approve=asked, compaction=compaction)


def _saga(world: World, depth: int) -> Graph:
    steps: list[Any] = several(world, "saga", depth)
    if world.often(0.4):
        steps.insert(1, [any_member(world, "saga"), any_member(world, "saga")])
    return saga(*steps, context=context(world))


def _group_chat(world: World, depth: int) -> Graph:
    members = several(world, "group_chat", depth)
    moderator = None if world.often(0.4) else agent(world, "group_chat", output=None)
    turns = world.rng.randint(2, 6)
    return group_chat(members, moderator=moderator, max_turns=turns, context=context(world))


def _map_reduce(world: World, _depth: int) -> Graph:
    source = lambda: iter(["apple", "pear", "plum", " "])  # noqa: E731
    worker = any_member(world, "map_reduce")
    finish = any_member(world, "map_reduce") if world.often(0.5) else None

    def joined(one: Any, other: Any) -> str:
        return f"{one}; {other}"

    return map_reduce(source, worker, joined, finish=finish, chunk=2, width=2)


PATTERNS: dict[str, Callable[[World, int], Any]] = {
    "agent": _agent,
    "sequential": _sequential,
    "parallel": _parallel,
    "scatter": _scatter,
    "route": _route,
    "refine": _refine,
    "approve": _approve,
    "supervisor": _supervisor,
    "swarm": _swarm,
    "board": _board,
    "hierarchy": _hierarchy,
    "group_chat": _group_chat,
    "plan": _plan,
    "saga": _saga,
    "map_reduce": _map_reduce,
}
