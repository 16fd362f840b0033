"""Whether budgets hold, and what they refuse that would have fitted.

    python -m bench.budget [--trees 200] [--graphs 10] [--seed 1]

Each tree has 2 to 12 accounts, up to four deep, with random limits of money, tokens and calls,
some as a share of the team's. Up to 40 calls are made in random accounts at once, as tasks of one
event loop; each lasts a random number of its turns. Of what is reserved for a call it takes in
truth a random part. The trees are run twice: `waits` as agents call their models, waiting while
calls in flight hold back what they need; `at once` as models in hand-written nodes are called.
`graphs` are real runs: a team of `create_agent` agents at work side by side, through `spending`,
`reserving`, the journal and its handler, within random budgets of tokens.

- exceeded: what was spent beyond a limit, in parts of that limit, added up over all accounts.
- early: calls that were refused though they would have fitted, as a share of all calls asked for:
  when the run had ended, there was room in each of their accounts for what they would in truth have
  cost. Each refused call is looked at alone. What a call will cost is not known before, so this is
  not 0: a budget that reserved less could be exceeded.

The JSON line tells `exceeded` for all ways and `early` for those that agents take (`waits` and
`graphs`); `early_at_once` is the other way's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain.agents import create_agent
from langgraph.graph import START, MessagesState, StateGraph
from rich.console import Console
from rich.table import Table

from stretto.errors import BudgetExceeded
from stretto.journal import open_journal
from stretto.journal.handler import JournalHandler
from stretto.members.guarded import GuardedCalls
from stretto.members.spending import spending
from stretto.members.where import here
from stretto.policy import Budget
from stretto.resilience.budget import Account, Amounts, Short
from stretto.resilience.budget_tree import Accounts
from stretto.testing import Reply, ScriptedModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stretto.journal import Journal

MOST_CALLS = 40
ASKED: Any = {"messages": [("human", "Which woods were used for the hull?")]}


@dataclass
class Way:
    """A way to draw on budgets, and how it went."""

    name: str
    runs: int = 0
    calls: int = 0
    refused: int = 0
    early: int = 0
    exceeded: float = 0.0
    used: float = 0.0
    """Parts of the runs' tightest limits that were used, added up."""

    def ended(self, accounts: Iterable[Account], refused: list[tuple[Account, Amounts]]) -> None:
        """Add a run."""
        every = tuple(accounts)
        self.runs += 1
        self.refused += len(refused)
        self.early += sum(fits(account, actual) for account, actual in refused)
        self.exceeded += sum(map(beyond, every))
        self.used += max(map(tightest, every))


def fits(account: Account, actual: Amounts) -> bool:
    """Whether so much more could be spent now."""
    return account.shortage(actual) is None


def beyond(account: Account) -> float:
    """What was spent beyond the limits of an account, in parts of them."""
    limited = [line for line in account.lines.values() if line.limit is not None]
    return sum(max(0, x.spent - x.limit) / max(x.limit, 1) for x in limited if x.limit is not None)


def tightest(account: Account) -> float:
    """The part used of the limit that is used most."""
    parts = [x.spent / x.limit for x in account.lines.values() if x.limit]
    return max(parts, default=0.0)


def grown(draw: random.Random) -> Accounts:
    """A tree with random limits."""
    tree = Accounts({"tokens": draw.randrange(5_000, 60_000), "calls": draw.randrange(10, 60)})
    every = [tree.root]
    while len(every) < draw.randrange(2, 13):
        parent = draw.choice([a for a in every if a.path.count("/") < 3])
        limits: dict[str, Any] = {"tokens": draw.randrange(1_000, 30_000)}
        if draw.random() < 0.5:
            limits["money"] = draw.uniform(0.01, 0.5)
        if draw.random() < 0.3:
            limits["calls"] = draw.randrange(1, 20)
        if draw.random() < 0.3:
            limits = {"share": draw.uniform(0.1, 0.9)}
        path = f"{parent.path}/{len(every)}".strip("/")
        every.append(tree.open(parent, path, Budget(**limits)))
    return tree


async def run_tree(seed: int, way: Way, *, waits: bool) -> None:
    """Make calls at once in a random tree."""
    draw = random.Random(seed)
    tree = grown(draw)
    refused: list[tuple[Account, Amounts]] = []

    async def call(
        account: Account, most: Amounts, actual: Amounts, begin: int, turns: int
    ) -> None:
        for _ in range(begin):
            await asyncio.sleep(0)
        found = await tree.reserved(account, most) if waits else tree.reserve(account, most)
        if isinstance(found, Short):
            refused.append((account, actual))
            return
        for _ in range(turns):
            await asyncio.sleep(0)
        tree.settle(found, actual)

    calls: list[Any] = []
    for _ in range(draw.randrange(5, MOST_CALLS + 1)):
        given, answer = draw.randrange(50, 2_000), draw.randrange(100, 1_000)
        written = int(answer * draw.random())
        most = Amounts.of(1, given + answer, (given + 4 * answer) / 100_000)
        actual = Amounts.of(1, given + written, (given + 4 * written) / 100_000)
        turns = draw.randrange(1, 20)
        account = draw.choice(tree.every())
        calls.append(call(account, most, actual, draw.randrange(20), turns))
    way.calls += len(calls)
    await asyncio.gather(*calls)
    way.ended(tree.every(), refused)


async def run_graph(seed: int, way: Way, journal: Journal) -> None:
    """Run agents side by side within random budgets."""
    draw = random.Random(seed)
    handler = JournalHandler(journal)
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(MessagesState)
    refused: list[tuple[Account, Amounts]] = []
    accounts: set[Account] = set()
    within = [("team", Budget(tokens=draw.randrange(2_000, 8_000)))]
    for number in range(4):
        budget = Budget(tokens=draw.randrange(1_000, 4_000))
        node: Any = member(f"m{number}", (budget, within), draw, way, (refused, accounts))
        graph.add_node(f"m{number}", node)
        graph.add_edge(START, f"m{number}")
    config: Any = {"callbacks": [handler], "configurable": {"thread_id": f"g{seed}"}}
    await graph.compile().ainvoke(ASKED, config)
    way.ended(accounts, refused)


def member(
    name: str,
    budgets: tuple[Budget, list[tuple[str, Budget]]],
    draw: random.Random,
    way: Way,
    found: tuple[list[tuple[Account, Amounts]], set[Account]],
) -> Callable[[Any], Any]:
    """A node in which an agent is asked until its budget ends, or eight times."""
    usage = [(5, draw.randrange(20, 500)) for _ in range(8)]
    turns = [draw.randrange(1, 5) for _ in usage]
    calls = iter(zip(usage, turns, strict=True))

    async def answer(_: Any) -> Reply:
        used, waits = next(calls)
        for _ in range(waits):
            await asyncio.sleep(0)
        return Reply("Oak.", usage=used)

    agent = create_agent(
        ScriptedModel(answer), [], middleware=[GuardedCalls(None, name)], name=name
    )

    async def work(_: Any) -> dict[str, Any]:
        async with spending(budgets[0], name, here(), within=budgets[1]) as account:
            assert account is not None
            found[1].update(account.levels)
            for each in usage:
                way.calls += 1
                try:
                    await agent.ainvoke(ASKED)
                except BudgetExceeded:
                    found[0].append((account, Amounts(1, sum(each))))
                    break
        return {}

    return work


async def measured(trees: int, graphs: int, seed: int) -> list[Way]:
    """Run all of it."""
    waits, at_once, real = Way("waits"), Way("at once"), Way("graphs")
    for number in range(seed, seed + trees):
        await run_tree(number, waits, waits=True)
        await run_tree(number, at_once, waits=False)
    with tempfile.TemporaryDirectory() as folder:
        async with open_journal(Path(folder) / "journal.sqlite") as journal:
            for number in range(seed, seed + graphs):
                await run_graph(number, real, journal)
    return [waits, at_once, real]


def drawn(ways: list[Way]) -> Table:
    """The table."""
    table = Table(title="budgets under concurrent calls")
    for head in ("way", "runs", "calls", "refused", "early", "early share", "exceeded", "used"):
        table.add_column(head, justify="left" if head == "way" else "right")
    for way in ways:
        table.add_row(
            way.name, str(way.runs), f"{way.calls:,}", f"{way.refused:,}", str(way.early),
            f"{way.early / way.calls:.1%}", f"{way.exceeded:g}", f"{way.used / way.runs:.0%}",
        )  # fmt: skip
    return table


def main() -> None:
    """Measure, draw, and print the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trees", type=int, default=200)
    parser.add_argument("--graphs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    ways = asyncio.run(measured(asked.trees, asked.graphs, asked.seed))
    waits, at_once, real = ways
    Console().print(drawn(ways))
    ours = (waits, real)
    told = {
        "exceeded": sum(way.exceeded for way in ways),
        "early": round(sum(w.early for w in ours) / sum(w.calls for w in ours), 4),
        "early_at_once": round(at_once.early / at_once.calls, 4),
        "trees": waits.runs,
        "graphs": real.runs,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
