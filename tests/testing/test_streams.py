"""The events of a stream."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from stretto.testing.streams import event


@given(st.dictionaries(st.text(), st.text()))
def test_an_event_is_always_one_line_of_json(data: dict[str, str]):
    """A line break inside would end the event."""
    lines = event(data, name="told").decode().split("\n")
    assert lines[0] == "event: told"
    assert json.loads(lines[1].removeprefix("data: ")) == data
    assert lines[2:] == ["", ""]
