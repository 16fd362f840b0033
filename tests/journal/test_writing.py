from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stretto.journal.backend import Kept, Link, Row, Tip
from stretto.journal.payloads import json_payload
from stretto.journal.privacy import Privacy
from stretto.journal.writing import Batch, Known, chained


class Memory:
    """A transaction without a database."""

    def __init__(self, **tips: Tip) -> None:
        self.ends = tips
        self.links: list[Link] = []
        self.kept: list[Kept] = []

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        raise AssertionError(query)

    def many(self, query: str, values: object) -> None:
        raise AssertionError(query)

    def tips(self, threads: list[str]) -> dict[str, Tip]:
        return {thread: self.ends.get(thread, Tip()) for thread in threads}

    def insert(self, links: list[Link]) -> list[int]:
        self.links += links
        return list(range(1, len(links) + 1))

    def keep(self, payloads: list[Kept]) -> None:
        self.kept += payloads


def row(thread: str, body: str = "{}", *payloads: object, fence: int = 0) -> Row:
    """A row that refers to payloads of these values."""
    held = tuple(json_payload(value) for value in payloads)
    return Row(thread, "r", "x", 1.0, None, None, body, held, fence)


def batch(known: Known, *rows: Row) -> Batch:
    """Rows to be stored."""
    return Batch(rows, known, Privacy(rules=()))


def test_a_payload_is_stored_once_for_a_thread() -> None:
    """In a batch and after it; another thread has its own, so that each can be forgotten alone."""
    known, session = Known(), Memory()
    first = batch(known, row("a", "{}", 1, 2), row("a", "{}", 1), row("b", "{}", 1))
    known.add(first(session).kept)
    assert [(k.thread, k.body) for k in session.kept] == [("a", b"1"), ("a", b"2"), ("b", b"1")]
    again = batch(known, row("a", "{}", 1), row("b", "{}", 2))
    again(session)
    assert [(k.thread, k.body) for k in session.kept[3:]] == [("b", b"2")]


def test_what_was_dropped_meanwhile_is_stored_again() -> None:
    """Whoever dropped it: the store counts."""
    known = Known()
    known.add(batch(known, row("a", "{}", 1))(Memory()).kept)
    session = Memory(a=Tip(dropped=1))
    known.add(batch(known, row("a", "{}", 1))(session).kept)
    assert len(session.kept) == 1
    batch(known, row("a", "{}", 1))(session)
    assert len(session.kept) == 1


def test_a_batch_that_is_tried_again_stores_all() -> None:
    """What an attempt that failed had stored is not stored."""
    first, second = Memory(), Memory()
    tried = batch(Known(), row("a", "{}", 1), row("a", "[]", 2))
    assert tried(first) == tried(second)
    assert (first.links, first.kept) == (second.links, second.kept)


def test_rows_of_a_taken_thread_are_left_out() -> None:
    """With their payloads; rows of it that come from nobody who held it are stored."""
    session = Memory(a=Tip(next=3, hash="h", fence=2))
    rows = (row("a", "1", 1, fence=1), row("b", "2"), row("a", "3"), row("a", "4", fence=2))
    written = batch(Known(), *rows)(session)
    assert written.seqs == [0, 1, 2, 3]
    assert [link.body for link in session.links] == ["2", "3", "4"]
    assert [(head.thread, head.position) for head in written.heads] == [
        ("b", 0),
        ("a", 3),
        ("a", 4),
    ]
    assert written.refused == {"a": 1}
    assert not session.kept


def test_a_chain_goes_on_from_its_tip() -> None:
    """Whatever is between."""
    links = chained([row("a"), row("b"), row("a")], {"a": Tip(5, "h"), "b": Tip()})
    assert [(link.position, link.prev) for link in links] == [(5, "h"), (0, ""), (6, links[0].hash)]


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 2), st.sets(st.sampled_from("xyz"))),
        max_size=30,
    ),
    st.integers(1, 9),
)
def test_what_is_not_stored_is_never_known(
    steps: list[tuple[str, int, set[str]]], most: int
) -> None:
    """However often a thread's payloads are dropped, and whatever is remembered no more."""
    known = Known(most)
    stored: dict[str, tuple[int, set[str]]] = {}
    for thread, drop, digests in steps:
        dropped, held = stored.get(thread, (0, set[str]()))
        stored[thread] = (dropped + drop, (set() if drop else held) | digests)
        known.add({thread: (dropped + drop, set(digests))})
        for name, (times, mine) in stored.items():
            for digest in "xyz":
                assert digest in mine or not known.has(name, digest, times)
    assert known._count == sum(len(d) for _, d in known._threads.values()) <= most
