"""Hierarchical orchestration: work goes down, what one may not decide goes up.

A shop of three levels gives refunds: the clerk decides up to 20 euros alone, the desk up to 100,
the director up to 1000, and what is more a person. You see delegation, escalation, and the account
of who decided on whose authority.

    python examples/hierarchical_orchestration.py
"""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import stretto
from stretto import Authority, Delegate, Storage, decide, hierarchy, level
from stretto.errors import InvalidInput
from stretto.journal.audit import verify
from stretto.journal.evidence import evidence
from stretto.records import Answered, Decided, Handoff
from stretto.state import Request

# Managers say to whom work goes, and at the end what came of it. Mostly they are agents, who
# delegate by a tool call; here they are functions, so that the example needs no key.


def director(state: dict[str, Any]) -> Delegate | str:
    """Leads the shop."""
    if state.get("work"):
        return str(state["results"]["desk"])
    return Delegate(worker="desk", task=state["messages"][-1].text)


def desk(state: dict[str, Any]) -> Delegate | str:
    """Leads the refund desk."""
    if state.get("work"):
        return str(state["results"]["clerk"])
    return Delegate(worker="clerk", task=state["messages"][-1].text)


async def clerk(state: dict[str, Any]) -> str:
    """Gives money back."""
    found = await decide("refund", float(state["task"]), reason="it came broken")
    if not found.granted:
        return f"nothing back: {found.by} said no, {found.reason}"
    return f"{found.amount:g} back, decided by {found.by}"


# What a manager says when somebody below asks for more than he may decide. `None` leaves it to
# those above. An agent as a manager is asked by a call of its model; a function has `decide=`.


def desk_decides(_asked: Request) -> bool:
    """Grant what comes to the desk."""
    return True


def director_decides(asked: Request) -> bool | str:
    """Grant it, unless it is the suspicious sum."""
    return "the same sum as last week" if asked.amount == 666 else True


# Three levels, each with what it may decide alone. None may have more than the one above it.
refund_desk = level(
    desk,
    [level(clerk, authority=Authority(may_decide={"refund": 20}))],
    authority=Authority(may_decide={"refund": 100}),
    decide=desk_decides,
)
shop = hierarchy(
    director,
    [refund_desk],
    authority=Authority(may_decide={"refund": 1000}),
    decide=director_decides,
)


async def account(storage: Storage, thread: str) -> tuple[str, str, tuple[str, ...]]:
    """Who decided, on whose authority, and whose authority did not suffice."""
    told = [one for one in await storage.journal.records(thread) if isinstance(one, Decided)]
    [decision] = [record for record in told if record.data.get("kind") == "refund"]
    print(f"    account: {decision.by} decided {decision.decision!r}: {decision.reason}")
    return decision.by, decision.data["authority"], tuple(decision.data["beyond"])


async def main(home: Path) -> None:
    """Ask for five refunds, with their state in `home`."""
    own, middle, top = "director/desk/clerk", "director/desk", "director"
    async with stretto.open_storage(home=home) as storage:
        for amount, answer, accounted in (
            ("15", "15 back, decided by clerk", ("clerk", own, ())),
            ("80", "80 back, decided by desk", ("desk", middle, (own,))),
            ("500", "500 back, decided by director", ("director", top, (own, middle))),
            (
                "666",
                "nothing back: director said no, the same sum as last week",
                ("director", top, (own, middle)),
            ),
        ):
            print(f"A refund of {amount}:")
            result = await stretto.run(shop, amount, thread=amount, storage=storage)
            print("   ", result.text)
            assert result.text == answer
            assert await account(storage, amount) == accounted

        print("A refund of 5000, which nobody in the shop may decide:")
        paused = await stretto.run(shop, "5000", thread="5000", storage=storage)
        question = paused.interrupts[0].value["action_requests"][0]
        print("   ", question["description"].splitlines()[0])
        assert paused.status == "interrupted"
        # The process may end here, and the person may take a week.
        edit = {"type": "edit", "edited_action": {"name": "decision", "args": {"amount": 4000.0}}}
        result = await stretto.resume(
            shop, "5000", {"decisions": [edit]}, by="ada", storage=storage
        )
        print("   ", result.text)
        assert result.text == "4000 back, decided by person"
        assert await account(storage, "5000") == ("person", "person", (own, middle, top))
        records = await storage.journal.records("5000")
        [answered] = [record for record in records if isinstance(record, Answered)]
        assert answered.by == "ada"

        print("Work went down before anything went up:")
        handed = [(one.by, one.to) for one in records if isinstance(one, Handoff)]
        print("   ", handed)
        assert handed == [("director", "desk"), ("desk", "clerk")]

        held = await evidence(storage.journal, "5000")
        assert verify(held.entries, held.payloads).ok, "the record is not as it was written"

    print("A level that would have more than the one above is refused:")
    try:
        hierarchy(director, [refund_desk], authority=Authority(may_decide={"refund": 50}))
    except InvalidInput as error:
        print("   ", error)
    else:
        raise AssertionError("a level has more than the one above it")
    print("All as promised.")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(Path(folder)))
