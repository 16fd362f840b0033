from __future__ import annotations

import io

import pytest
from rich.console import Console

from stretto.cli.approve import ask_all

PAY = {
    "action_requests": [{"name": "pay", "args": {"amount": 5}}],
    "review_configs": [
        {"action_name": "pay", "allowed_decisions": ["approve", "edit", "reject", "respond"]}
    ],
}


def answers(waiting, *lines):
    """Type these lines; give the answers and what was shown."""
    left = iter(lines)
    console = Console(file=io.StringIO(), width=100)
    given = ask_all(console, waiting, lambda _: next(left))
    assert list(left) == []
    return given, console.file.getvalue()


@pytest.mark.parametrize(
    ("lines", "decision"),
    [
        (["a"], {"type": "approve"}),
        (["reject too much"], {"type": "reject", "message": "too much"}),
        (["rej", ""], {"type": "reject"}),
        (["respond", "no"], {"type": "respond", "message": "no"}),
        (
            ['edit {"amount": 1}'],
            {"type": "edit", "edited_action": {"name": "pay", "args": {"amount": 1}}},
        ),
        (["re", "nonsense", "edit {", "approve"], {"type": "approve"}),
    ],
)
def test_a_decision_is_taken_by_its_beginning_and_asked_again_when_unclear(lines, decision):
    """A decision is taken by its beginning and asked again when unclear."""
    assert answers({"i": PAY}, *lines)[0] == {"i": {"decisions": [decision]}}


def test_several_are_answered_in_any_order_and_some_later():
    """Several are answered in any order and some later."""
    given, shown = answers({"i": PAY, "j": PAY, "k": "which?"}, "9", "3", "2", "2", "a", "later")
    assert given == {"k": 2, "j": {"decisions": [{"type": "approve"}]}}
    assert "pay amount=5" in shown
    assert answers({"i": PAY, "j": PAY}, "later")[0] == {}


def test_a_free_question_takes_text_or_json():
    """A free question takes text or JSON."""
    assert answers({"i": "which?"}, "this one")[0] == {"i": "this one"}
    assert answers({"i": {"a": 1}}, '{"b": 2}')[0] == {"i": {"b": 2}}
    assert answers({"i": "which?"}, "")[0] == {}
