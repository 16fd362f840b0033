"""Conditional orchestration: who works is decided as it runs, and the reason is written down.

Five desks of a pottery, one for each way to decide: a rule, a threshold, weighted criteria, a
decision table, and a model. After each turn the journal is asked what was decided, and why.

    python examples/conditional_orchestration.py
"""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from typing_extensions import TypedDict

import stretto
from stretto import Agent, Storage, route
from stretto.records import Decided
from stretto.routing import Criteria, Table, Threshold
from stretto.testing import Reply, ScriptedModel


class Case(TypedDict, total=False):
    """What is known about a request, as JSON."""

    amount: float
    tier: str
    days: int
    kilos: float


# Whom a request can go to: members like any other, so agents and graphs as well.


def clerk(_state: dict[str, Any]) -> str:
    """Answers at once, for everyday things."""
    return "The clerk does it."


def manager(_state: dict[str, Any]) -> str:
    """Looks at it first, where money or trouble is at stake."""
    return "The manager looks at it."


# 1. A rule: a function of the state that gives a label and the reason. Cheap, and easy to explain.
def by_word(state: dict[str, Any]) -> tuple[str, str]:
    """Decides by a word in the request."""
    if "money" in state["messages"][-1].text:
        return "manager", "it is about money"
    return "clerk", "no word of money"


people: dict[str, object] = {"clerk": clerk, "manager": manager}
rule_desk = route(by_word, people)

# 2. A threshold: one number against bounds.
threshold_desk = route(Threshold("amount", {"clerk": 100}, above="manager"), people, state=Case)

# 3. Criteria: several facts, each in 0..1, that weigh more or less for each label.
facts: dict[str, Callable[[Any], float]] = {
    "light": lambda state: max(0, 1 - state["kilos"] / 20),
    "cheap": lambda state: state["amount"] < 50,
    "urgent": lambda state: state["days"] <= 2,
}
criteria = Criteria({"clerk": {"light": 1, "cheap": 2}, "manager": {"urgent": 3}}, facts)
criteria_desk = route(criteria, people, state=Case)

# 4. A decision table: several facts that must come together. Rows that overlap are refused here.
table = Table(
    ["amount", "tier"],
    [
        ("< 50", "-", "clerk"),
        (">= 50", "gold", "clerk"),
        (">= 50", "!= gold", "manager"),
    ],
)
table_desk = route(table, people, state=Case)

# 5. A model: an agent gives a typed choice among the labels. This one says what is written here;
#    leave `model=` out, and it is the model of your environment.
script = ScriptedModel(
    Reply('{"label": "manager", "reason": "the customer is upset", "confidence": 0.9}')
)
reader = Agent(name="reader", prompt="Who should answer this request?", model=script)
#    A list is a cascade: the next one is asked only when one gives no label ("").


def by_greeting(state: dict[str, Any]) -> tuple[str, str] | str:
    """Knows greetings, and nothing else."""
    return ("clerk", "a greeting") if state["messages"][-1].text == "Hello" else ""


model_desk = route([by_greeting, reader], people)


async def decide(graph: Any, said: str, storage: Storage, **facts: object) -> tuple[str, str, str]:
    """Run a desk on a request, and give what its journal says: who decided, what, and why."""
    asked = {"messages": [("human", said)], **facts}
    result = await stretto.run(graph, asked, storage=storage)
    records = await storage.journal.records(result.thread)
    told = [record for record in records if isinstance(record, Decided)]
    for each in told:
        print(f"  {each.by} decides {each.decision!r}: {each.reason}")
    last = told[-1]  # of a cascade, the one whose word counts
    assert result.text.startswith(f"The {last.decision}"), "another one worked than was decided"
    return last.by, last.decision, last.reason


async def main(home: Path) -> None:
    """Run the five with their state in `home`."""
    async with stretto.open_storage(home=home) as storage:
        print("A rule:")
        found = await decide(rule_desk, "My money, please", storage)
        assert found == ("by_word", "manager", "it is about money")

        print("A threshold:")
        found = await decide(threshold_desk, "Pay", storage, amount=99)
        assert found[1:] == ("clerk", "amount is 99, below 100")
        found = await decide(threshold_desk, "Pay", storage, amount=100)
        assert found[1:] == ("manager", "amount is 100, at least 100")

        print("Weighted criteria:")
        found = await decide(criteria_desk, "Send it", storage, kilos=5, amount=80, days=1)
        assert found[1:] == ("manager", "'manager' has 3 (urgent 3), 'clerk' 0.75")

        print("A decision table:")
        found = await decide(table_desk, "Pay back", storage, amount=80, tier="gold")
        assert found[1:] == ("clerk", "rule 2 matches: amount is 80, tier is 'gold'")

        print("A model, asked only where the rule before it has no answer:")
        await decide(model_desk, "Hello", storage)
        assert not script.calls, "the model was asked though the rule knew"
        found = await decide(model_desk, "This is the third broken plate!", storage)
        assert found == ("reader", "manager", "the customer is upset")
        assert "where money or trouble is at stake" in script.calls[0].text
    print("All as promised.")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(Path(folder)))
