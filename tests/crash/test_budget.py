"""A budget holds over `kill -9` and a resume in another process."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.crash.processes import child

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import asyncio, json, os, sys
from pathlib import Path
from langgraph.graph import START, MessagesState, StateGraph
import stretto
from stretto import Agent, tool
from stretto.errors import BudgetExceeded
from stretto.policy import Budget, Policy
from stretto.testing import Reply, ScriptedModel, kill_at, tool_call

log, home, kill = sys.argv[1:]
opened = []

async def answer(messages):
    with open(log, "a") as file:
        file.write("call" + chr(10))
    second = Path(log).read_text().count("call") == 2
    if kill == "within" and second:
        await opened[0].journal.flush()  # a call that takes a moment
        os.kill(os.getpid(), 9)
    if kill == "after" and second:
        kill_at(opened[0], 1, "after")
    return Reply(tool_calls=[tool_call("look")], usage=(60, 40))

@tool(effect="reads")
def look() -> str:
    "Look."
    return "nothing"

reader = Agent(
    name="reader",
    model=ScriptedModel(answer),
    tools=(look,),
    policy=Policy(budget=Budget(calls=3, tokens=20_000)),
)
node = stretto.member(reader).node(
    lambda state: {"messages": state["messages"]},
    lambda _, reply: {"messages": [("ai", reply.text)]},
)
graph = StateGraph(MessagesState).add_node("read", node).add_edge(START, "read")

async def main():
    place = {"url": home} if home.startswith("postgres") else {"home": Path(home)}
    async with stretto.open_storage(**place) as storage:
        opened.append(storage)
        try:
            if kill:
                await stretto.run(graph, "Look.", thread="t", storage=storage)
            else:
                await stretto.resume(graph, "t", storage=storage)
        except BudgetExceeded as error:
            spent = (await storage.journal.spent("t")).budgets["reader"]
            starts = await storage.journal.records("t", types=("model_started",))
            told = {
                "refused": [error.budget, error.unit, error.used],
                "spent": [spent.calls, spent.tokens],
                "reserved": [start.reserved_tokens for start in starts],
            }
            print(json.dumps(told))

asyncio.run(main())
"""


@pytest.mark.parametrize("kill", ["within", "after"])
async def test_calls_of_a_killed_process_count(
    kill: str, place: dict[str, Any], tmp_path: Path
) -> None:
    """Killed in its second model call or behind it: three are started in all, and no fourth.

    Of the one that never ended, what was reserved is spent: it may have been billed.
    """
    log, home = tmp_path / "log", made(place)
    code, _ = await child(PROGRAM, str(log), home, kill)
    assert (code, log.read_text().count("call")) == (-signal.SIGKILL, 2)
    code, out = await child(PROGRAM, str(log), home, "")
    assert (code, log.read_text().count("call")) == (0, 3)
    told = json.loads(out)
    assert told["refused"] == ["reader", "calls", 3]
    assert (len(told["reserved"]), min(told["reserved"]) > 100) == (3, True)
    lost = told["reserved"][1] if kill == "within" else 100
    assert told["spent"] == [3, 100 + lost + 100]


def made(place: dict[str, Any]) -> str:
    """The place as an argument of a program."""
    if "home" in place:
        place["home"].mkdir()
    return str(place.get("url") or place["home"])
