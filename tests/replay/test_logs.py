"""Message logs of other systems, well formed and not."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from stretto.errors import InvalidInput
from stretto.journal.requests import message_json
from stretto.replay.logs import read_log
from stretto.replay.messages import said
from tests.replay.talks import TALK, call

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("list.json", json.dumps(TALK), [1]),
        ("object.json", json.dumps({"messages": TALK}, indent=2), [1]),
        ("tau.json", json.dumps([{"traj": TALK}, {"traj": TALK}]), [1, 1]),
        ("lines.jsonl", f"{json.dumps(TALK)}\n\n{json.dumps({'messages': TALK})}\n", [1, 3]),
        ("bom.json", "\ufeff" + json.dumps(TALK), [1]),
    ],
)
def test_every_form_of_a_log_is_read(
    tmp_path: Path, name: str, text: str, lines: list[int]
) -> None:
    """Each conversation, with the line it begins at."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    found = read_log(path)
    assert [talk.origin for talk in found] == [f"{path}:{line}" for line in lines]
    for talk in found:
        kinds = [type(message) for message in talk.messages]
        assert kinds == [SystemMessage, HumanMessage, AIMessage, ToolMessage, AIMessage]
        asked = talk.messages[2]
        assert isinstance(asked, AIMessage)
        assert asked.content == ""
        assert asked.tool_calls[0]["args"] == {"city": "Bonn"}


def test_a_gzipped_log_is_read(tmp_path: Path) -> None:
    """As it is packed."""
    path = tmp_path / "log.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps({"traj": TALK, "reward": 1.0}).encode()))
    (talk,) = read_log(path)
    assert len(talk.messages) == 5
    assert talk.data is not None
    assert talk.data["reward"] == 1.0


def test_a_request_with_its_response_is_one_conversation(tmp_path: Path) -> None:
    """Tools, model and the answer of the first choice are taken along."""
    path = tmp_path / "log.json"
    answer = {"choices": [{"message": TALK[-1]}]}
    tools = [{"type": "function", "function": {"name": "look"}}]
    told = {"model": "m-1", "tools": tools, "messages": TALK[:-1], "response": answer}
    path.write_text(json.dumps(told))
    (talk,) = read_log(path)
    assert (talk.messages[-1].text, talk.model, talk.tools) == ("It is sunny.", "m-1", tuple(tools))


def test_odd_messages_are_read_as_what_they_mean() -> None:
    """Parts, refusals, several calls, calls whose arguments are no JSON, times of any kind."""
    entries = [
        {"role": "developer", "content": "Be kind.", "timestamp": 1_700_000_000_000},
        {"role": "user", "content": [{"type": "text", "text": "hi"}], "time": 1_700_000_001},
        {"role": "assistant", "refusal": "I will not.", "created_at": "2023-11-14T22:13:22Z"},
        {"role": "user", "content": "please"},
        {
            "role": "assistant",
            "tool_calls": [
                call("a", {"n": 1}, "x"),
                call("b", "", "y"),
                call("c", "{n:", "z"),
                call("d", "[1]", None),
            ],
        },
        {"role": "tool", "tool_call_id": "y", "content": "done"},
        {"role": "tool", "name": "a", "content": "one", "is_error": True},
        {"role": "assistant", "function_call": {"name": "old", "arguments": "{}"}},
        {"role": "function", "name": "old", "content": "was old"},
    ]
    found = said(entries, "log:1")
    messages, times = [m for m, _ in found], [t for _, t in found]
    assert times[:3] == [1_700_000_000.0, 1_700_000_001.0, 1_700_000_002.0]
    assert times[3] is None
    refused, asked = messages[2], messages[4]
    assert isinstance(refused, AIMessage)
    assert isinstance(asked, AIMessage)
    assert (refused.text, refused.additional_kwargs) == ("I will not.", {"refusal": "I will not."})
    assert [c["args"] for c in asked.tool_calls] == [{"n": 1}, {}]
    assert [(c["name"], c["args"]) for c in asked.invalid_tool_calls] == [
        ("c", "{n:"),
        ("d", "[1]"),
    ]
    results = [m for m in messages if isinstance(m, ToolMessage)]
    assert [(m.tool_call_id, m.status) for m in results[:2]] == [("y", "success"), ("x", "error")]
    assert results[2].name == "old"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it is empty"),
        ('{"messages": []}', "no messages"),
        ('{"role": "user"}', "no messages"),
        ('[{"role": "user", "content": "a"}]\n{"messages": [1]}', ":2: message 1"),
        ('{"messages": [{"role": "user", "content": "a"}]}\n\n{oops', ":3: not JSON"),
        ('[{"role": "narrator", "content": "a"}]', "role 'narrator'"),
        ('[{"role": "user", "content": 5}]', "has the content 5"),
        ('[{"role": "assistant", "tool_calls": 1}]', "is no list"),
        ('[{"role": "assistant", "tool_calls": [{"function": {}}]}]', "has no name"),
        ('[{"role": "tool", "tool_call_id": "x", "content": "a"}]', "did not call"),
        ('[{"role": "user", "content": "a", "time": "noon"}]', "which is no time"),
    ],
)
def test_a_malformed_log_is_refused_by_line(tmp_path: Path, text: str, told: str) -> None:
    """The error names file and line, and what to do."""
    path = tmp_path / "log.jsonl"
    path.write_text(text)
    with pytest.raises(InvalidInput) as raised:
        read_log(path)
    assert str(path) in str(raised.value)
    assert told in str(raised.value)
    assert raised.value.exit_code == 2


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """Missing, no text, or no gzip."""
    binary, broken = tmp_path / "log.json", tmp_path / "log.json.gz"
    binary.write_bytes(b"\xff\xfe\x00")
    broken.write_bytes(b"not gzip")
    for path in (tmp_path / "none.json", binary, broken, tmp_path):
        with pytest.raises(InvalidInput):
            read_log(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
KEYS = st.sampled_from(["role", "content", "tool_calls", "tool_call_id", "name", "time", "usage"])
VALUES = JSON | st.sampled_from(["user", "assistant", "system", "tool", "c1"])


@given(st.lists(st.dictionaries(KEYS, VALUES) | JSON, max_size=4))
def test_any_json_is_read_or_refused(entries: list[Any]) -> None:
    """Nothing but `InvalidInput` comes out, whatever the log holds."""
    try:
        found = said(entries, "log:1")
    except InvalidInput:
        return
    assert len(found) == len(entries)
    for message, _ in found:
        assert message_json(message)["type"]
