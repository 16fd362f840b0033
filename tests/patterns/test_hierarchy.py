"""Supervisors of supervisors, of which none exceeds the one above."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import stretto
from stretto import Agent, member
from stretto.errors import InvalidAnswer, InvalidInput
from stretto.models.marks import unmarked
from stretto.patterns import decide, hierarchy, level, sequential
from stretto.policy import Authority
from stretto.records import Decided
from stretto.replay import replay
from stretto.testing import CheckedModel, Reply, ScriptedModel, tool_call
from tests.patterns.companies import Crash, accounts, answer, ask, boss, clerk, edit, yes

if TYPE_CHECKING:
    from collections.abc import Callable

    from stretto import Storage
    from stretto.state import Request


def company(
    *,
    lead: float | None = 1000,
    front: float | None = 100,
    own: float | None = 20,
    lead_says: Callable[[Request], Any] | None = yes,
    front_says: Callable[[Request], Any] | None = yes,
) -> Any:
    """Three levels: lead, front and a clerk with an authority of its own."""

    def may(limit: float | None) -> Authority:
        return Authority() if limit is None else Authority(may_decide={"refund": limit})

    alone = level(clerk(), authority=may(own))
    desk = level(boss("front", "clerk"), [alone], authority=may(front), decide=front_says)
    return hierarchy(boss("lead", "front"), [desk], authority=may(lead), decide=lead_says)


@pytest.mark.parametrize(
    ("amount", "said", "beyond"),
    [
        ("20", "granted 20 by clerk on lead/front/clerk", []),
        ("100", "granted 100 by front on lead/front", ["lead/front/clerk"]),
        ("1000", "granted 1000 by lead on lead", ["lead/front/clerk", "lead/front"]),
    ],
)
async def test_a_decision_goes_up_to_the_first_who_may_take_it(
    storage: Storage, amount: str, said: str, beyond: list[str]
) -> None:
    """And is accounted for: who, on whose authority, and beyond whose."""
    result = await ask(company(), amount, storage)
    assert result.text == said
    (told,) = await accounts(storage)
    assert told == (said.split()[3], "refund: granted", said.split()[5], beyond)
    (record,) = [r for r in await storage.journal.records("t") if isinstance(r, Decided)]
    assert record.alternatives == ("refund: granted", "refund: refused")
    assert record.reason.startswith(f"on the authority of {told[2]!r}")
    assert record.reason.endswith("it broke")
    assert record.data["reason"] == "it broke"
    assert record.data["by"] == "clerk"


async def test_from_the_top_it_goes_to_a_person_and_back(storage: Storage) -> None:
    """Who may grant it, or another amount, or refuse it."""
    graph = company()
    result = await ask(graph, "5000", storage)
    (asked,) = result.interrupts
    (action,) = asked.value["action_requests"]
    assert action["args"] == {"kind": "refund", "by": "clerk", "reason": "it broke", "amount": 5000}
    assert "Beyond the authority of lead/front/clerk, lead/front, lead." in action["description"]
    result = await stretto.resume(graph, "t", answer("approve"), storage=storage)
    assert result.text == "granted 5000 by person on person"
    ranks = ["lead/front/clerk", "lead/front", "lead"]
    assert await accounts(storage) == [("person", "refund: granted", "person", ranks)]
    await ask(graph, "6000", storage)
    result = await stretto.resume(graph, "t", edit(5500.0), storage=storage)
    assert result.text == "granted 5500 by person on person"
    await ask(graph, "7000", storage)
    result = await stretto.resume(graph, "t", answer("reject", message="too much"), storage=storage)
    assert result.text == "refused by person on person"
    assert len(await accounts(storage)) == 3


async def test_a_person_changes_nothing_but_the_amount(storage: Storage) -> None:
    """What else is changed is asked for again."""
    graph = company()
    await ask(graph, "5000", storage)
    changed = {"name": "decision", "args": {"by": "me"}}
    result = await stretto.resume(
        graph, "t", answer("edit", edited_action=changed), storage=storage
    )
    assert "'by' cannot be changed" in str(result.interrupts[0].value)
    result = await stretto.resume(graph, "t", edit(-1.0), storage=storage)
    assert "below 0" in str(result.interrupts[0].value)
    result = await stretto.resume(graph, "t", edit("much"), storage=storage)
    assert "is to be float, not str" in str(result.interrupts[0].value)
    with pytest.raises(InvalidAnswer):
        await stretto.resume(graph, "t", answer("respond", message="hm"), storage=storage)
    result = await stretto.resume(graph, "t", answer("approve"), storage=storage)
    assert result.text == "granted 5000 by person on person"


async def test_a_person_may_write_an_amount_without_a_point(storage: Storage) -> None:
    """JSON does not tell 4000 from 4000.0."""
    graph = company()
    await ask(graph, "5000", storage)
    result = await stretto.resume(graph, "t", edit(4000), storage=storage)
    assert result.text == "granted 4000 by person on person"


async def test_who_may_decide_may_refuse(storage: Storage) -> None:
    """With a reason; nobody above is asked then."""
    graph = company(front_says=lambda asked: f"not for {asked.amount:g}")
    result = await ask(graph, "50", storage)
    assert result.text == "refused by front on lead/front"
    (record,) = [r for r in await storage.journal.records("t") if isinstance(r, Decided)]
    told = "on the authority of 'lead/front' for 'clerk' of 'lead/front/clerk': not for 50"
    assert (record.by, record.reason, record.data["why"]) == ("front", told, "not for 50")


async def test_who_does_not_decide_leaves_it_to_those_above(storage: Storage) -> None:
    """Managers that are functions decide only by `decide`."""
    result = await ask(company(front_says=lambda _: None), "50", storage)
    assert result.text == "granted 50 by lead on lead"
    result = await ask(company(front_says=None, lead_says=None), "50", storage, thread="u")
    assert result.interrupts


async def test_what_nobody_may_decide_is_a_persons(storage: Storage) -> None:
    """A level does not inherit decisions: it must be given each."""
    graph = company(own=None, front=None)
    result = await ask(graph, "1", storage)
    assert result.text == "granted 1 by lead on lead"
    other = hierarchy(
        boss("lead", "clerk"), [clerk(kind="fire")], authority=Authority(), decide=yes
    )
    assert (await ask(other, "1", storage, thread="u")).interrupts


async def test_a_member_without_a_level_works_on_that_of_its_manager(storage: Storage) -> None:
    """What the level may decide alone it may."""
    graph = hierarchy(
        boss("lead", "clerk"), [clerk()], authority=Authority(may_decide={"refund": 9})
    )
    assert (await ask(graph, "9", storage)).text == "granted 9 by clerk on lead"


async def test_members_within_members_work_on_their_authority(storage: Storage) -> None:
    """A graph in a level; and a hierarchy in a chain."""

    async def task(state: Any) -> str:
        return state["messages"][-1].text

    async def pay(state: Any) -> str:
        found = await decide("refund", float(state["results"]["task"]))
        return f"{found.by} on {found.authority}"

    both = member(sequential(task, pay), name="both")
    top = hierarchy(
        boss("lead", "both"), [both], authority=Authority(may_decide={"refund": 9}), decide=yes
    )
    chain = sequential(member(top, name="company"), name_of)
    assert (await ask(chain, "9", storage)).text == "it was both on lead"


async def name_of(state: Any) -> str:
    """Says what came before."""
    return f"it was {state['results']['company']}"


async def test_a_kill_in_the_middle_asks_nobody_again(storage: Storage) -> None:
    """What was decided stands; the rest goes on."""
    asked: list[float] = []
    ends = [Crash()]

    def lead_says(request: Request) -> bool:
        asked.append(request.amount or 0)
        return True

    async def work(state: Any) -> str:
        found = await decide("refund", 500)
        if ends:
            raise ends.pop()
        again = await decide("refund", 5000)
        return f"{found.by}, {again.by}"

    def build() -> Any:
        limits = Authority(may_decide={"refund": 1000})
        desk = level(boss("front", "work"), [work])
        return hierarchy(boss("lead", "front"), [desk], authority=limits, decide=lead_says)

    with pytest.raises(Crash):
        await ask(build(), "go", storage)
    result = await stretto.resume(build(), "t", storage=storage)
    assert result.interrupts
    result = await stretto.resume(build(), "t", answer("approve"), storage=storage)
    assert (result.text, asked) == ("lead, person", [500])


def model(*replies: Any) -> Any:
    """One whose requests are such as strict providers take."""
    said = [each if isinstance(each, str) else Reply(tool_calls=[each]) for each in replies]
    return CheckedModel(ScriptedModel(said))


def judged(*, granted: bool, reason: str = "so be it") -> Any:
    """What a manager that is an agent decides."""
    return tool_call("Judgement", granted=granted, reason=reason)


async def test_agents_ask_by_tool_and_decide_as_asked(storage: Storage) -> None:
    """The manager above is asked once, with the request in its words; budgets count it."""
    lead_model = model(
        tool_call("delegate_to_front", task="refund it"), judged(granted=True), "It is refunded."
    )
    worker_model = model(
        tool_call("ask_decision", kind="refund", amount=500, reason="it broke"), "I may."
    )
    limits = Authority(may_decide={"refund": 1000})
    desk = level(boss("front", "clerk"), [Agent(name="clerk", model=worker_model)])
    graph = hierarchy(Agent(name="lead", model=lead_model), [desk], authority=limits)
    result = await ask(graph, "refund 500", storage)
    assert result.text == "It is refunded."
    assert await accounts(storage) == [("lead", "refund: granted", "lead", ["lead/front"])]
    records = await storage.journal.records("t")
    assert sum(r.type == "model_started" for r in records) == 5
    assert lead_model.problems == worker_model.problems == []


async def test_a_person_answers_an_agents_tool(storage: Storage) -> None:
    """The run waits in the tool, and goes on with the answer."""
    asked: list[str] = []

    def think(messages: Any) -> Any:
        if messages[-1].type == "tool":
            asked.append(unmarked(messages[-1]).text)
            return Reply("done")
        return Reply(tool_calls=[tool_call("ask_decision", kind="refund", amount=50, reason="so")])

    worker = Agent(name="clerk", model=ScriptedModel(think))
    graph = hierarchy(
        boss("lead", "clerk"), [worker], authority=Authority(may_decide={"refund": 9})
    )
    assert (await ask(graph, "go", storage)).interrupts
    result = await stretto.resume(graph, "t", edit(40.0), storage=storage)
    assert (result.text, asked) == ("done", ["Granted for 40 by person."])


async def test_agents_whose_levels_decide_nothing_have_no_such_tool(storage: Storage) -> None:
    """It would be noise."""
    scripted = ScriptedModel(["done", "done"])
    worker = Agent(name="clerk", model=scripted)
    await ask(hierarchy(boss("lead", "clerk"), [worker]), "go", storage)
    limits = Authority(may_decide={"refund": 9})
    await ask(hierarchy(boss("lead", "clerk"), [worker], authority=limits), "go", storage, "u")
    assert [call.tool_names for call in scripted.calls] == [(), ("ask_decision",)]


async def test_two_turns_leave_nothing_behind(storage: Storage) -> None:
    """Each decides anew."""
    graph = company()
    await ask(graph, "50", storage)
    result = await ask(graph, "10", storage)
    assert result.text == "granted 10 by clerk on lead/front/clerk"
    assert len(await accounts(storage)) == 2


def test_the_drawing_tells_on_whose_authority_each_works() -> None:
    """All levels are in it, and every node can be reached."""
    drawn = company().compile().get_graph(xray=True)
    told = {name: (node.metadata or {}).get("authority") for name, node in drawn.nodes.items()}
    assert told["lead"] == "lead"
    assert told["front:front"] == "lead/front"
    assert told["front:clerk"] == "lead/front/clerk"
    led_to = {edge.target for edge in drawn.edges}
    assert led_to == set(drawn.nodes) - {"__start__"}


async def test_outside_a_hierarchy_nobody_can_be_asked() -> None:
    """It says where it belongs."""
    with pytest.raises(InvalidInput, match="nobody can be asked to decide 'refund' here"):
        await decide("refund", 5)


async def test_a_replay_decides_nothing_anew(storage: Storage) -> None:
    """Managers and people are not asked again."""
    asked: list[float | None] = []

    def says(request: Request) -> bool:
        asked.append(request.amount)
        return True

    graph = company(lead_says=says)
    await ask(graph, "500", storage)
    await ask(graph, "5000", storage, thread="u")
    await stretto.resume(graph, "u", answer("approve"), storage=storage)
    assert str(await replay(graph, "t", storage=storage)).startswith("does the same")
    assert str(await replay(graph, "u", storage=storage)).startswith("does the same")
    assert asked == [500]


async def test_what_follows_a_hierarchy_works_on_nobodys_authority(storage: Storage) -> None:
    """Its bounds end with it."""

    async def after(_state: Any) -> str:
        await decide("refund", 5)
        return ""

    chain = sequential(member(company(), name="company"), after)
    with pytest.raises(InvalidInput, match="nobody can be asked"):
        await ask(chain, "5", storage)
