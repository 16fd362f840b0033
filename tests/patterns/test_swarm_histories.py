"""Whatever agents of a swarm do, each request is one that strict providers accept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from langchain.agents import create_agent
from langgraph.checkpoint.memory import InMemorySaver
from typing_extensions import TypedDict

from stretto import Agent, member
from stretto.errors import ModelUnavailable, NobodyAvailable, TooManyHandoffs
from stretto.patterns import EndsAtHandoff, hand_over_tool, swarm
from stretto.state import HandOver
from stretto.testing import CheckedModel, Reply, ScriptedModel, tool_call

NAMES = ("a", "b", "c", "d")
MOST = 5


class Own(TypedDict, total=False):
    """Fields of the user's own."""

    customer: str
    visits: int


@dataclass(frozen=True)
class Move:
    """What one does when it is asked."""

    to: tuple[str, ...] = ()
    """To whom it hands over, in one message; names that are not there too."""
    tools: int = 0
    """Other tools that it calls beside, before the handoffs."""
    after: bool = False
    """Whether it calls one more behind them."""
    text: str = ""
    fails: bool = False


moves = st.builds(
    Move,
    st.lists(st.sampled_from([*NAMES, "nobody"]), max_size=3).map(tuple),
    st.integers(0, 2),
    st.booleans(),
    st.sampled_from(["", "", "one moment"]),
    st.sampled_from([False] * 7 + [True]),
)


@dataclass
class Team:
    """A generated swarm, and what was asked of its models."""

    kinds: list[str]
    """Of its members: "ours", "foreign", "ending" or "function"."""
    scripts: list[list[Move]]
    context: str
    turns: int
    models: dict[str, CheckedModel] = field(default_factory=dict[str, CheckedModel])
    asked: list[str] = field(default_factory=list[str])
    """Who was asked, in order."""
    updates: int = 0

    def graph(self, saver: Any) -> Any:
        """The graph as a process builds it."""
        team = [self.member(name, kind) for name, kind in zip(NAMES, self.kinds, strict=False)]
        graph = swarm(team, context=self.context, max_handoffs=MOST, state=Own)  # type: ignore[arg-type]
        return graph.compile(checkpointer=saver)

    def member(self, name: str, kind: str) -> Any:
        """One of its members."""
        if kind == "function":

            async def work(_state: Any) -> Any:
                return self.done(name)

            return member(work, name=name)
        model = self.models.setdefault(name, CheckedModel(ScriptedModel(lambda _: self.said(name))))
        if kind == "ours":
            return Agent(name=name, model=model, tools=[lookup])
        others = [each for each in NAMES[: len(self.kinds)] if each != name]
        tools = [lookup, *map(hand_over_tool, others)]
        middleware = [EndsAtHandoff()] if kind == "ending" else []
        return create_agent(model, tools, name=name, middleware=middleware)

    def move(self, name: str) -> Move:
        """What it does next."""
        self.asked.append(name)
        script = self.scripts[NAMES.index(name)]
        move = script.pop(0) if script else Move()
        if move.fails:
            raise ModelUnavailable(f"{name} is down")
        return move

    def said(self, name: str) -> Reply:
        """The same as a model's reply."""
        move = self.move(name)
        calls = [tool_call("lookup", what=str(n)) for n in range(move.tools)]
        calls += [tool_call(f"hand_over_to_{to}", reason="so") for to in move.to]
        calls += [tool_call("lookup", what="last")] if move.after else []
        return Reply(move.text or ("" if calls else f"{name} answers"), calls)

    def done(self, name: str) -> Any:
        """The same as what a function gives."""
        move = self.move(name)
        known = [to for to in move.to if to in NAMES[: len(self.kinds)] and to != name]
        if not known:
            return f"{name} answers"
        self.updates += 1
        return HandOver(to=known[0], say=move.text, update={"visits": self.updates})


def lookup(what: str) -> str:
    """Look something up."""
    return f"{what} is there"


teams = st.builds(
    Team,
    st.lists(st.sampled_from(["ours", "foreign", "ending", "function"]), min_size=1, max_size=4),
    st.lists(st.lists(moves, max_size=4), min_size=4, max_size=4),
    st.sampled_from(["none", "last", "full"]),
    st.integers(1, 3),
)


@settings(max_examples=30)
@given(teams)
async def test_every_request_is_valid_and_the_state_survives(team: Team) -> None:
    """Handoffs doubled, beside tools, to nobody, failures: over turns, each in a new process."""
    saver, conf = InMemorySaver(), {"configurable": {"thread_id": "t"}}
    given: dict[str, Any] = {"customer": "ann", "visits": 0}
    active = NAMES[0]
    for turn in range(team.turns):
        team.asked.clear()
        graph = team.graph(saver)
        try:
            await graph.ainvoke({**given, "messages": [("human", f"turn {turn}")]}, conf)
            answered = True
        except (TooManyHandoffs, NobodyAvailable, ModelUnavailable):
            answered = False
        given = {}
        values = (await graph.aget_state(conf)).values
        assert team.asked[0] == active
        assert values["customer"] == "ann"
        assert not answered or values["visits"] == team.updates
        team.updates = values["visits"]  # what an error took with it is gone
        assert len(values.get("handed", [])) <= MOST
        active = values.get("active", active)
        if answered:
            assert values["messages"][-1].name == active
        assert {m.type for m in values["messages"]} <= {"human", "ai"}
        assert not any(getattr(m, "tool_calls", None) for m in values["messages"])
    problems = [problem for model in team.models.values() for problem in model.problems]
    assert not problems
