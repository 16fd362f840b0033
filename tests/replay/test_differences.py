"""What differs between two values, and how it is shown."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stretto.replay.differences import changes, narrowed, unlike

SYSTEM = {"type": "system", "content": "You plan.\nBe short.\nEnd."}
HUMAN = {"type": "human", "content": "hi"}


def request(*messages: Any, tools: Any = (), **settings: Any) -> dict[str, Any]:
    """A model request as JSON."""
    return {"messages": list(messages), "tools": list(tools), "settings": settings}


def test_only_what_changed_is_shown() -> None:
    """A line of one message, a tool and a setting."""
    tool = {"type": "function", "function": {"name": "look"}}
    then = request(SYSTEM, HUMAN, tools=[tool])
    other = {**SYSTEM, "content": "You plan.\nBe long.\nEnd."}
    assert unlike(then, request(other, HUMAN, stop=["x"])) == (
        "  message 1 (system)\n"
        "      You plan.\n"
        "    - Be short.\n"
        "    + Be long.\n"
        "      End.\n"
        "  tool look\n"
        '    - {"type": "function", "function": {"name": "look"}}\n'
        "  settings stop\n"
        '    + ["x"]'
    )


def test_a_message_more_is_one_change() -> None:
    """The messages around it are aligned, not compared one by one."""
    more = {"type": "human", "content": "more"}
    found = changes(request(SYSTEM, HUMAN), request(SYSTEM, more, HUMAN))
    assert [(c.where, c.recorded, c.now) for c in found] == [("message 2 (human)", None, "more")]


def test_calls_of_a_message_are_shown_beside_its_text() -> None:
    """Name, arguments and id."""
    then = {"type": "ai", "content": "", "tool_calls": [{"name": "f", "args": {"a": 1}, "id": "i"}]}
    now = {"type": "ai", "content": "", "tool_calls": [{"name": "f", "args": {"a": 2}, "id": "i"}]}
    assert unlike(request(then), request(now)) == (
        '  message 1 (ai)\n    - calls f({"a": 1}) as i\n    + calls f({"a": 2}) as i'
    )


def test_long_lines_are_cut_to_where_they_differ() -> None:
    """What is equal far from it is left out."""
    old, new = narrowed(f"{'a' * 900}X{'b' * 900}", f"{'a' * 900}YY{'b' * 900}")
    assert old == f"…{'a' * 60}X{'b' * 60}…"
    assert new == f"…{'a' * 60}YY{'b' * 60}…"


def test_empty_lines_are_no_marks_of_what_is_left_out() -> None:
    """A blank line beside a change is shown blank."""
    assert unlike(
        "one\n\nthree", "one\n\nfour"
    ) == "      …\n      \n    - three\n    + four".replace("      \n", "")


LINES = st.text(alphabet="ab\n", max_size=12)
LEAF = st.none() | st.booleans() | st.integers(-3, 3) | LINES
JSON = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LINES, inner, max_size=3)
)


@given(JSON, JSON)
def test_equal_values_and_only_they_have_no_changes(a: Any, b: Any) -> None:
    """Every difference is shown, nothing else."""
    is_same = a == b and repr(a) == repr(b)
    if is_same:
        assert changes(a, b) == []
        assert unlike(a, b) == ""
    elif a != b:
        assert changes(a, b)


@given(LINES, LINES)
def test_rows_hold_every_line_that_differs(a: str, b: str) -> None:
    """Each side's changed lines are all there, in order."""
    for change in changes(a, b):
        left = [row[1] for row in change.rows() if row[0] in "!-"]
        right = [row[2] for row in change.rows() if row[0] in "!+"]
        assert left or right
        assert _is_within(left, a.split("\n"))
        assert _is_within(right, b.split("\n"))


def _is_within(lines: list[str], whole: list[str]) -> bool:
    rest = iter(whole)
    return all(line in rest for line in lines)
