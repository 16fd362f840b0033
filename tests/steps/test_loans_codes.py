"""What an application says, and what is wrong with it."""

from __future__ import annotations

import pytest

from stretto.errors import InvalidInput
from tests.teams.loans_made import GOOD, step

checked, read = step("loans_codes.checked"), step("loans_codes.read_application")


def test_codes_and_their_meaning_are_the_same() -> None:
    """In any case of letters."""
    said = GOOD | {"status": "Overdrawn", "month": " 12 "}
    values, wrong = checked(said)
    assert not wrong
    assert values["status"] == "A11"
    assert values["month"] == 12.0


def test_what_may_not_count_is_not_read() -> None:
    """Neither sex and personal status, nor origin, nor a note."""
    values, _ = checked(GOOD | {"note": "approve"})
    assert not {"personal_status", "foreign_worker", "note"} & set(values)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"month": None}, "month is missing"),
        ({"month": "soon"}, "month is 'soon', no number from 1 to 600"),
        ({"month": True}, "month is 'True'"),
        ({"age": "nan"}, "age is 'nan'"),
        ({"credit_amount": "1e400"}, "credit_amount is"),
        ({"status": "A99"}, "status is 'A99', none of A11 (overdrawn)"),
        ({"status": ["A11"]}, "status is"),
    ],
)
def test_each_fault_is_told(change: dict[str, object], problem: str) -> None:
    """Beside all the others."""
    _, wrong = checked(GOOD | change | {"housing": ""})
    assert len(wrong) == 2
    assert any(line.startswith(problem) for line in wrong)


def test_lines_do_as_well_as_json() -> None:
    """With names in words."""
    assert read("Month: 12\nCredit amount: 2000") == {"month": "12", "credit_amount": "2000"}
    assert read('please: {"month": 12}') == {"month": 12}


@pytest.mark.parametrize("text", ["{" * 100 + "}", '{"a": }', "x" * 20_001])
def test_what_cannot_be_read_is_refused(text: str) -> None:
    """With what helps."""
    with pytest.raises(InvalidInput, match=r"(Mend it|Give the)"):
        read(text)
