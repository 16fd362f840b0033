from __future__ import annotations

import subprocess
import sys

import pytest


def test_after_a_failure_only_what_is_unfinished_runs(stretto, project):
    """After a failure only what is unfinished runs."""
    assert stretto("run", "breaks", "x", "--thread", "t-1").code == 1
    (project / "graphs" / "mended").touch()
    said = stretto("resume", "t-1")
    assert said.code == 0
    assert "second is done" in said.out
    assert (project / "graphs" / "first").read_text() == "x"


def test_after_a_kill_only_what_is_unfinished_runs(stretto, project):
    """After a kill only what is unfinished runs."""
    command = [sys.executable, "-m", "stretto.cli", "run", "killed", "x", "--thread", "t-2"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == -9
    assert "killed" in stretto("threads").out
    assert "its process ended without a word" in stretto("show", "t-2").out
    watched = stretto("watch", "t-2")
    assert (watched.code, "its process ended without a word" in watched.out) == (1, True)
    (project / "graphs" / "mended").touch()
    assert stretto("resume", "t-2", "--json").json["answer"] == "lived on"
    assert (project / "graphs" / "first").read_text() == "x"
    assert "done, resumed once" in stretto("show", "t-2").out


def test_without_an_answer_it_shows_what_is_asked(stretto):
    """Without an answer it shows what is asked."""
    stretto("run", "asks", "pay", "--thread", "t-3")
    said = stretto("resume", "t-3")
    assert said.code == 0
    assert "stretto resume t-3 --approve" in said.out
    told = stretto("resume", "t-3", "--json").json
    assert (told["status"], len(told["interrupts"])) == ("interrupted", 1)


def test_a_decision_goes_on_and_its_person_is_journaled(stretto):
    """A decision goes on and its person is journaled."""
    stretto("run", "asks", "pay", "--thread", "t-4")
    said = stretto("resume", "t-4", "--reject", "no money", "--by", "ann")
    assert said.out.count("no money") == 2
    assert "answered by ann" in stretto("timeline", "t-4", "--records").out


def test_an_edit_for_several_actions_is_refused_and_an_answer_in_full_is_taken(stretto):
    """An edit for several actions is refused and an answer in full is taken."""
    stretto("run", "asks", "pay", "--thread", "t-5")
    assert stretto("resume", "t-5", "--edit", '{"amount": 1}').code == 2
    full = '{"decisions": [{"type": "approve"}, {"type": "reject", "message": "not Bob"}]}'
    said = stretto("resume", "t-5", "--answer", full)
    assert "paid 5 to Ann" in said.out
    assert "not Bob" in said.out


def test_several_questions_are_answered_one_by_one(stretto):
    """Several questions are answered one by one."""
    told = stretto("run", "careful", "What?", "--thread", "t-6", "--json").json
    first, second = (i["id"] for i in told["interrupts"])
    ambiguous = stretto("resume", "t-6", "--approve")
    assert (ambiguous.code, first in ambiguous.err) == (2, True)
    edit = stretto(
        "resume", "t-6", "--id", second[:8], "--edit", '{"text": "Mended."}', "--json"
    ).json
    assert [i["id"] for i in edit["interrupts"]] == [first]
    third = stretto("resume", "t-6", "--approve", "--json").json
    assert third["interrupts"][0]["value"]["action_requests"][0]["args"]["task"] == "t3"
    done = stretto("resume", "t-6", "--approve", "--json").json
    assert done["verdict"] == "accepted"
    assert [t["text"] for t in done["tasks"]] == ["It is t1.", "Mended.", "It is t3."]


def test_a_bad_answer_saves_nothing_and_can_be_given_again(stretto):
    """A bad answer saves nothing and can be given again."""
    stretto("run", "careful", "What?", "--thread", "t-7")
    interrupt = stretto("resume", "t-7", "--json").json["interrupts"][0]["id"]
    bad = stretto("resume", "t-7", "--id", interrupt, "--answer", '{"decisions": [{"type": "hm"}]}')
    assert bad.code == 2
    assert len(stretto("resume", "t-7", "--json").json["interrupts"]) == 2
    assert stretto("resume", "t-7", "--id", interrupt, "--approve").code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nope"], "no thread 'nope'"),
        (["t-8", "--approve", "--reject", "x"], "--approve and --reject are several answers"),
        (["t-8", "--approve", "--id", "zz"], "no single question has the id 'zz'"),
        (["t-8", "--answer", "{"], "not JSON"),
    ],
)
def test_bad_input_is_one_message(stretto, arguments, words):
    """Bad input is one message."""
    stretto("run", "asks", "pay", "--thread", "t-8")
    said = stretto("resume", *arguments)
    assert (said.code, words in said.err) == (2, True)


def test_a_thread_that_has_ended_has_nothing_to_resume(stretto):
    """A thread that has ended has nothing to resume."""
    stretto("run", "talk", "x", "--thread", "t-9")
    said = stretto("resume", "t-9")
    assert (said.code, "nothing to resume" in said.err) == (2, True)
    assert stretto("resume", "t-9", "--approve").code == 2


def test_limits_stay_those_of_the_turn_unless_raised(stretto):
    """Limits stay those of the turn unless raised."""
    assert stretto("run", "talk", "pay", "--thread", "t-10", "--max-model-calls", "1").code == 6
    assert stretto("resume", "t-10").code == 6
    said = stretto("resume", "t-10", "--max-model-calls", "2", "--json").json
    assert said["usage"]["model_calls"] == 2


def test_a_refusal_needs_no_reason(stretto):
    """A refusal needs no reason."""
    stretto("run", "asks", "pay", "--thread", "t-11")
    said = stretto("resume", "t-11", "--reject", "--by", "ann")
    assert said.code == 0
    assert "rejected" in said.out
