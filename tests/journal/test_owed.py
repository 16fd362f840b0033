"""What is owed: exactly what was done and is not undone, the last step first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stretto.journal.owed import owed, steps, within
from stretto.records import (
    AnyRecord,
    Compensated,
    DeadLettered,
    EffectEnded,
    EffectStarted,
)

PLACES = ("trip:1", "trip:1|hotel:2", "trip:11", "other:3")
BASE: dict[str, Any] = {"time": 1.0, "thread": "t", "run": "r"}


@dataclass
class Story:
    """A thread's records, and what is true of its steps."""

    records: list[AnyRecord] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)
    """Keys of what stands, with the place in the order in which it was done."""
    unsure: dict[str, int] = field(default_factory=dict)
    """Keys of what may stand."""

    @property
    def seq(self) -> int:
        """Of the next record."""
        return len(self.records) + 1

    def start(self, key: str) -> int:
        """It is begun."""
        place = key.partition("#")[0]
        self.records.append(
            EffectStarted(
                **BASE, seq=self.seq, place=place, key=key, kind="call", name="x", effect="ask",
                input=key, undo="m:f",
            )
        )  # fmt: skip
        return len(self.records)

    def end(self, key: str, status: Any, *, done: bool = True) -> int:
        """It comes to an end."""
        self.records.append(
            EffectEnded(
                **BASE, seq=self.seq, key=key, kind="call", name="x", status=status, done=done
            )
        )
        return len(self.records)

    def begin(self, key: str, act: str) -> None:
        """It is begun, and this becomes of it."""
        began = self.start(key)
        match act:
            case "settle":
                self.unsure.pop(key, None)
                self.done[key] = self.end(key, "settled")
            case "fail":
                self.end(key, "failed")
            case "suspend":
                self.end(key, "suspended")
            case "lose":
                self.end(key, "unknown")
                self.unsure[key] = began
            case "cut off":
                self.unsure[key] = began
            case _:
                self.unsure.pop(key, None)
                self.end(key, "settled", done=False)
        if act in {"fail", "suspend"} and key in self.unsure:
            self.unsure[key] = began

    def see_to(self, step: Any, *, letter: bool) -> None:
        """It is undone, or becomes a dead letter."""
        if letter:
            self.records.append(
                DeadLettered(
                    **BASE,
                    seq=self.seq,
                    letter=step.id,
                    kind="undo",
                    name="x",
                    attempts=1,
                    key=step.start.key,
                )
            )
        self.records.append(
            Compensated(
                **BASE,
                seq=self.seq,
                step="x",
                status="failed" if letter else "done",
                key=step.start.key,
                id=step.id,
            )
        )
        self.done.pop(step.start.key, None)
        self.unsure.pop(step.start.key, None)


ACTS = st.sampled_from(
    ["settle", "settle", "fail", "suspend", "lose", "cut off", "refuse", "undo", "letter"]
)
NAMES = st.tuples(st.sampled_from(PLACES), st.integers(0, 3))


def told(acts: list[tuple[str, tuple[str, int]]]) -> Story:
    """The records of a history, and what is true after it."""
    story = Story()
    for act, (place, number) in acts:
        key = f"{place}#{number}"
        if act in {"undo", "letter"}:
            for step in owed(story.records, place)[:1]:
                story.see_to(step, letter=act == "letter" or step.end is None)
        elif key in story.done:  # given back
            story.end(key, "returned")
        else:
            story.begin(key, act)
    return story


@given(st.lists(st.tuples(ACTS, NAMES), max_size=40), st.sampled_from(("", *PLACES)))
def test_undone_is_exactly_what_was_done_in_reverse(
    acts: list[tuple[str, tuple[str, int]]], scope: str
) -> None:
    """Of any history: what stands, once, the last one first; what may stand, as such."""
    story = told(acts)
    left = owed(story.records, scope)
    inside = {k for k in {**story.done, **story.unsure} if within(k.partition("#")[0], scope)}
    assert {step.start.key for step in left} == inside
    assert len(left) == len({step.id for step in left}) == len(inside)
    assert [step.seq for step in left] == sorted((step.seq for step in left), reverse=True)
    assert {s.start.key for s in left if s.end is not None} == inside & set(story.done)
    for step in left:
        expected = story.done if step.end is not None else story.unsure
        assert step.seq == expected[step.start.key]


@given(st.lists(st.tuples(ACTS, NAMES), max_size=40), st.lists(st.booleans(), max_size=60))
def test_everything_owed_is_seen_to_once(
    acts: list[tuple[str, tuple[str, int]]], how: list[bool]
) -> None:
    """Cut off anywhere and begun again: each step is undone, or a dead letter, exactly once."""
    story = told(acts)
    first = owed(story.records)
    seen: list[str] = []
    for letter in [*how, *[False] * len(first)]:
        if not (left := owed(story.records)):
            break
        seen.append(left[0].id)
        story.see_to(left[0], letter=letter or left[0].end is None)
    assert seen == [step.id for step in first]
    assert owed(story.records) == []


@given(st.lists(st.tuples(ACTS, NAMES), max_size=40), st.integers(0, 80))
def test_a_steps_id_does_not_change(acts: list[tuple[str, tuple[str, int]]], at: int) -> None:
    """What is recorded later does not give an earlier step another id."""
    records = told(acts).records
    before = {(s.start.seq, s.end.seq): s.id for s in steps(records[:at]) if s.end}
    after = {(s.start.seq, s.end.seq): s.id for s in steps(records) if s.end}
    assert {place: after[place] for place in before} == before


def test_another_input_at_the_same_place_is_another_step() -> None:
    """Both stand, and both are undone."""
    story = Story()
    for what in "ab":
        story.records.append(
            EffectStarted(
                **BASE, seq=story.seq, key="k", kind="call", name="x", effect="idempotent",
                input=what, undo="m:f",
            )
        )  # fmt: skip
        story.end("k", "settled")
    assert [step.start.input for step in owed(story.records)] == ["b", "a"]


def test_a_place_is_within_itself_and_those_above_it() -> None:
    """And not within one whose name begins the same."""
    assert within("trip:1", "trip:1")
    assert within("trip:1|hotel:2", "trip:1")
    assert within("anything", "")
    assert not within("trip:11", "trip:1")
    assert not within("trip:1", "trip:1|hotel:2")
