"""What is removed from a journal: old runs, and what was said. The chains hold all the same."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from stretto.errors import InvalidInput, StateUnreadable, StrettoError
from stretto.journal.backend import RUNS, Row
from stretto.journal.bodies import split, whole
from stretto.journal.payloads import JSON_KIND, PACKED, unpacked
from stretto.journal.privacy import Privacy
from stretto.journal.writing import append
from stretto.records import Forgotten, Pruned, RunEnded, RunStarted

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping, Sequence

    from stretto.journal.backend import Session
    from stretto.journal.writing import Head
    from stretto.records import AnyRecord

_DIGEST = re.compile(r"[0-9a-f]{64}")
_DROPPED = """
INSERT INTO $fences (thread, number, dropped) VALUES (?, 0, 1)
ON CONFLICT (thread) DO UPDATE SET dropped = $fences.dropped + 1
"""
_MARKS = "SELECT position, body FROM $records WHERE thread = ? AND {} ORDER BY position"
_JSON = """
SELECT digest, kind, exact, body FROM $payloads WHERE thread = ? AND kind IN (?, ?)
"""
_LAST = "SELECT run, max(position) FROM $records WHERE thread = ? GROUP BY run"


@dataclass(frozen=True, slots=True)
class Rule:
    """Which runs are old; a run that either wish keeps is kept.

    Raises:
        InvalidInput: Neither is wished, or less than nothing.
    """

    before: float | None = None
    """Seconds since the epoch: runs that ended later are kept."""
    keep: int | None = None
    """How many of a thread's newest runs that have ended are kept."""

    def __post_init__(self) -> None:
        if self.before is None and self.keep is None:
            raise InvalidInput(
                "nothing says which runs are old. Give an age, or how many runs to keep."
            )
        if self.keep is not None and self.keep < 0:
            raise InvalidInput(f"{self.keep} runs cannot be kept. Give 0 or more.")


class Removed(NamedTuple):
    """What was removed: so many records or payloads, and where the record that tells it stands."""

    number: int
    heads: tuple[Head, ...] = ()


class Stand(NamedTuple):
    """How a run stands: its end, or else its beginning."""

    status: str
    """Empty when it has no end."""
    position: int
    time: float


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and all work on it: a run, and those that resumed it."""

    start: int
    """Position of its first record."""
    runs: dict[str, Stand] = field(default_factory=dict[str, Stand])

    @property
    def done(self) -> bool:
        """Whether there is nothing to resume."""
        return max(self.runs.values(), key=lambda run: run.position).status == "done"

    @property
    def ended(self) -> float:
        """Seconds since the epoch."""
        return max(run.time for run in self.runs.values())

    @property
    def finished(self) -> int:
        """How many of its runs have an end."""
        return sum(bool(run.status) for run in self.runs.values())

    def until(self, last: Mapping[str, int]) -> int:
        """The position of its last record, but for what is said of a run after its end."""
        return max(run.position if run.status else last[key] for key, run in self.runs.items())


def turns(marks: Iterable[tuple[int, AnyRecord]]) -> list[Turn]:
    """The turns of a thread, from the starts and ends of its runs with their positions."""
    found: list[Turn] = []
    for position, record in marks:
        if isinstance(record, RunStarted):
            if not found or not (record.resumed or record.run in found[-1].runs):
                found.append(Turn(position))
            found[-1].runs[record.run] = Stand("", position, record.time)
        elif isinstance(record, RunEnded):
            for turn in found:
                if record.run in turn.runs:
                    turn.runs[record.run] = Stand(record.status, position, record.time)
    return found


def cut(found: Sequence[Turn], last: Mapping[str, int], end: int, rule: Rule) -> int:
    """The position up to which a thread's records may go; 0 when all stay.

    It is where a turn begins, or the end. The last turn goes only when it is done: all others a
    resume could still ask for. No run is cut in two.

    Args:
        found: The thread's turns, oldest first.
        last: The position of the last record of each run.
        end: The position after the thread's last record.
        rule: Which runs are old.
    """
    place = 0
    for number, turn in enumerate(found):
        later = found[number + 1 :]
        border = later[0].start if later else end
        if not (later or turn.done) or turn.until(last) >= border:
            break
        if rule.before is not None and turn.ended >= rule.before:
            break
        if sum(one.finished for one in later) < (rule.keep or 0):
            break
        place = border
    return place


def prune(
    session: Session, thread: str, rule: Rule, *, privacy: Privacy, now: float, by: str
) -> Removed:
    """Remove the records of a thread's old runs, and the payloads that nothing left refers to.

    Raises:
        StateUnreadable: A record that must be read for it is damaged.
    """
    with _whole(thread):
        return _prune(session, thread, rule, privacy=privacy, now=now, by=by)


def _prune(
    session: Session, thread: str, rule: Rule, *, privacy: Privacy, now: float, by: str
) -> Removed:
    marks = [
        (position, whole(0, body)) for position, body in session.rows(_MARKS.format(RUNS), thread)
    ]
    found = turns(marks)
    last = {run: int(position) for run, position in session.rows(_LAST, thread)}
    tip = session.tips([thread])[thread]
    place = cut(found, last, tip.next, rule)
    ((removed,),) = session.rows(
        "SELECT count(*) FROM $records WHERE thread = ? AND position < ?", thread, place
    )
    if not removed:
        return Removed(0)
    ((before,),) = session.rows(
        "SELECT hash FROM $records WHERE thread = ? AND position = ?", thread, place - 1
    )
    runs = tuple(run for turn in found if turn.start < place for run in turn.runs)
    told = Pruned(time=now, thread=thread, run="", before=place, hash=before, runs=runs, by=by)
    head = append(session, _row(told))  # first: a chain of which nothing is left has no end
    session.many("DELETE FROM $records WHERE thread = ? AND position < ?", [(thread, place)])
    unused = _stored(session, thread) - _used(session, thread, privacy)
    _drop(session, thread, unused)
    return Removed(removed, (head,))


def forget(session: Session, thread: str, *, now: float, by: str) -> Removed:
    """Drop all payloads of a thread.

    Raises:
        StateUnreadable: The end of its chain is damaged.
    """
    with _whole(thread):
        if not session.tips([thread])[thread].next:
            return Removed(0)
    dropped = _stored(session, thread)
    _drop(session, thread, dropped)
    told = Forgotten(time=now, thread=thread, run="", payloads=len(dropped), by=by)
    return Removed(len(dropped), (append(session, _row(told)),))


@contextmanager
def _whole(thread: str) -> Generator[None]:
    """Raise what columns of another type and texts that are no records cause as our error."""
    try:
        yield
    except StrettoError:
        raise
    except (TypeError, ValueError) as error:
        raise StateUnreadable(
            f"records of thread {thread!r} were changed and cannot be read. "
            f"`stretto audit {thread} --verify` names them."
        ) from error


def _drop(session: Session, thread: str, digests: set[str]) -> None:
    if digests:
        session.many(_DROPPED, [(thread,)])
        session.many(
            "DELETE FROM $payloads WHERE thread = ? AND digest = ?",
            [(thread, digest) for digest in digests],
        )


def _stored(session: Session, thread: str) -> set[str]:
    found = session.rows("SELECT digest FROM $payloads WHERE thread = ?", thread)
    return {digest for (digest,) in found}


def _used(session: Session, thread: str, privacy: Privacy) -> set[str]:
    """The digests that records name, or payloads that they name, and so on."""
    named = {
        digest: _DIGEST.findall(
            unpacked(digest, kind, exact, body, privacy).body.decode("utf-8", "replace")
        )
        for digest, kind, exact, body in session.rows(_JSON, thread, JSON_KIND, JSON_KIND + PACKED)
    }
    bodies = session.rows("SELECT body FROM $records WHERE thread = ?", thread)
    fresh = [digest for (body,) in bodies for digest in _DIGEST.findall(body)]
    used: set[str] = set()
    while fresh:
        digest = fresh.pop()
        if digest not in used:
            used.add(digest)
            fresh += named.get(digest, ())
    return used


def _row(record: Pruned | Forgotten) -> Row:
    body = split(record, Privacy(rules=())).body
    return Row(record.thread, record.run, record.type, record.time, None, None, body)
