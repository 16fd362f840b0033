from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from stretto.records import AnyRecord, Interrupted, Record, parse

KINDS: list[type[Record]] = list(get_args(get_args(AnyRecord)[0]))

STORED = [
    '{"schema_version":1,"seq":0,"time":1.5,"thread":"t","run":"r","span":"r","parent":"","place":"","node":"","agent":"","task":"","type":"run_started","team":"research","question":"why?","resumed":false,"model":"offline","context":{"sources":["a"]},"limits":{"model_calls":100},"process":7}',
    '{"schema_version":1,"time":1.5,"thread":"t","run":"r","type":"run_ended","status":"done","error":"","seconds":2.0}',
    '{"schema_version":1,"time":1.5,"thread":"t","run":"r","type":"node_started","node":"plan"}',
    '{"schema_version":1,"time":1.5,"thread":"t","run":"r","type":"node_ended","status":"interrupted","error":"","seconds":2.0}',
    '{"schema_version":1,"time":1.5,"thread":"t","run":"r","type":"model_started","model":"m","messages":3}',
    '{"schema_version":1,"time":1.5,"thread":"t","run":"r","type":"model_ended","model":"m","text":"x","tool_calls":["search"],"input_tokens":1,"output_tokens":2,"error":"","seconds":2.0}',
    '{"schema_version":1,"time":1.5,"thread":"t","run":"r","type":"tool_started","tool":"search","call":"c1","args":{"query":"x"}}',
    '{"schema_version":1,"time":1.5,"thread":"t","run":"r","type":"tool_ended","tool":"search","call":"c1","status":"done","result":"x","error":"","seconds":2.0}',
    '{"schema_version":1,"time":1.5,"thread":"t","run":"r","type":"decided","by":"reviewer","decision":"accept","reason":"good","alternatives":["revise"],"data":{}}',
    '{"schema_version":1,"time":1.5,"thread":"t","run":"r","type":"interrupted","interrupt":"i","value":{"a":[1]}}',
    '{"schema_version":1,"time":1.5,"thread":"t","run":"r","type":"answered","interrupt":"i","answer":"yes","by":"eva"}',
]
"""What the first version wrote, one of each type: must be read for ever."""

json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("stored", STORED, ids=[kind.__name__ for kind in KINDS])
def test_what_the_first_version_wrote_is_read(stored: str) -> None:
    """And written again without loss."""
    record = parse(stored)
    assert parse(record.model_dump_json()) == record


def test_each_type_is_in_the_corpus() -> None:
    """A new type brings a stored example with it."""
    assert [type(parse(stored)) for stored in STORED] == KINDS


@given(value=json, time=st.floats(0, 1e12))
def test_any_json_value_survives(value: Any, time: float) -> None:
    """What a person was asked comes back as it was."""
    record = Interrupted(time=time, thread="t", run="r", interrupt="i", value=value)
    assert parse(record.model_dump_json()) == record


def test_fields_of_a_later_version_are_ignored() -> None:
    """A record can grow."""
    assert parse(STORED[2].replace('"type"', '"mood":"good","type"')) == parse(STORED[2])


@pytest.mark.parametrize("stored", ["{}", '{"type":"dreamt","time":1,"thread":"t","run":"r"}', "x"])
def test_what_is_no_record_is_refused(stored: str) -> None:
    """By pydantic."""
    with pytest.raises(ValidationError):
        parse(stored)


def test_a_record_cannot_be_changed() -> None:
    """It tells what happened."""
    record = parse(STORED[2])
    with pytest.raises(ValidationError):
        record.thread = "other"
