"""Dead letters as the records tell of them."""

from __future__ import annotations

from typing import Any

from stretto.journal import open_journal
from stretto.journal.letters import letters, open_letters, tries
from stretto.records import DeadLettered, EffectEnded, EffectStarted, LetterClosed

BASE: dict[str, Any] = {"time": 1.0, "thread": "t", "run": "r", "place": "p"}


def dead(letter: str, **told: Any) -> DeadLettered:
    """A letter of an undo."""
    fields: dict[str, Any] = {"kind": "undo", "name": "book", "attempts": 3, "error": "no"}
    return DeadLettered(**{**BASE, "letter": letter, **fields, **told})


def closed(letter: str, **told: Any) -> LetterClosed:
    """Somebody saw to it."""
    return LetterClosed(**{**BASE, "time": 2.0, "letter": letter, "how": "dropped", **told})


def test_a_letter_is_open_until_it_is_closed() -> None:
    """By whom, how and why is told; of the same letter the newest word counts."""
    found = letters(
        [dead("a"), dead("b"), closed("a", by="ann", reason="done"), dead("b", error="x")]
    )
    assert [(each.id, each.is_open, each.error) for each in found] == [
        ("a", False, "no"),
        ("b", True, "x"),
    ]
    assert (found[0].how, found[0].by, found[0].reason, found[0].closed) == (
        "dropped",
        "ann",
        "done",
        2.0,
    )


def test_a_letter_that_fails_again_after_its_end_is_open_again() -> None:
    """And one that was never written is not closed."""
    assert letters([closed("a")]) == []
    assert [each.is_open for each in letters([dead("a"), closed("a"), dead("a")])] == [True]


def test_tries_tell_what_each_attempt_came_to() -> None:
    """One that never came back is told, too."""
    effect: dict[str, Any] = {**BASE, "key": "p|undo|a", "kind": "undo", "name": "undo book"}
    records = [
        EffectStarted(**effect, effect="ask"),
        EffectEnded(**effect, status="failed", error="first"),
        EffectStarted(**{**effect, "key": "p|undo|b"}, effect="ask"),
        EffectStarted(**effect, effect="ask"),
        EffectEnded(**effect, status="asked", question="unknown 2"),
    ]
    (letter,) = letters([dead("a")])
    told = [(each.status, each.error) for each in tries(records, letter)]
    assert told == [("failed", "first"), ("", "")]


async def test_open_letters_of_all_threads_or_one(place: str) -> None:
    """With or without what was said in them."""
    async with open_journal(place) as journal:
        journal.append(dead("a"))
        journal.append(dead("b", thread="u"))
        journal.append(closed("b", thread="u"))
        journal.append(dead("c", thread="u", args={"result": 1}))
        await journal.flush()
        assert [each.id for each in await open_letters(journal)] == ["a", "c"]
        (one,) = await open_letters(journal, "u")
        assert (one.args, one.error) == ({"result": 1}, "no")
        (one,) = await open_letters(journal, "u", said=False)
        assert (one.args, one.error) == ({}, "")
