"""For each pattern the smallest team around an inner member, in which that one works once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.crash.shapes import act
from stretto import Agent, Plan, Review, Task, member
from stretto.members.reply import text_of
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
from stretto.patterns.request_reply import ask_member
from stretto.state import Delegate, HandOver
from stretto.testing import Reply, ScriptedModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.crash.world import World
    from stretto.members import Member


@dataclass(frozen=True)
class Level:
    """What is around an inner member: its place among others, and the world they act on."""

    name: str
    """Tells the effects of this level from those of others."""
    world: World
    inner: Member
    beside: Member | None = None
    """Works beside the inner one, where there are branches."""

    def step(self, name: str) -> Member:
        """A function that acts on the world, and says its name."""

        async def work(_state: Any) -> str:
            await act(self.world, "book", f"{self.name} {name}")
            return name

        return member(work, name=name, role=f"does what is {name}")

    @property
    def both(self) -> list[Member]:
        """The inner member, and the one beside it if there is one."""
        return [self.inner, *([] if self.beside is None else [self.beside])]

    @property
    def names(self) -> list[str]:
        """Their names."""
        return [one.name for one in self.both]

    def either(self) -> Member:
        """One member that is the inner one, or the one beside it, as the last message asks."""
        if self.beside is None:
            return self.inner
        labels = {one.name: one for one in self.both}

        def by(state: Any) -> str:
            return next(name for name in labels if name in state["messages"][-1].text)

        return member(route(by, labels), name="either")


def words(value: Any) -> str:
    """What a result says; one that was typed is so still, also when it was read from storage."""
    assert not isinstance(value, dict), f"{value} has lost its type"
    return text_of(value)


def undone(_output: Any, _brief: Any) -> None:
    """Undo a step of a saga; nothing of the grid is to be undone."""
    raise AssertionError("something was undone")


def _chain(at: Level) -> Any:
    async def closing(state: Any) -> str:
        return f"then {words(state['results'][at.inner.name])}"

    return sequential(at.step("before"), at.inner, member(closing, name="closing"))


def _pipeline(at: Level) -> Any:
    async def closing(state: Any) -> str:
        (one,) = state["results"]["piped"]
        return words(one)

    piped = sequential(at.step("before"), at.inner, items=lambda _: ["it"])
    return sequential(member(piped, name="piped"), member(closing, name="closing"))


def _parallel(at: Level) -> Any:
    async def joins(state: Any) -> str:
        return " and ".join(words(state["results"][name]) for name in at.names)

    return parallel(*at.both, at.step("aside"), join=member(joins, name="joins"))


def _scatter(at: Level) -> Any:
    async def joins(state: Any) -> str:
        return " and ".join(words(each) for _, each in sorted(state["results"].items()))

    return scatter(at.either(), each=lambda _: at.names, join=member(joins, name="joins"))


def _route(at: Level) -> Any:
    return route(lambda _: "in", {"in": at.inner, "out": at.step("out")})


def _map_reduce(at: Level) -> Any:
    return map_reduce(
        lambda: at.names,
        at.either(),
        lambda a, b: f"{a} and {b}",
        chunk=1,
        width=2,
    )


def _refine(at: Level) -> Any:
    async def critic(_state: Any) -> float:
        return 1.0

    return refine(at.inner, critic, until=0.5)


def _approve(at: Level) -> Any:
    return approve(at.inner, ask="Is it good?")


def _plan(at: Level) -> Any:
    tasks = [Task(id=f"t{n}", goal=f"do {n}", executor=name) for n, name in enumerate(at.names)]
    planner = Agent(name="planner", model=ScriptedModel(Reply(value=Plan(tasks=tasks))))
    verdict = Review(verdict="accept", reason="all is done")
    reviewer = Agent(name="reviewer", model=ScriptedModel(Reply(value=verdict)))
    return plan(planner, at.both, reviewer)


def _supervisor(at: Level) -> Any:
    return supervisor(_leads("manager", at.names), [*at.both, at.step("idle")])


def _leads(name: str, workers: list[str]) -> Member:
    async def manage(state: Any) -> Any:
        if not (work := state.get("work")):
            return [Delegate(worker=worker, task="do it") for worker in workers]
        return " and ".join(text_of(each.result) for each in work)

    return member(manage, name=name, role=f"leads as {name}")


def _hierarchy(at: Level) -> Any:
    lead = level(_leads("lead", [at.inner.name]), [at.inner, at.step("idle")])
    others = at.both[1:]
    names = ["lead", *(one.name for one in others)]
    return hierarchy(_leads("head", names), [lead, *others])


def _swarm(at: Level) -> Any:
    async def desk(_state: Any) -> HandOver:
        await act(at.world, "book", f"{at.name} desk")
        return HandOver(to=at.inner.name, reason="it is theirs")

    return swarm([member(desk, name="desk"), at.inner])


def _board(at: Level) -> Any:
    goals = {f"do {n}": name for n, name in enumerate(at.names)}
    return board(at.both, tasks=list(goals), fits=lambda name, task: goals[task.goal] == name)


def _publish(at: Level) -> Any:
    told = member(publish(*at.both), name="told")
    return sequential(told, at.step("meanwhile"))


def _saga(at: Level) -> Any:
    async def closing(state: Any) -> str:
        return " and ".join(words(state["results"][name]) for name in at.names)

    middle = at.inner if at.beside is None else at.both
    return saga((at.step("before"), undone), middle, member(closing, name="closing"))


def _group_chat(at: Level) -> Any:
    return group_chat([at.step("before"), at.inner], max_turns=2)


def _request(at: Level) -> Any:
    async def asks(_state: Any) -> str:
        said = await ask_member(at.inner, "do it")
        return f"asked {said.text}"

    return sequential(at.step("before"), member(asks, name="asks"))


@dataclass(frozen=True)
class Pattern:
    """A pattern in the grid."""

    build: Callable[[Level], Any]
    says: Callable[..., str]
    """What is said in the end, by what the inner member says, and the one beside it."""
    branches: bool = False
    """Whether another member can work beside the inner one."""
    within: tuple[str, ...] = ()
    """Nodes around that of the inner member."""
    own_node: bool = True
    """Whether the inner member has a node of its own."""
    picks: bool = False
    """Whether one member stands for the inner one and the one beside it."""

    def nodes(self, name: str, *, forked: bool) -> list[str]:
        """The nodes of the inner member of this name."""
        picked = ["either"] if self.picks and forked else []
        return [*self.within, *picked, *([name] if self.own_node else [])]


def _both(*said: str) -> str:
    return " and ".join(said)


def _goals(*said: str) -> str:
    if len(said) == 1:
        return said[0]
    return "\n\n".join(f"do {n}\n{each}" for n, each in enumerate(said))


def _same(said: str) -> str:
    return said


PATTERNS = {
    "approve": Pattern(_approve, _same),
    "board": Pattern(_board, _goals, branches=True),
    "group_chat": Pattern(_group_chat, _same),
    "hierarchy": Pattern(_hierarchy, _both, branches=True, within=("lead",)),
    "map_reduce": Pattern(_map_reduce, _both, branches=True, within=("map",), picks=True),
    "parallel": Pattern(_parallel, _both, branches=True),
    "pipeline": Pattern(_pipeline, _same, within=("piped", "pipeline")),
    "plan": Pattern(_plan, _goals, branches=True, within=("execute",)),
    "publish": Pattern(_publish, lambda *_: "meanwhile", branches=True, within=("told",)),
    "refine": Pattern(_refine, _same),
    "request": Pattern(_request, "asked {}".format, within=("asks",), own_node=False),
    "route": Pattern(_route, _same),
    "saga": Pattern(_saga, _both, branches=True),
    "scatter": Pattern(_scatter, _both, branches=True, picks=True),
    "sequential": Pattern(_chain, "then {}".format),
    "supervisor": Pattern(_supervisor, _both, branches=True),
    "swarm": Pattern(_swarm, _same),
}
