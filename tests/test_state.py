from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    RemoveMessage,
    ToolMessage,
)
from langgraph.graph.message import REMOVE_ALL_MESSAGES, add_messages

from stretto.state import TaskResult, merge_messages, merge_results

ids = st.none() | st.sampled_from(["a", "b", "c", "d"])
messages = st.one_of(
    st.builds(HumanMessage, content=st.sampled_from(["hi", "yes", "no"]), id=ids),
    st.builds(AIMessage, content=st.sampled_from(["hi", "ok"]), id=ids),
    st.builds(ToolMessage, content=st.just("r"), tool_call_id=st.just("1"), id=ids),
)
removals = st.just(RemoveMessage(id=REMOVE_ALL_MESSAGES))
write = messages | st.lists(messages, max_size=4)
writes = st.lists(write | st.lists(removals, min_size=1, max_size=1), max_size=6)


def plain(found: list[BaseMessage]) -> list[tuple[str, Any]]:
    """Messages without the ids that were made up."""
    return [(m.type, m.content) for m in found]


def copies(given: list[Any]) -> list[Any]:
    """The writes anew: `add_messages` gives ids to the messages it is handed."""
    return [
        [m.model_copy() for m in one] if isinstance(one, list) else one.model_copy()
        for one in given
    ]


@given(writes)
def test_merging_is_add_messages_write_by_write(given: list[Any]) -> None:
    """But for the ids that `add_messages` draws at random."""
    expected: Any = []
    for one in copies(given):
        expected = add_messages(expected, one)
    assert plain(merge_messages([], copies(given))) == plain(expected)


@given(writes, st.integers(0, 6))
def test_batches_do_not_matter(given: list[Any], cut: int) -> None:
    """A history folded in two goes is the same, ids too: a resume may batch otherwise."""
    whole = merge_messages([], copies(given))
    first = merge_messages([], copies(given)[:cut])
    assert merge_messages(first, copies(given)[cut:]) == whole


@given(writes)
def test_ids_are_stable_and_unique(given: list[Any]) -> None:
    """The same writes give the same ids in any process; no two messages share one."""
    once, again = merge_messages([], copies(given)), merge_messages([], copies(given))
    assert [m.id for m in once] == [m.id for m in again]
    assert len({m.id for m in once}) == len(once)
    assert all(m.id for m in once)


@given(writes, writes)
def test_merging_changes_nothing_it_was_given(before: list[Any], given: list[Any]) -> None:
    """Old states stay what they were."""
    state = merge_messages([], copies(before))
    kept, sent = list(state), copies(given)
    untouched = copies(sent)
    merge_messages(state, sent)
    assert state == kept
    assert sent == untouched


@given(writes, messages)
def test_a_known_message_can_be_removed(given: list[Any], message: BaseMessage) -> None:
    """By its id; the rest stays as it is."""
    state = merge_messages([], [*copies(given), message.model_copy(update={"id": "gone"})])
    left = merge_messages(state, [RemoveMessage(id="gone")])
    assert [m for m in state if m.id != "gone"] == left


def test_results_are_put_over_and_emptied() -> None:
    """By task id; `None` begins anew."""
    one = TaskResult(task="t1", goal="g", agent="a", text="old")
    two = one.model_copy(update={"text": "new"})
    assert merge_results(None, {"t1": one}) == {"t1": one}
    assert merge_results({"t1": one}, {"t1": two}) == {"t1": two}
    assert merge_results({"t1": one}, None) == {}
