"""What holds of every hierarchy: it is refused, or nobody in it exceeds anybody above."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

import stretto
from stretto import Agent, member
from stretto.errors import InvalidInput
from stretto.patterns import decide, hierarchy, level
from stretto.policy import Authority
from stretto.policy.authority import exceeds, inherited, may_call, may_decide, may_delegate
from stretto.records import Decided, Handoff
from stretto.runs import open_storage
from stretto.testing import Reply, ScriptedModel, tool_call
from tests.patterns.companies import answer, boss

if TYPE_CHECKING:
    from stretto.state import Request

Asked = list[tuple[str, float]]
DONE: list[tuple[str, str, float]] = []
"""What was done, by whom: decisions that were granted, and tools that were called."""


@dataclass
class Place:
    """Somebody in a company."""

    name: str
    authority: Authority
    under: list[Place]
    asks: Asked
    says: bool | None
    """What it says when it is asked to decide."""
    agent: bool


def authorities(names: list[str]) -> st.SearchStrategy[Authority]:
    """What a level may do, with those under it as delegates."""
    known = st.sampled_from(names) if names else st.nothing()
    return st.builds(
        Authority,
        tools=st.sampled_from([None, None, ["pay"], []]),
        delegates=st.none() | (st.frozensets(known) if names else st.none()),
        span=st.sampled_from([None, None, 2, 3]),
        may_decide=st.dictionaries(
            st.sampled_from(["refund", "ship"]), st.sampled_from([None, 50.0, 5.0]), max_size=2
        ),
    )


@st.composite
def places(draw: st.DrawFn, name: str = "p", depth: int = 3) -> Place:
    """A company of up to three levels."""
    size = draw(st.integers(1, 2)) if depth > 1 and (depth == 3 or draw(st.booleans())) else 0
    under = [draw(places(f"{name}{n}", depth - 1)) for n in range(size)]
    asks = draw(
        st.lists(
            st.tuples(st.sampled_from(["refund", "ship"]), st.sampled_from([1.0, 20.0, 80.0])),
            max_size=2,
        )
    )
    own = draw(authorities([each.name for one in under for each in walk(one)]))
    says = draw(st.sampled_from([True, True, False, None]))
    return Place(name, own, under, asks, says, draw(st.booleans()))


def walk(one: Place) -> list[Place]:
    """All of a company."""
    return [one, *(each for below in one.under for each in walk(below))]


def worker(one: Place) -> Any:
    """Asks for its decisions, and does what it may; or pays by a tool."""

    async def pay(amount: int) -> str:
        """Pay somebody.

        Args:
            amount: How much.
        """
        DONE.append((one.name, "call pay", float(amount)))
        return "paid"

    def think(messages: Any) -> Reply:
        called = messages[-1].type == "tool"
        return Reply("done") if called else Reply(tool_calls=[tool_call("pay", amount=1)])

    async def work(_state: Any) -> str:
        for kind, amount in one.asks:
            if (await decide(kind, amount)).granted:
                DONE.append((one.name, kind, amount))
        return "done"

    if one.agent:
        return Agent(name=one.name, model=ScriptedModel(think), tools=[pay])
    return member(work, name=one.name)


def build(one: Place) -> Any:
    """The level of a place."""

    def says(_: Request) -> bool | None:
        return one.says

    if not one.under:
        return level(worker(one), authority=one.authority)
    below = [build(each) for each in one.under]
    head = boss(one.name, *(each.name for each in one.under))
    if one.name != "p":
        return level(head, below, authority=one.authority, decide=says)
    return hierarchy(head, below, authority=one.authority, decide=says)


def effective(
    one: Place, above: tuple[Authority, ...] = (), path: str = ""
) -> dict[str, tuple[Authority, ...]]:
    """What each level may do, by its path, with all above it."""
    own = inherited(above[-1], one.authority) if above else one.authority
    here = f"{path}/{one.name}" if path else one.name
    found = {here: (*above, own)}
    for each in one.under:
        found |= effective(each, (*above, own), here)
    return found


def must_be_refused(one: Place) -> bool:
    """Whether a level in it exceeds the one above, or its span."""
    ranks = effective(one)
    sizes = {each.name: len(each.under) for each in walk(one)}
    spans = [(path, chain[-1].span) for path, chain in ranks.items()]
    over = any(span is not None and sizes[p.rpartition("/")[2]] > span for p, span in spans)
    return over or any(len(c) > 1 and exceeds(c[-2], c[-1]) for c in ranks.values())


def covers(authority: Authority, kind: str, amount: float | None) -> bool:
    """Whether it allows what was granted."""
    if kind == "call pay":
        return may_call(authority, "pay")
    if kind.startswith("delegate to "):
        return may_delegate(authority, kind.removeprefix("delegate to "))
    return may_decide(authority, kind, amount)


async def carried_out(one: Place, person: str) -> list[Any]:
    """Run it to its end, a person saying always the same; gives the journal."""
    with tempfile.TemporaryDirectory() as home:
        async with open_storage(home=Path(home)) as storage:
            result = await stretto.run(build(one), "go", thread="t", storage=storage)
            for _ in range(40):
                if not result.interrupts:
                    break
                said = {each.id: answer(person) for each in result.interrupts}
                result = await stretto.resume(build(one), "t", answers=said, storage=storage)
            assert not result.interrupts
            return list(await storage.journal.records("t"))


@settings(max_examples=40)
@given(one=places(), person=st.sampled_from(["approve", "reject"]))
async def test_it_is_refused_or_nobody_exceeds_anybody_above(one: Place, person: str) -> None:
    """Whatever is asked for, and whoever says yes to it."""
    DONE.clear()
    if must_be_refused(one):
        try:
            build(one)
        except InvalidInput:
            return
        raise AssertionError("a level exceeds the one above it")
    records = await carried_out(one, person)
    ranks = effective(one)
    granted: set[tuple[str, str]] = set()
    for each in records:
        if not (isinstance(each, Decided) and "authority" in each.data):
            continue
        told = each.data
        assert told["beyond"] == [] or told["authority"] not in told["beyond"]
        if told["granted"]:
            granted.add((told["by"], told["kind"]))
        if told["granted"] and told["authority"] != "person":
            chain = ranks[told["authority"]]
            assert all(covers(above, told["kind"], told["allowed"]) for above in chain)
            assert told["level"].startswith(told["authority"])
    paths = {path.rpartition("/")[2]: path for path in ranks}
    for name, kind, amount in DONE:
        own = ranks[paths[name]]
        alone = all(covers(above, kind, amount) for above in own)
        assert alone or (name, kind) in granted
    for handed in (r for r in records if isinstance(r, Handoff)):
        allowed = all(may_delegate(above, handed.to) for above in ranks[paths[handed.by]])
        worked = any(name == handed.to for name, *_ in DONE)
        assert allowed or not worked or (handed.by, f"delegate to {handed.to}") in granted
