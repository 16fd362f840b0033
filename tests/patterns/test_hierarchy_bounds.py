"""What the authority of a level bounds: tools, delegates, budgets, and what is refused at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langchain.agents import create_agent

import stretto
from stretto import Agent, Budget, EffectsOnce, Policy, member, tool
from stretto.errors import BudgetExceeded, InvalidInput, InvalidMember
from stretto.models.marks import unmarked
from stretto.patterns import hierarchy, level
from stretto.policy import Authority
from stretto.testing import Reply, ScriptedModel, tool_call
from tests.patterns.companies import accounts, answer, ask, boss, clerk, yes

if TYPE_CHECKING:
    from collections.abc import Callable

    from stretto import Storage


PAID: list[int] = []


@tool(effect="idempotent")
async def pay(amount: int) -> str:
    """Pay somebody.

    Args:
        amount: How much.
    """
    PAID.append(amount)
    return f"paid {amount}"


@tool(effect="reads")
async def look(what: str) -> str:
    """Look something up.

    Args:
        what: What.
    """
    return f"looked for {what}"


@pytest.fixture(autouse=True)
def _nothing_paid() -> None:
    PAID.clear()


def payer(kind: str) -> Any:
    """A worker that looks, then pays, and says what came of it; of ours, or of LangChain's."""
    calls = [tool_call("look", what="x"), tool_call("pay", amount=7)]

    def think(messages: Any) -> Any:
        last = [unmarked(m).text for m in messages if m.type == "tool"]
        return Reply(" | ".join(last)) if last else Reply(tool_calls=calls)

    scripted = ScriptedModel(think)
    if kind == "agent":
        return Agent(name="payer", model=scripted, tools=[look, pay])
    return create_agent(scripted, [look, pay], middleware=[EffectsOnce()], name="payer")


@pytest.mark.parametrize("kind", ["agent", "graph"])
async def test_a_tool_outside_the_authority_is_not_called_without_leave(
    storage: Storage, kind: str
) -> None:
    """Those above that have it are asked, and else a person; a call beside it is made."""

    def build(says: Any, lead: Any = ("look", "pay")) -> Any:
        desk = level(boss("front", "payer"), [payer(kind)], authority=Authority(tools=["look"]))
        limits = Authority(tools=lead)
        return hierarchy(boss("lead", "front"), [desk], authority=limits, decide=says)

    result = await ask(
        build(lambda asked: f"no {asked.kind} of {asked.data['amount']}"), "go", storage
    )
    assert result.text == (
        "looked for x | pay was not called: lead refused it: no call pay of 7 Do it another way, "
        "or say that it cannot be done."
    )
    assert PAID == []
    result = await ask(build(yes), "go", storage, thread="u")
    assert (result.text, PAID) == ("looked for x | paid 7", [7])
    graph = build(yes, ["look"])
    assert (await ask(graph, "go", storage, thread="v")).interrupts
    assert PAID == [7]
    result = await stretto.resume(graph, "v", answer("approve"), storage=storage)
    assert (result.text, PAID) == ("looked for x | paid 7", [7, 7])
    assert await accounts(storage) == [("lead", "call pay: refused", "lead", ["lead/front"])]


async def test_a_managers_own_tools_are_bound_too(storage: Storage) -> None:
    """At the top and below."""
    said: list[str] = []

    def think(messages: Any) -> Any:
        if messages[-1].type == "tool":
            said.append(messages[-1].text)
            return Reply("done")
        return Reply(tool_calls=[tool_call("pay", amount=7)])

    def head(name: str) -> Agent:
        return Agent(name=name, model=ScriptedModel(think), tools=[pay])

    top = hierarchy(head("lead"), [clerk()], authority=Authority(tools=[]))
    assert (await ask(top, "go", storage)).interrupts
    await stretto.resume(top, "t", answer("reject", message="no"), storage=storage)
    desk = level(head("front"), [clerk()], authority=Authority(tools=[]))
    graph = hierarchy(boss("lead", "front"), [desk], decide=lambda _: "never")
    await ask(graph, "go", storage, thread="u")
    refused = (
        "pay was not called: {} refused it: {} Do it another way, or say that it cannot be done."
    )
    assert said == [refused.format("person", "no"), refused.format("lead", "never")]
    assert PAID == []


async def test_work_for_somebody_who_is_no_delegate_needs_leave(storage: Storage) -> None:
    """Without it the manager reads why it was not done."""

    def build(says: Any) -> Any:
        workers = [clerk("a"), clerk("b")]
        bounds = Authority(delegates=["a"], may_decide={"refund": 9})
        desk = level(boss("front", "a", "b"), workers, authority=bounds)
        limits = Authority(may_decide={"refund": 9})
        return hierarchy(boss("lead", "front"), [desk], authority=limits, decide=says)

    result = await ask(build(lambda _: False), "1", storage)
    assert result.text.startswith("granted 1 by a on lead/front; 'front' may not give work to 'b'")
    assert ("lead", "delegate to b: refused", "lead", ["lead/front"]) in await accounts(storage)
    result = await ask(build(yes), "1", storage, thread="u")
    assert result.text == "granted 1 by a on lead/front; granted 1 by b on lead/front"


async def test_budgets_are_a_tree(storage: Storage) -> None:
    """A level's holds for all under it, though none of them has one."""

    def worker(name: str) -> Agent:
        return Agent(name=name, model=ScriptedModel(lambda _: Reply("ok", usage=(6, 400))))

    def desk(name: str) -> Any:
        names = [f"{name}{n}" for n in range(3)]
        bounds = Authority(budget=Budget(tokens=1200))
        team = [worker(each) for each in names]
        return level(boss(name, *names), team, authority=bounds, restarts=0)

    def build(tokens: int) -> Any:
        bounds = Authority(budget=Budget(tokens=tokens))
        desks = [desk("front"), desk("back")]
        return hierarchy(boss("lead", "front", "back"), desks, authority=bounds, restarts=0)

    result = await ask(build(9000), "go", storage)
    spent = result.usage.budgets
    assert "the budget of 'supervisor/front' does not allow more" in result.text
    assert {path: each.tokens for path, each in spent.items()} == {
        "supervisor/front": 812,
        "supervisor/back": 812,
    }
    with pytest.raises(BudgetExceeded) as raised:
        await ask(build(1500), "go", storage, thread="u")
    assert raised.value.budget == "supervisor"


def two(authority: Authority, below: Authority, **how: Any) -> Any:
    """Two levels."""
    desk = level(boss("front", "a"), [clerk("a"), clerk("b")], authority=below)
    return hierarchy(boss("lead", "front"), [desk], authority=authority, **how)


@pytest.mark.parametrize(
    ("above", "below", "told"),
    [
        (
            {"budget": Budget(tokens=5)},
            {"budget": Budget(tokens=9)},
            "a budget of 9 tokens, above 5",
        ),
        ({"tools": ["x"]}, {"tools": ["y"]}, "the tool 'y'"),
        ({"span": 1}, {"span": 2}, "a span of 2, above 1"),
        ({}, {"may_decide": {"refund": 5}}, "deciding 'refund'"),
        (
            {"may_decide": {"refund": 5}},
            {"may_decide": {"refund": 6}},
            "deciding 'refund' up to 6, above 5",
        ),
        ({"delegates": ["front", "a"]}, {"delegates": ["b"]}, "the delegate 'b'"),
    ],
)
def test_a_level_that_exceeds_the_one_above_is_refused(
    above: dict[str, Any], below: dict[str, Any], told: str
) -> None:
    """When it is built, naming both, the thing and the remedy."""
    with pytest.raises(InvalidInput) as raised:
        two(Authority(**above), Authority(**below))
    text = str(raised.value)
    assert text.startswith("hierarchy: the level 'lead/front' exceeds 'lead', the one above it, by")
    assert told in text
    assert text.endswith("Take it from 'lead/front', or give it to 'lead'.")


def test_a_span_is_never_exceeded() -> None:
    """A level's own, or that which it has from above."""
    with pytest.raises(InvalidInput, match="2 members are directly under 'lead/front'"):
        two(Authority(), Authority(span=1))
    with pytest.raises(InvalidInput, match="2 members are directly under 'lead/front'"):
        two(Authority(span=1), Authority())


def dear(name: str) -> Any:
    """A worker with a budget of its own."""
    return member(clerk(name), policy=Policy(budget=Budget(tokens=50)))


@pytest.mark.parametrize(
    ("build", "error", "told"),
    [
        (lambda: hierarchy(boss("lead"), []), InvalidMember, "nobody under"),
        (lambda: hierarchy(boss("lead"), [7]), InvalidMember, "is no member"),
        (lambda: hierarchy(boss("a/b"), [clerk()]), InvalidMember, "'/' stands between levels"),
        (
            lambda: hierarchy(boss("lead"), [clerk()], authority=Authority(delegates=["x"])),
            InvalidInput,
            "the delegates of 'lead' name 'x', and nobody under it",
        ),
        (lambda: level(boss("a"), [clerk()], color=1), InvalidInput, "an option 'color'"),
        (lambda: level(clerk(), restarts=1), InvalidInput, "has nobody under it"),
        (
            lambda: level(boss("a"), [clerk()], reassign=[clerk("b")]),
            InvalidInput,
            "takes names of its members",
        ),
        (
            lambda: two_dear(Authority(budget=Budget(tokens=9))),
            InvalidInput,
            "hierarchy: lead/front: the budget of 'a' allows 50 tokens, and that of its team 9",
        ),
        (
            lambda: priceless(Authority(budget=Budget(money=1))),
            InvalidInput,
            "hierarchy: lead/front: a: money is limited, and the model 'ScriptedModel' has no price",
        ),
    ],
)
def test_what_cannot_be_is_refused(
    build: Callable[[], Any], error: type[Exception], told: str
) -> None:
    """When it is built, with what to do."""
    with pytest.raises(error) as raised:
        build()
    assert told in str(raised.value)


def two_dear(below: Authority) -> Any:
    """A worker that may spend more than its level."""
    desk = level(boss("front", "a"), [dear("a")], authority=below)
    return hierarchy(boss("lead", "front"), [desk])


def priceless(above: Authority) -> Any:
    """Money is limited at the top, and an agent far below has a model without a price."""
    worker = Agent(name="a", model=ScriptedModel("yes"))
    desk = level(boss("front", "a"), [worker])
    return hierarchy(boss("lead", "front"), [desk], authority=above)
