"""Questions that wait for people: which are over, who is to be reminded, and going on without them.

A question's deadline is data in its payload (`until`, `remind`, `asked`, `to`; see
`stretto.approve`). No process runs while a thread waits, so somebody has to look: `stretto due`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from stretto.journal import last_turn
from stretto.records import Answered, Decided, Interrupted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stretto.journal import Journal
    from stretto.records import AnyRecord

REMINDED = "reminded"
BY = "deadline"
"""Who lets a thread go on when nobody answered."""
EXPIRED: dict[str, Any] = {"decisions": [{"type": "expire"}]}
"""The answer in the name of nobody, once a question is over."""
Standing: TypeAlias = Literal["waits", "remind", "over"]
_TYPES = ("run_started", "run_ended", "interrupted", "answered", "decided")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A question that waits for a person."""

    thread: str
    team: str
    interrupt: str
    run: str
    place: str
    node: str
    what: str
    """What is asked, in words."""
    to: str
    """Who is asked; empty for anyone."""
    asked: float
    """Since when it waits, in seconds since the epoch."""
    until: float | None
    remind: float | None
    reminded: int = 0
    """How often whoever is asked was reminded."""

    def standing(self, now: float) -> Standing:
        """Whether it waits, is over, or somebody is to be reminded of it."""
        if self.until is not None and now >= self.until:
            return "over"
        if self.remind and now >= self.asked + self.remind * (self.reminded + 1):
            return "remind"
        return "waits"


async def waiting(journal: Journal) -> list[Waiting]:
    """All questions that wait for people, the one whose time is over first at the front.

    Raises:
        StateUnavailable: The journal cannot be reached.
    """
    found: list[Waiting] = []
    for summary in await journal.threads():
        if summary.status == "interrupted":
            records = await journal.records(summary.thread, types=_TYPES)
            found += _open(last_turn(records), summary.team)
    return sorted(found, key=lambda one: (one.until or float("inf"), one.asked))


def _open(records: Sequence[AnyRecord], team: str) -> Iterator[Waiting]:
    """The questions of a turn that nobody has answered."""
    asked: dict[str, Interrupted] = {}
    reminded: dict[str, int] = {}
    for record in records:
        match record:
            case Interrupted():
                asked[record.interrupt] = record
            case Answered() if record.interrupt:
                asked.pop(record.interrupt, None)
            case Answered():
                asked.clear()
            case Decided(by="due", decision="reminded"):
                id_ = str(record.data.get("interrupt", ""))
                reminded[id_] = reminded.get(id_, 0) + 1
            case _:
                pass
    for id_, record in asked.items():
        yield _question(record, team, reminded.get(id_, 0))


def _question(record: Interrupted, team: str, reminded: int) -> Waiting:
    value: Any = record.value if isinstance(record.value, dict) else {}
    actions: Any = value.get("action_requests") or [{}]
    what = actions[0].get("description") or actions[0].get("name") or str(record.value or "")
    return Waiting(
        thread=record.thread,
        team=team,
        interrupt=record.interrupt,
        run=record.run,
        place=record.place,
        node=record.node,
        what=str(what),
        to=str(value.get("to") or ""),
        asked=float(value.get("asked") or record.time),
        until=_number(value.get("until")),
        remind=_number(value.get("remind")),
        reminded=reminded,
    )


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


async def note_reminder(journal: Journal, one: Waiting, now: float) -> None:
    """Write down that whoever is asked was reminded.

    Raises:
        StateUnavailable: It could not be written.
    """
    whom = one.to or "anyone"
    await journal.note(
        Decided(
            time=now,
            thread=one.thread,
            run=one.run,
            place=one.place,
            node=one.node,
            by="due",
            decision=REMINDED,
            reason=f"{whom} was reminded of what waits since {now - one.asked:.0f} s",
            data={"interrupt": one.interrupt, "to": one.to},
        )
    )
