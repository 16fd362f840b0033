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
    '{"schema_version":2,"time":1.5,"thread":"t","run":"r","version":"3","type":"handoff","by":"sales","to":"billing","reason":"an invoice"}',
    '{"schema_version":2,"time":1.5,"thread":"t","run":"r","type":"retried","step":"model","name":"m","attempt":2,"error":"429"}',
    '{"schema_version":2,"time":1.5,"thread":"t","run":"r","type":"fell_back","step":"model","name":"m","to":"n","error":"500"}',
    '{"schema_version":2,"time":1.5,"thread":"t","run":"r","type":"breaker_changed","breaker":"b","state":"half_open","reason":"a try"}',
    '{"schema_version":2,"time":1.5,"thread":"t","run":"r","type":"budgeted","budget":"b","event":"reserved","unit":"EUR","amount":0.5,"used":1.5,"limit":2.0}',
    '{"schema_version":2,"time":1.5,"thread":"t","run":"r","type":"compensation_started","scope":"p","why":"failed","key":"p|undo","error":"no"}',
    '{"schema_version":2,"time":1.5,"thread":"t","run":"r","type":"compensated","step":"book","status":"failed","error":"no"}',
    '{"schema_version":2,"time":1.5,"thread":"t","run":"r","type":"dead_lettered","letter":"a1","kind":"undo","name":"book","attempts":3,"error":"no","args":{"result":1},"key":"p|call|book:0","undo":"m:f"}',
    '{"schema_version":2,"time":1.5,"thread":"t","run":"r","type":"letter_closed","letter":"a1","how":"dropped","by":"eva","reason":"by hand"}',
    '{"schema_version":2,"time":1.5,"thread":"t","run":"r","type":"waited","on":"rate","name":"m","seconds":0.5}',
    '{"schema_version":2,"time":1.5,"thread":"t","run":"r","type":"feedback","on":"r","by":"eva","thumb":"up","score":1.0,"comment":"good","correction":""}',
    '{"schema_version":2,"time":1.5,"thread":"t","run":"r","type":"outcome","verdict":"accepted","rounds":2,"human_edits":1,"reason":"fine"}',
    '{"schema_version":2,"time":1.5,"thread":"t","run":"r","type":"effect_started","key":"p|tool|c1","kind":"tool","name":"pay","effect":"ask","attempt":1,"input":"d","args":{"amount":5},"family":"f"}',
    '{"schema_version":2,"time":1.5,"thread":"t","run":"r","type":"effect_ended","key":"p|tool|c1","kind":"tool","name":"pay","status":"settled","output":"d","error":"","seconds":0.5}',
    '{"schema_version":2,"time":1.5,"thread":"t","run":"","type":"forked","checkpoint":"b","origin":"a","by":"eva"}',
    '{"schema_version":2,"time":1.5,"thread":"t","run":"","type":"pruned","before":12,"hash":"h","runs":["r"],"by":"eva"}',
    '{"schema_version":2,"time":1.5,"thread":"t","run":"","type":"forgotten","payloads":3,"by":"eva"}',
]
"""What earlier versions wrote, one of each type as it was first: must be read for ever."""

json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("stored", STORED, ids=[kind.__name__ for kind in KINDS])
def test_what_an_earlier_version_wrote_is_read(stored: str) -> None:
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
