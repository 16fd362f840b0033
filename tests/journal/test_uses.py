"""Which payloads a record refers to."""

from __future__ import annotations

import json
from typing import Any

from stretto.journal.chain import Entry
from stretto.journal.payloads import Payload, json_payload
from stretto.journal.uses import Uses, digests, fields, next_link, request


def entry(name: str, **told: Any) -> Entry:
    """A record as it is stored."""
    return Entry(1, "t", 0, "", "", name, "r", 1.0, json.dumps({"type": name, **told}))


def talk(*contents: str) -> tuple[str, dict[str, Payload | None]]:
    """The digest of a request with these messages, and all that it is made of."""
    made: list[Payload] = []
    for content in contents:
        before = made[-1].digest if made else ""
        made.append(json_payload({"before": before, "message": {"content": content}}))
    asked = json_payload({"messages": made[-1].digest, "tools": [], "settings": {}})
    return asked.digest, {one.digest: one for one in (*made, asked)}


def test_records_name_payloads_by_three_fields() -> None:
    """Fields that hold nothing name nothing; neither does what is no record."""
    assert digests(entry("x", payload="p", input="", output="o", hash="h")) == ["p", "o"]
    broken = entry("x")._replace(body="[")
    assert (digests(broken), fields(broken)) == ([], None)


def test_requests_are_those_of_model_calls() -> None:
    """What a tool is given may look like a request and is none."""
    assert request(entry("model_started", input="i")) == "i"
    assert request(entry("effect_started", kind="model", input="i")) == "i"
    assert request(entry("effect_started", kind="tool", input="i")) == ""
    assert request(entry("tool_started", input="i")) == ""


def test_messages_of_a_growing_talk_are_told_once() -> None:
    """Each request tells what is new in it."""
    first, held = talk("a", "b")
    second, more = talk("a", "b", "c", "d")
    uses = Uses(held | more)
    assert len(uses.of(entry("model_started", input=first))) == 3
    assert len(uses.of(entry("model_started", input=second))) == 3
    assert uses.of(entry("model_started", input=second)) == [second]


def test_a_missing_message_is_named_and_ends_the_walk() -> None:
    """What it named cannot be known."""
    digest, held = talk("a", "b", "c")
    second = next_link(held[next_link(held[digest])])
    del held[second]
    found = Uses(held).of(entry("model_started", input=digest))
    assert found[-1] == second
    assert len(found) == 3


def test_what_is_no_request_names_nothing() -> None:
    """Damaged, missing, or another kind of value."""
    assert next_link(None) == ""
    assert next_link(json_payload([1])) == ""
    assert next_link(json_payload({"before": 1})) == ""
    assert next_link(Payload("d", "json", b"{", exact=True)) == ""
