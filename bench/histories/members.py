"""Members by chance: agents, functions, models, graphs of other make, and all of these wrapped."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from langchain.agents import create_agent
from langchain.agents.structured_output import ToolStrategy
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.graph import START, MessagesState, StateGraph
from pydantic import BaseModel

from bench.histories import broken
from bench.histories.chance import SAID, ChanceModel
from stretto import Agent, Compaction, Fallback, Policy, Retry, member
from stretto.members import agent_graph
from stretto.members.human import ask_person
from stretto.patterns import ask_member
from stretto.testing import CheckedModel

if TYPE_CHECKING:
    from collections.abc import Callable


class Report(BaseModel):
    """A typed output of agents."""

    text: str
    found: bool = True
    count: int | None = None


async def look(what: str) -> str:
    """Look something up."""
    return f"{what}: 42"


async def blank(what: str) -> str:
    """Find out nothing."""
    return " " if what else ""


async def breaks(what: str) -> str:
    """Look something up where there is nothing."""
    raise ValueError(f"no {what}")


async def shows(what: str) -> Any:
    """Show a picture of something."""
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}
    return [{"type": "text", "text": what}, image]


TOOLS = (look, blank, breaks, shows)


@dataclass
class World:
    """Where members of one team come from, and the models that they were given."""

    seed: str
    rng: Random = field(init=False)
    models: list[tuple[str, CheckedModel]] = field(default_factory=list)
    """Each with the pattern that its member stands in."""
    made: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.rng = Random(self.seed)

    def name(self, kind: str) -> str:
        self.made[kind] += 1
        return f"{kind}{self.made[kind]}"

    def model(self, pattern: str, *, wild: bool = True, rest: float = 0.07) -> CheckedModel:
        """A model by chance, checked."""
        seed = f"{self.seed} {self.name('model')}"
        made = CheckedModel(ChanceModel(seed, wild=wild, rest=rest))
        self.models.append((pattern, made))
        return made

    def often(self, share: float) -> bool:
        return self.rng.random() < share

    def tools(self) -> list[Any]:
        return self.rng.sample(TOOLS, self.rng.randrange(4))

    def chances(self, name: str) -> Callable[[], Random]:
        """A chance for each time that something of this name is called."""
        calls = Counter[str]()

        def chance() -> Random:
            calls[name] += 1
            return Random(f"{self.seed} {name} {calls[name]}")

        return chance


def context(world: World) -> Any:
    """A context policy: a word, or a function that gives any broken history."""
    kind = world.rng.choice(["none", "last", "summary", "full", "full", "function", "function"])
    if kind != "function":
        return kind
    chance = world.chances(world.name("context"))

    def seen(_state: Any) -> Any:
        rng = chance()
        return rng.choice(["", "All of it.", broken.history(rng), broken.history(rng)])

    return seen


def agent(world: World, pattern: str, **more: Any) -> Agent:
    """An agent of ours, with what it is given beside."""
    rest = world.rng.choice([0.0, 0.07, 0.3])
    about: dict[str, Any] = {
        "name": world.name("agent"),
        "prompt": world.rng.choice(["", "Be brief.", "Be brief. \n"]),
        "tools": world.tools(),
        "max_model_calls": world.rng.randint(1, 5),
        "output": Report if world.often(0.25) else None,
    }
    return Agent(model=world.model(pattern, rest=rest), **{**about, **more})


def function(world: World, _pattern: str) -> Any:
    """A function that gives text, messages or nothing, asks a person, or raises."""
    name = world.name("function")
    chance = world.chances(name)

    async def work(_state: Any) -> Any:
        rng = chance()
        kind = rng.random()
        if kind < 0.12:
            raise rng.choice([ValueError("no"), ConnectionError("gone"), KeyError("x")])
        if kind < 0.2:
            ask_person("go", {"why": "it matters"}, "May it go on?")
        if kind < 0.4:
            return {"messages": broken.history(rng)}
        if kind < 0.5:
            return Report(text=rng.choice(SAID))
        return rng.choice([*SAID, "", " ", AIMessage("")])

    called = f"the {name}" if world.often(0.2) else name
    return member(work, name=called, role="a function")


def foreign(
    world: World, pattern: str, tools: Any = (), middleware: Any = (), output: Any = None
) -> Any:
    """An agent that LangChain made, without middleware of ours."""
    model = world.model(pattern, wild=False)
    own = [look, *([breaks] if world.often(0.1) else [])]
    form = None if output is None else ToolStrategy(output)
    about = {
        "system_prompt": world.rng.choice([None, "You are of other make."]),
        "response_format": form,
    }
    return create_agent(
        model, [*own, *tools], name=world.name("foreign"), middleware=middleware, **about
    )


def scribe(world: World, pattern: str) -> Any:
    """A graph by hand that asks its model with what it is given, and says more than it should."""
    model, chance = world.model(pattern, wild=False), world.chances(world.name("scribe"))

    async def write(state: MessagesState) -> dict[str, Any]:
        said = await model.ainvoke(state["messages"])
        rng = chance()
        return {"messages": [*(broken.history(rng, 3) if rng.random() < 0.5 else []), said]}

    graph = StateGraph(MessagesState)
    graph.add_node("write", write)
    graph.add_edge(START, "write")
    return (
        graph.compile(name=world.name("graph"))
        if world.often(0.8)
        else member(graph, name=world.name("graph"))
    )


def compacting(world: World, pattern: str) -> Any:
    """An agent that keeps and compacts a conversation."""
    compaction = Compaction(tokens=world.rng.choice([20, 60, 200]), keep=world.rng.randint(1, 5))
    return agent_graph(agent(world, pattern), compaction=compaction)


def wrapped(world: World, pattern: str) -> Any:
    """An agent with a policy or a condition."""
    rng = world.rng
    one = agent(world, pattern)
    kind = rng.random()
    if kind < 0.4:
        to = rng.choice([world.model(pattern), agent(world, pattern)])
        return member(one, policy=Policy(fallback=Fallback(to=(to,))))
    if kind < 0.7:
        retry = Retry(attempts=2, wait=1e-9, on=("unavailable", "timeout", "nonsense"))
        return member(one, policy=Policy(retry=retry))
    says = rng.choice([True, False, "not today"])
    return member(one, when=lambda _state: says)


def asker(world: World, _pattern: str) -> Any:
    """A function that asks another member, now and then with a history as it found it."""
    make = world.rng.choice([agent, agent, foreign, model, compacting])
    callee = member(make(world, "request_reply"))
    name = world.name("asker")
    chance = world.chances(name)

    async def ask(_state: Any) -> str:
        rng = chance()
        messages = [*broken.history(rng), HumanMessage("Well?")]
        request = rng.choice(["What is it?", Report(text="so far"), messages])
        return (await ask_member(callee, request)).text

    return member(ask, name=name)


def model(world: World, pattern: str) -> Any:
    """A chat model as it is."""
    return member(world.model(pattern), name=world.name("bare"))


KINDS: tuple[tuple[Callable[..., Any], int], ...] = (
    (agent, 10),
    (function, 3),
    (foreign, 3),
    (scribe, 2),
    (compacting, 1),
    (wrapped, 2),
    (model, 2),
    (asker, 2),
)


def any_member(world: World, pattern: str) -> Any:
    """One of them."""
    makes, weights = zip(*KINDS, strict=True)
    (make,) = world.rng.choices(makes, weights)
    return make(world, pattern)
