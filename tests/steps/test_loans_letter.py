"""Whether a letter says what was decided, and promises nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.teams.loans_made import GOOD, step

facts, faults = step("loans_letter.facts"), step("loans_letter.faults")


def state(*, granted: bool, amount: float = 2000.0, reason: str = "") -> dict[str, Any]:
    """A loan that was decided on."""
    decision = {"granted": granted, "amount": amount if granted else 0.0, "by": "desk"}
    against = ["checking account (overdrawn)", "duration (60 months)", "savings (below 100 DM)"]
    return {
        "application": GOOD,
        "proposal": {"reasons": against, "against": against},
        "decision": {**decision, "reason": reason},
    }


@pytest.mark.parametrize("granted", [True, False])
def test_the_plain_letter_has_no_fault(*, granted: bool) -> None:
    """Whatever was decided."""
    loan = state(granted=granted)
    assert faults(facts(loan), loan) == []


def test_a_person_may_grant_another_amount() -> None:
    """The letter says both."""
    loan = state(granted=True, amount=1500.0)
    assert facts(loan)["decision"] == (
        "We grant you a loan of 1500 DM over 12 months instead of 2000 DM"
    )
    assert faults(facts(loan), loan) == []


@pytest.mark.parametrize(
    ("granted", "change", "fault"),
    [
        (False, {"decision": "Your loan of 2000 DM is approved"}, "refused"),
        (False, {"advice": "We are pleased to welcome you"}, "refused"),
        (False, {"decision": "We hesitate over 2000 DM"}, "refused"),
        (False, {"reasons": "Your checking account"}, "does not name"),
        (False, {"advice": "Ask again and the loan will be granted"}, "promises"),
        (False, {"reasons": "You are not married"}, "may not count"),
        (True, {"decision": "We cannot grant the loan of 2000 DM over 12 months"}, "granted"),
        (True, {"decision": "We grant the loan of 9000 DM over 12 months"}, "9000"),
        (True, {"decision": "We grant you a loan"}, "does not say 12, 2000"),
        (True, {"advice": "The rate is low"}, "promises"),
        (True, {"advice": "You have 14 days"}, "14"),
        (True, {"closing": ""}, "closing is empty"),
        (True, {"advice": "x" * 3000}, "Shorten"),
    ],
)
def test_a_letter_is_held_to_the_decision(
    *, granted: bool, change: dict[str, str], fault: str
) -> None:
    """Each fault is told with what mends it."""
    loan = state(granted=granted)
    assert any(fault in line for line in faults(facts(loan) | change, loan))


def test_other_words_for_the_same_will_do() -> None:
    """As a model chooses them."""
    loan = state(granted=False)
    letter = {
        "subject": "Your loan of 2000 DM",
        "greeting": "Dear applicant,",
        "decision": "Unfortunately we are unable to grant the loan of 2,000 DM you applied for.",
        "reasons": "The main reasons were your checking account (overdrawn), the duration "
        "(60 months) and your savings (below 100 DM).",
        "advice": "You may ask which of your data we used.",
        "closing": "Your loan desk",
    }
    assert faults(letter, loan) == []


def test_what_a_person_says_is_told_where_it_may_be() -> None:
    """Else what weighed most against it."""
    reasons = step("loans_letter.reasons")
    assert reasons(state(granted=False, reason="no security.")) == ["no security"]
    assert len(reasons(state(granted=False, reason="she is not married"))) == 3
    assert len(reasons(state(granted=False, reason="x" * 400))) == 3
