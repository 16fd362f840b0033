"""Dead letters: what had to happen and could not, until a person has seen to it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from stretto.records import DeadLettered, EffectEnded, EffectStarted, LetterClosed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stretto.journal.store import Journal
    from stretto.records import AnyRecord

LETTER_TYPES = ("dead_lettered", "letter_closed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Something that must happen and could not be done."""

    id: str
    thread: str
    run: str
    """The run in which it was given up."""
    kind: Literal["undo", "branch", "event", "alert"]
    name: str
    """What could not be done."""
    time: float
    """Seconds since the epoch at which it was given up last."""
    attempts: int
    """How often it was tried."""
    error: str = ""
    args: dict[str, Any] = field(default_factory=dict[str, Any])
    key: str = ""
    """For `undo`: the key of the effect that is to be undone."""
    undo: str = ""
    """For `undo`: what undoes it, as `module:name`."""
    place: str = ""
    node: str = ""
    agent: str = ""
    task: str = ""
    how: Literal["retried", "dropped", ""] = ""
    """How it was seen to; empty while it is open."""
    by: str = ""
    """Who saw to it."""
    reason: str = ""
    closed: float | None = None
    """Seconds since the epoch."""

    @property
    def is_open(self) -> bool:
        """Whether nobody has seen to it yet."""
        return not self.how


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt at what became a dead letter."""

    time: float
    """Seconds since the epoch at which it began."""
    status: str
    """As `EffectEnded.status`; empty when it never came back."""
    error: str = ""


def tries(records: Iterable[AnyRecord], letter: Letter) -> list[Try]:
    """The attempts at a letter, the first one first; from the records of its thread."""
    key, found = f"{letter.place}|undo|{letter.id}", list[Try]()
    for record in records:
        if isinstance(record, EffectStarted) and record.key == key:
            found.append(Try(record.time, ""))
        elif isinstance(record, EffectEnded) and record.key == key and found:
            if record.status in {"returned", "refused", "asked"}:  # nothing of what it came to
                continue
            found[-1] = replace(found[-1], status=record.status, error=record.error)
    return found


def letters(records: Iterable[AnyRecord]) -> list[Letter]:
    """All dead letters that the records tell of, the one that was given up last at the end."""
    found: dict[tuple[str, str], Letter] = {}
    for record in records:
        if isinstance(record, DeadLettered):
            found.pop((record.thread, record.letter), None)
            found[record.thread, record.letter] = _letter(record)
        elif isinstance(record, LetterClosed):
            known = found.get((record.thread, record.letter))
            if known is not None:
                found[record.thread, record.letter] = replace(
                    known, how=record.how, by=record.by, reason=record.reason, closed=record.time
                )
    return list(found.values())


async def all_letters(
    journal: Journal, thread: str | None = None, *, said: bool = True
) -> list[Letter]:
    """All dead letters of a thread, or of all threads, the one given up last at the end.

    Args:
        journal: Where they are.
        thread: Only those of this thread.
        said: Whether to read what was said, too: errors, arguments and reasons.

    Raises:
        StateUnavailable, StateUnreadable: As `Journal.records`.
    """
    return letters(await journal.records(thread, types=LETTER_TYPES, said=said))


async def open_letters(
    journal: Journal, thread: str | None = None, *, said: bool = True
) -> list[Letter]:
    """The dead letters that nobody has seen to yet; otherwise as `all_letters`."""
    return [each for each in await all_letters(journal, thread, said=said) if each.is_open]


def _letter(record: DeadLettered) -> Letter:
    names = ("thread", "run", "kind", "name", "time", "attempts", "error", "args", "key", "undo")
    where = ("place", "node", "agent", "task")
    told = {name: getattr(record, name) for name in (*names, *where)}
    return Letter(id=record.letter, **told)
