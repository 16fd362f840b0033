from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.journal.telling import told_record
from stretto.records import Budgeted, Decided, Outcome

FIELDS: dict[str, Any] = {"time": 1.0, "thread": "t", "run": "r", "node": "n"}
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=8,
)


def told(**data: Any) -> Any:
    """A record of what is told in node n by anna."""
    return told_record(data, FIELDS, "anna")


def test_a_record_is_told_by_its_type_and_fields() -> None:
    """Who tells it is known where it does not say; where and when nobody else says."""
    record = told(type="decided", decision="go", time=7, run="other", seq=3)
    assert isinstance(record, Decided)
    assert (record.by, record.decision, record.time, record.run) == ("anna", "go", 1.0, "r")
    outcome = told(type="outcome", verdict="accepted", rounds=2, human_edits=1)
    assert isinstance(outcome, Outcome)
    assert (outcome.rounds, outcome.human_edits) == (2, 1)
    spent = told(type="budgeted", budget="team", event="warned", unit="tokens", used=8, limit=9)
    assert isinstance(spent, Budgeted)


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({"type": "nonsense"}, "'nonsense'"),
        ({"type": "run_started", "team": "x"}, "'run_started'"),
        ({"decision": "go"}, "''"),
        ({"type": "outcome"}, "verdict"),
        ({"type": "outcome", "verdict": "x", "rounds": "many"}, "rounds"),
        ("text", "''"),
        (None, "''"),
    ],
)
def test_what_is_no_record_is_warned_of(
    data: Any, named: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A run does not fail for it; what the journal sees itself nobody else tells."""
    assert told_record(data, FIELDS, "anna") is None
    assert named in caplog.text


def test_long_texts_are_cut() -> None:
    """What was said is kept whole, up to a bound; names are short."""
    record = told(
        type="decided", decision="x" * 1_000, reason="y" * 60_000, data={"z": "w" * 9_000}
    )
    assert (len(record.decision), len(record.reason)) == (500, 50_000)
    assert record.data == {"z": "w" * 9_000}


@given(st.dictionaries(st.sampled_from([*Decided.model_fields]), json_values))
def test_nothing_that_is_told_raises(data: dict[str, Any]) -> None:
    """Whatever it is."""
    told_record({**data, "type": "decided"}, FIELDS, "anna")
