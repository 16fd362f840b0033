"""`stretto undo` and `stretto dead-letters`: undone after asking, and what a person sees to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SHOP = '''
"""A graph whose steps can be undone."""
from pathlib import Path
from typing_extensions import TypedDict
from langgraph.graph import END, START, StateGraph
from stretto import effect, tool

HERE = Path(__file__).parent

def note(what):
    with (HERE / "log").open("a") as log:
        log.write(what + "\\n")

def refund(receipt, amount):
    if (HERE / "closed").exists():
        note("refused")
        raise ConnectionError("the bank is closed")
    note(f"refund {receipt}")

@tool(effect="idempotent", undo=refund)
def charge(amount: int) -> str:
    """Charge."""
    note(f"charge {amount}")
    return f"r{amount}"

class State(TypedDict, total=False):
    amount: int
    receipt: str

async def pay(state):
    return {"receipt": await effect("charge", charge, state["amount"])}

async def thank(state):
    if (HERE / "rude").exists():
        raise ValueError("no thanks")
    return {}

graph = StateGraph(State)
graph.add_sequence([("pay", pay), ("thank", thank)])
graph.add_edge(START, "pay")
graph = graph.compile(name="shop")
'''


@pytest.fixture
def shop(project: Path, stretto: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a team that charges, and one turn of it on the thread t-1."""
    (project / "graphs" / "shop.py").write_text(SHOP)
    config = json.loads((project / "langgraph.json").read_text())
    config["graphs"]["shop"] = "./graphs/shop.py:graph"
    (project / "langgraph.json").write_text(json.dumps(config))

    async def at_once(seconds: float) -> None:
        assert seconds > 0

    monkeypatch.setattr("stretto.members.undoing.SLEEP", at_once)
    pay()
    return project / "graphs"


def pay() -> None:
    """Run a turn of the shop."""
    import asyncio

    import stretto
    from stretto.build import build

    asyncio.run(stretto.run(build("shop"), {"amount": 5}, thread="t-1", team="shop"))


def log(shop: Path) -> list[str]:
    """What has happened in the shop."""
    return (shop / "log").read_text().splitlines()


def test_undo_shows_what_it_would_do_and_asks(shop: Path, stretto: Any) -> None:
    """Without a terminal to ask on, it must be said that it is meant."""
    said = stretto("undo", "t-1")
    assert (said.code, "charge" in said.out) == (2, True)
    assert "1 step of thread 't-1' would be undone" in said.err
    assert log(shop) == ["charge 5"]


def test_undo_undoes_once(shop: Path, stretto: Any) -> None:
    """And says so; a second time there is nothing."""
    said = stretto("undo", "t-1", "--yes", "--by", "ann")
    assert (said.code, "✓ charge undone" in said.out) == (0, True)
    assert log(shop) == ["charge 5", "refund r5"]
    again = stretto("undo", "t-1", "--yes")
    assert "nothing of the last turn" in again.out
    assert log(shop) == ["charge 5", "refund r5"]
    audited = stretto("audit", "t-1").out
    assert "the turn asked, by ann" in audited
    assert "charge done by" in audited
    assert stretto("audit", "t-1", "--verify").code == 0


def test_a_turn_is_undone_when_it_fails_if_it_was_asked_for(shop: Path, stretto: Any) -> None:
    """By `run` and by `resume`; else what was done stays."""
    (shop / "rude").touch()
    said = stretto("run", "shop", '{"amount": 7}', "--thread", "t-2", "--compensate")
    assert (said.code, "compensation: undone: charge" in said.err) == (1, True)
    assert stretto("run", "shop", '{"amount": 8}', "--thread", "t-3").code == 1
    assert log(shop)[1:] == ["charge 7", "refund r7", "charge 8"]
    assert stretto("resume", "t-3", "--compensate").code == 1
    assert log(shop)[4:] == ["refund r8"]


def test_undo_tells_in_json(shop: Path, stretto: Any) -> None:
    """For scripts."""
    told = stretto("undo", "t-1", "--yes", "--json").json
    assert told["thread"] == "t-1"
    assert [(each["step"], each["status"]) for each in told["undone"]] == [("charge", "undone")]


def test_a_dead_letter_tells_all_that_a_person_needs(shop: Path, stretto: Any) -> None:
    """What, when, why, with what, each try, where, and how to do it by hand."""
    (shop / "closed").touch()
    said = stretto("undo", "t-1", "--yes")
    assert "✗ charge dead letter: ConnectionError: the bank is closed" in said.out
    assert log(shop) == ["charge 5", *["refused"] * 3]
    (letter,) = stretto("dead-letters", "--json").json
    assert f"stretto dead-letters show {letter['id']}" in said.out
    assert letter["id"] in stretto("dead-letters", "list", "--thread", "t-1").out
    shown = stretto("dead-letters", "show", letter["id"][:6]).out
    for told in (
        "charge could not be undone",
        "ConnectionError: the bank is closed",
        "refund('r5', 5)",
        "3 attempts",
        "t-1",
        "in pay",
        "By hand",
        f"stretto dead-letters drop {letter['id']}",
    ):
        assert told in shown, (told, shown)
    assert shown.count("failed: ConnectionError") == 3
    tries = stretto("dead-letters", "show", letter["id"], "--json").json["tries"]
    assert [each["status"] for each in tries] == ["failed"] * 3
    assert f"stretto dead-letters show {letter['id']}" in stretto("why", "t-1").out


def test_a_letter_is_retried(shop: Path, stretto: Any) -> None:
    """It stays open as long as that fails, and is closed when it succeeds."""
    (shop / "closed").touch()
    stretto("undo", "t-1", "--yes")
    (letter,) = stretto("dead-letters", "--json").json
    failed = stretto("dead-letters", "retry", letter["id"])
    assert (failed.code, "stays open" in failed.out) == (1, True)
    assert log(shop)[1:] == ["refused"] * 6
    (shop / "closed").unlink()
    done = stretto("dead-letters", "retry", letter["id"], "--by", "ann")
    assert (done.code, "is closed" in done.out) == (0, True)
    assert log(shop)[-1] == "refund r5"
    assert stretto("dead-letters", "--json").json == []
    (closed,) = stretto("dead-letters", "--all", "--json").json
    assert (closed["how"], closed["by"]) == ("retried", "ann")
    again = stretto("dead-letters", "retry", letter["id"])
    assert (again.code, "was retried already" in again.err) == (2, True)
    assert log(shop).count("refund r5") == 1


def test_a_letter_is_dropped_with_a_reason(shop: Path, stretto: Any) -> None:
    """Which stays in the journal."""
    (shop / "closed").touch()
    stretto("undo", "t-1", "--yes")
    (letter,) = stretto("dead-letters", "--json").json
    assert "no reason is given" in stretto("dead-letters", "drop", letter["id"]).err
    said = stretto("dead-letters", "drop", letter["id"], "--reason", "paid by hand", "--by", "ann")
    assert (said.code, "is dropped" in said.out) == (0, True)
    assert "no dead letters" in stretto("dead-letters").out
    assert "dropped by ann" in stretto("dead-letters", "show", letter["id"]).out
    assert "nothing of the last turn" in stretto("undo", "t-1", "--yes").out


def test_a_forgotten_thread_leaves_letters_to_people(shop: Path, stretto: Any) -> None:
    """What it was given is gone, and the letter says so."""
    stretto("forget", "t-1", "--yes")
    said = stretto("undo", "t-1", "--yes")
    assert "is not kept any more" in said.out
    (letter,) = stretto("dead-letters", "--json").json
    assert "is not known here" in stretto("dead-letters", "show", letter["id"]).out


def test_what_is_not_there_is_said(shop: Path, stretto: Any) -> None:
    """Actions, letters and threads."""
    assert "no dead letters" in stretto("dead-letters").out
    assert "Did you mean 'list'" in stretto("dead-letters", "lists").err
    assert "no letter is named" in stretto("dead-letters", "show").err
    assert "no letter 'abc'" in stretto("dead-letters", "show", "abc").err
    assert stretto("undo", "nobody").code == 2


def test_an_undo_that_is_gone_is_told_before(shop: Path, stretto: Any) -> None:
    """Before anything is undone."""
    text = (shop / "shop.py").read_text().replace("refund", "give_back")
    (shop / "shop.py").write_text(text)
    from stretto.spec import undo

    undo._declared.clear()
    said = stretto("undo", "t-1")
    assert "not found: it would become a dead letter" in said.out


def test_undone_work_is_told_in_the_timeline_and_is_gone_back_before(
    shop: Path, stretto: Any
) -> None:
    """What was undone has its lines; `why` offers a fork, for a resume could only refuse."""
    (shop / "rude").touch()
    stretto("run", "shop", '{"amount": 7}', "--thread", "t-2", "--compensate")
    said = stretto("timeline", "t-2").out
    assert "undoing begins: the turn failed: ValueError: no thanks" in said
    assert "charge undone: done" in said
    advice = stretto("why", "t-2").out
    assert "stretto fork t-2" in advice
    assert "stretto resume" not in advice


def test_an_undo_that_fails_commands_no_terminal(shop: Path, stretto: Any) -> None:
    """Its error is a stranger's text, wherever it is shown."""
    code = (shop / "shop.py").read_text().replace("the bank", "\\x1b[31mthe\\u202e bank")
    (shop / "shop.py").write_text(code)
    (shop / "closed").touch()
    shown = stretto("undo", "t-1", "--yes").out
    (letter,) = stretto("dead-letters", "--json").json
    shown += stretto("dead-letters", "show", letter["id"]).out
    shown += stretto("timeline", "t-1").out + stretto("why", "t-1").out
    assert shown.count("[31mthe bank is closed") > 3
    assert not {"\x1b", "\u202e"} & set(shown)
