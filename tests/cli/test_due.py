from __future__ import annotations

import json

import pytest

ASKS = '''
from stretto import approve

def refund(state) -> str:
    """Works out a refund."""
    return "pay 30"

graph = approve(refund, ask="Pay?", to="ann", deadline={deadline}, {more})
'''


@pytest.fixture
def ask(stretto, project):
    """Begin a thread that asks, with this deadline in seconds."""

    def begin(thread, deadline, more='default="reject"'):
        file = project / "graphs" / f"ask_{thread}.py"
        file.write_text(ASKS.format(deadline=deadline, more=more))
        told = stretto(
            "run", f"./graphs/{file.name}:graph", "refund me", "--thread", thread, "--json"
        ).json
        assert told["status"] == "interrupted"

    return begin


def test_what_is_over_goes_on_and_the_rest_is_listed(stretto, ask):
    """The default counts for the one; the other waits on."""
    ask("over", 0.000001)
    ask("waits", 3600)
    said = stretto("due")
    assert said.code == 0
    assert "over  went on  ann" in said.out
    assert "waits  waits  ann" in said.out
    assert "ann did not answer in time" in stretto("audit", "over").out
    told = stretto("due", "--json").json
    assert [(one["thread"], one["standing"]) for one in told] == [("waits", "waits")]


def test_the_next_one_is_asked(stretto, ask):
    """And waited for."""
    ask("next", 0.000001, 'escalate=["bob"]')
    stretto("due")
    (one,) = stretto("due", "--json").json
    assert (one["to"], one["until"]) == ("bob", None)


def test_who_is_asked_is_reminded_by_a_program(stretto, ask, project):
    """It gets the question as JSON; what it said is no matter, that it failed is."""
    ask("slow", 3600, 'default="reject", remind=0.000001')
    heard = project / "heard"
    assert stretto("due", "--command", f"tee {heard}").code == 0
    told = json.loads(heard.read_text())
    assert (told["thread"], told["to"], told["reminded"]) == ("slow", "ann", 0)
    failed = stretto("due", "--command", "false")
    assert (failed.code, "'false' ended with 1" in failed.out) == (1, True)
    missing = stretto("due", "--command", "no-such-program")
    assert (missing.code, "cannot be run" in missing.out) == (1, True)
    (one,) = stretto("due", "--json").json
    assert one["reminded"] == 1


def test_a_team_that_is_gone_holds_up_no_other(stretto, ask, project):
    """It is named, and the command ends with 1."""
    ask("gone", 0.000001)
    ask("there", 0.000001)
    (project / "graphs" / "ask_gone.py").unlink()
    told = {one["thread"]: one for one in stretto("due", "--json").json}
    assert told["gone"]["problem"]
    assert not told["there"]["problem"]


@pytest.mark.parametrize("given", ["", "'"])
def test_a_program_that_is_none_is_refused(stretto, given):
    """Before anything is done."""
    assert stretto("due", "--command", given).code == 2


def test_nothing_waits(stretto):
    """It says so."""
    said = stretto("due")
    assert (said.code, "nothing waits" in said.out) == (0, True)
