from __future__ import annotations

import pytest

from stretto.cli.ask import answer_of, answering, chosen, draw_asked
from stretto.errors import InvalidAnswer


def request(*names, allowed=("approve", "edit", "reject", "respond")):
    """A human-in-the-loop request about these actions."""
    return {
        "action_requests": [{"name": n, "args": {"to": "Ann", "amount": 5}} for n in names],
        "review_configs": [{"action_name": n, "allowed_decisions": list(allowed)} for n in names],
    }


def test_a_decision_is_worded_as_langchain_does():
    """A decision is worded as LangChain does."""
    one = request("pay")
    assert answer_of(one, "approve", "") == {"decisions": [{"type": "approve"}]}
    assert answer_of(one, "reject", "no") == {"decisions": [{"type": "reject", "message": "no"}]}
    assert answer_of(one, "respond", "hm") == {"decisions": [{"type": "respond", "message": "hm"}]}


def test_an_edit_changes_the_named_arguments_only():
    """An edit changes the named arguments only."""
    edited = answer_of(request("pay"), "edit", '{"amount": 9}')["decisions"][0]
    assert edited == {
        "type": "edit",
        "edited_action": {"name": "pay", "args": {"to": "Ann", "amount": 9}},
    }


def test_one_decision_goes_for_all_actions_of_a_question():
    """One decision goes for all actions of a question."""
    assert len(answer_of(request("pay", "send"), "approve", "")["decisions"]) == 2


@pytest.mark.parametrize(
    ("value", "kind", "said", "words"),
    [
        (request("pay", "send"), "edit", "{}", "2 actions"),
        (request("pay"), "edit", "{nope", "not JSON"),
        (request("pay"), "edit", "[1]", "JSON object"),
        (request("pay", allowed=["reject"]), "approve", "", "Allowed: reject"),
        ("which?", "approve", "", "--answer JSON"),
    ],
)
def test_an_answer_that_does_not_fit_says_what_would(value, kind, said, words):
    """An answer that does not fit says what would."""
    with pytest.raises(InvalidAnswer, match=words):
        answer_of(value, kind, said)


def test_the_only_question_is_meant_and_of_several_the_one_whose_id_begins_so():
    """The only question is meant and of several the one whose id begins so."""
    assert chosen({"abc": 1}, None) == "abc"
    assert chosen({"abc": 1, "axe": 2}, "axe") == "axe"
    for waiting, given in (({}, None), ({"a": 1, "b": 2}, None), ({"ab": 1, "ac": 2}, "a")):
        with pytest.raises(InvalidAnswer):
            chosen(waiting, given)


def test_what_is_asked_shows_the_action_its_arguments_and_the_decisions(drawn):
    """What is asked shows the action its arguments and the decisions."""
    said = drawn(draw_asked({"i1": request("pay", allowed=["approve", "reject"]), "i2": "which?"}))
    for words in ("waits for you  i1", "pay", "amount 5", "approve, reject", "which?"):
        assert words in said


def test_commands_name_the_question_only_where_several_wait():
    """Commands name the question only where several wait."""
    (command, others), *rest = answering("t", {"i1": request("pay")})
    assert (command, rest) == ("stretto resume t --approve", [])
    assert "--edit" in others
    commands = [c for c, _ in answering("t", {"0123456789": request("a", "b"), "x": "which?"})]
    assert commands == [
        "stretto resume t --id 01234567 --approve",
        "stretto resume t --id x --answer JSON",
    ]
