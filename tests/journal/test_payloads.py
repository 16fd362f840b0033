from __future__ import annotations

import os
import sys
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.types import Command

from stretto.errors import StateUnreadable
from stretto.journal.payloads import (
    Payload,
    json_payload,
    object_payload,
    packed,
    said_payload,
    unpacked,
    value_of,
)
from stretto.journal.privacy import Privacy
from stretto.state import Plan, Task

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    max_leaves=20,
)
SMALL = st.integers(-(2**63), 2**63)
OBJECTS = (
    SMALL | st.binary() | st.text() | st.tuples(SMALL, st.text()) | st.lists(SMALL) | st.none()
)


@given(JSON)
def test_a_json_value_comes_back(value: Any) -> None:
    """Whatever text is in it, lone surrogates too; the digest is the body's."""
    payload = json_payload(value)
    assert value_of(payload) == value
    assert payload.digest == sha256(payload.body).hexdigest()
    assert payload.exact


@given(st.dictionaries(st.text(), st.integers()))
def test_equal_values_have_one_digest(value: dict[str, int]) -> None:
    """In whatever order their keys were put in."""
    assert json_payload(dict(reversed(value.items()))) == json_payload(value)


@given(OBJECTS, JSON)
def test_an_object_is_never_taken_for_json(value: Any, other: Any) -> None:
    """Two payloads of one digest are one payload: 53 as an object is not "5" as JSON."""
    assert object_payload(value).digest != json_payload(other).digest


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"bytes",
        AIMessage("hi", id="1", tool_calls=[{"name": "f", "args": {"x": 1}, "id": "c"}]),
        ToolMessage("done", tool_call_id="c", id="2"),
        Plan(tasks=[Task(id="a", goal="g", executor="e")]),
        {"messages": [AIMessage("hi", id="1")]},
    ],
)
def test_an_object_comes_back_as_it_was(value: Any) -> None:
    """With its type, also where only types that are known may be read."""
    back = value_of(object_payload(value))
    assert back == value
    assert type(back) is type(value)


def test_a_command_comes_back() -> None:
    """A tool may return one."""
    back = value_of(object_payload(Command(update={"a": 1}, goto="b")))
    assert isinstance(back, Command)
    assert (back.update, back.goto) == ({"a": 1}, "b")


def test_what_is_no_json_is_refused() -> None:
    """Rather than told in some other way."""
    with pytest.raises(TypeError):
        json_payload({"x": object()})


@given(JSON)
def test_what_is_stored_comes_back(value: Any) -> None:
    """Compressed or not."""
    payload = json_payload([value] * 50)
    kind, body = packed(payload, Privacy(rules=()))
    assert unpacked(payload.digest, kind, 1, body, Privacy(rules=())) == payload


def test_a_large_body_is_stored_small() -> None:
    """One that does not get smaller is left as it is."""
    large = json_payload("on and on " * 1_000)
    kind, body = packed(large, Privacy(rules=()))
    assert (kind, len(body) < len(large.body) // 10) == ("json+zlib", True)
    noise = Payload("d", "bytes", os.urandom(2_000), exact=True)
    assert packed(noise, Privacy(rules=())) == ("bytes", noise.body)


@pytest.mark.parametrize("kind", ["json", "msgpack", "said"])
def test_a_damaged_body_is_told(kind: str) -> None:
    """By its digest, with the remedy."""
    with pytest.raises(StateUnreadable, match=r"payload abc is damaged.*audit --verify"):
        value_of(Payload("abc", kind, b"\xff\xfe", exact=True))
    with pytest.raises(StateUnreadable, match="payload abc is damaged"):
        unpacked("abc", f"{kind}+zlib", 1, b"\xff\xfe", Privacy(rules=()))


def test_what_was_said_may_be_changed() -> None:
    """It is no exact payload; lone surrogates, which are no text, are replaced in it."""
    payload = said_payload({"text": "a\ud800b"})
    assert (payload.kind, payload.exact) == ("said", False)
    assert value_of(payload) == {"text": "a?b"}


def test_reading_json_needs_no_langgraph() -> None:
    """It is slow to import."""
    code = (
        "import sys; from stretto.journal.payloads import *; value_of(json_payload({}));"
        "sys.exit('langgraph' in sys.modules or 'langchain_core' in sys.modules)"
    )
    assert os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", code]) == 0
