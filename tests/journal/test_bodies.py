from __future__ import annotations

import json
from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.journal.bodies import digest_of, dropped, split, split_text, whole
from stretto.journal.payloads import value_of
from stretto.journal.privacy import Privacy
from stretto.records import (
    AnyRecord,
    Decided,
    Interrupted,
    ModelEnded,
    NodeStarted,
    RunStarted,
    ToolStarted,
    said_fields,
)

if TYPE_CHECKING:
    from stretto.records import Record

PLAIN = Privacy(rules=())
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=10,
)
AT = {"time": 1.5, "thread": "t", "run": "r"}
RECORDS = st.one_of(
    st.builds(RunStarted, **{k: st.just(v) for k, v in AT.items()}, team=TEXT, question=TEXT,
              context=st.dictionaries(TEXT, JSON)),
    st.builds(ToolStarted, **{k: st.just(v) for k, v in AT.items()}, tool=TEXT, input=TEXT,
              args=st.dictionaries(TEXT, JSON)),
    st.builds(Interrupted, **{k: st.just(v) for k, v in AT.items()}, interrupt=TEXT, value=JSON),
    st.builds(Decided, **{k: st.just(v) for k, v in AT.items()}, by=TEXT, decision=TEXT,
              reason=TEXT, alternatives=st.lists(TEXT).map(tuple), data=st.dictionaries(TEXT, JSON)),
    st.builds(NodeStarted, **{k: st.just(v) for k, v in AT.items()}, node=TEXT),
)  # fmt: skip


@given(RECORDS)
def test_a_record_comes_back_whole(record: AnyRecord) -> None:
    """What was said goes apart and comes back, whatever text it is."""
    body, said = split(record, PLAIN)
    back = whole(7, body, said.body if said else None)
    digest = said.digest if said else ""
    assert back == record.model_copy(update={"seq": 7, "payload": digest})
    assert digest_of(body) == digest


@given(RECORDS)
def test_what_was_said_is_not_in_the_body(record: AnyRecord) -> None:
    """Nor are `seq` and whether it is forgotten."""
    body, said = split(record, PLAIN)
    fields = json.loads(body)
    assert not {"seq", "forgotten", *said_fields(type(record))} & fields.keys()
    assert said is None or value_of(said).keys() <= said_fields(type(record))


@given(RECORDS)
def test_what_was_dropped_is_told(record: AnyRecord) -> None:
    """The record stands, without the words."""
    body, _ = split(record, PLAIN)
    back = dropped(3, body)
    assert back.forgotten
    assert back.run == record.run
    for name in said_fields(type(record)):
        default = type(record).model_fields[name].get_default(call_default_factory=True)
        assert getattr(back, name) == default


@given(RECORDS)
def test_a_record_of_version_one_is_split_alike(record: AnyRecord) -> None:
    """Its text then held everything."""
    old = record.model_dump_json(exclude={"payload"})
    body, said = split_text(old, type(record), PLAIN)
    back = whole(1, body, said.body if said else None)
    assert back.model_copy(update={"payload": ""}) == record.model_copy(update={"seq": 1})


@pytest.mark.parametrize("old", ["{", "[]", "no JSON"])
def test_damage_is_kept_as_it_is(old: str) -> None:
    """It is told when the record is read."""
    assert split_text(old, RunStarted, PLAIN) == (old, None)
    assert split_text("{}", None, PLAIN) == ("{}", None)


def test_a_digest_is_only_taken_from_its_own_field() -> None:
    """Another field may end a record with a digest."""
    record = NodeStarted(**AT)
    body, _ = split(record, PLAIN)
    for end in (f',"input":"{"a" * 64}"}}', f',"x":"\\",\\"payload\\":\\"{"a" * 64}"}}'):
        assert not digest_of(body[:-1] + end)


def test_a_falsy_answer_is_something_said() -> None:
    """Only the default of a field is nothing."""
    for value in (False, 0, "", [], {}):
        body, said = split(Interrupted(**AT, interrupt="i", value=value), PLAIN)
        assert said is not None
        back = whole(1, body, said.body)
        assert isinstance(back, Interrupted)
        assert back.value == value
        assert type(back.value) is type(value)


def test_secrets_are_replaced_before_the_digest_is_made() -> None:
    """The digest then tells nothing of them."""
    told = ModelEnded(
        **AT, model="m", text="key sk-abcdefghijklmnopqrstuvwxyz0123456789", seconds=1
    )
    _, said = split(told, Privacy())
    assert said is not None
    assert b"sk-abc" not in said.body


def test_what_is_no_json_is_told_in_words() -> None:
    """A record is stored whatever a handler put into it."""
    odd = ToolStarted(**AT, tool="t", args={"x": object(), "y": "\ud800"})
    body, said = split(odd, PLAIN)
    assert said is not None
    back = whole(1, body, said.body)
    assert isinstance(back, ToolStarted)
    assert "object object" in back.args["x"]


@pytest.mark.parametrize("kind", get_args(get_args(AnyRecord)[0]))
def test_every_type_of_record_can_lose_its_words(kind: type[Record]) -> None:
    """All `SAID` fields have a default, so that what is left can be read."""
    for name in said_fields(kind):
        assert not kind.model_fields[name].is_required()
