"""What is remembered of alerts between two looks: how rules stand, and what is still to be told.

A file in the project's state, written whole and put in place at once. Nothing that is to be told is
lost: it is in the file before anybody is called, and leaves it when that has succeeded, or was
tried so often that a person has to see to it.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stretto.errors import StateUnavailable, StateUnreadable
from stretto.observe.alerts import Notice, Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from stretto.observe.alert_rules import Rule

FILE = "alerts.json"
MOST_TRIES = 10
"""How often something is tried before it is given up: for about an hour."""
_FIRST, _LONGEST = 10.0, 600.0
"""Seconds until the second try, doubled for each one more, and at most."""
MOST_KEPT = 50
"""Notices that wait for one command or webhook of a rule; the oldest repetitions go first."""
Channel = Literal["command", "webhook"]


class Parcel(BaseModel):
    """Something that is still to be told, one way."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    notice: Notice
    to: Channel
    tried: float = 0.0
    """When, the last time, in seconds since the epoch."""

    @property
    def key(self) -> tuple[str, Channel]:
        """What keeps its order: notices of one rule go one way one after the other."""
        return self.notice.rule, self.to

    def is_due(self, now: float) -> bool:
        """Whether it is time to try; at once when it seems to have been tried in the future."""
        if not self.notice.tries:
            return True
        wait = min(_FIRST * 2.0 ** (self.notice.tries - 1), _LONGEST)
        return not 0 <= now - self.tried < wait

    def failed(self, error: str, now: float) -> Parcel:
        """The same, tried once more in vain."""
        told = self.notice.model_copy(update={"tries": self.notice.tries + 1, "error": error})
        return self.model_copy(update={"notice": told, "tried": now})

    @property
    def is_given_up(self) -> bool:
        """Whether it was tried as often as it is."""
        return self.notice.tries >= MOST_TRIES


class Box(BaseModel):
    """All of it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: Literal[1] = 1
    standing: dict[str, Standing] = Field(default_factory=dict[str, Standing])
    parcels: tuple[Parcel, ...] = ()

    def with_notices(self, rules: Sequence[Rule], notices: Iterable[Notice]) -> Box:
        """The same with what is to be told; of rules that are gone nothing is told any more."""
        known = {rule.name: rule for rule in rules}
        parcels = [p for p in self.parcels if p.to in channels(known.get(p.notice.rule))]
        for told in notices:
            parcels += [Parcel(notice=told, to=to) for to in channels(known[told.rule])]
        return self.model_copy(update={"parcels": _bounded(parcels)})

    def due(self, now: float) -> list[Parcel]:
        """What is to be tried now: the first of each rule and way, if its time has come."""
        first: dict[tuple[str, Channel], Parcel] = {}
        for parcel in self.parcels:
            first.setdefault(parcel.key, parcel)
        return [parcel for parcel in first.values() if parcel.is_due(now)]

    def without(self, parcel: Parcel, instead: Parcel | None = None) -> Box:
        """The same without a parcel, or with another one in its place."""
        kept = [instead if one is parcel else one for one in self.parcels]
        return self.model_copy(update={"parcels": tuple(one for one in kept if one is not None)})


def channels(rule: Rule | None) -> tuple[Channel, ...]:
    """The ways in which a rule tells."""
    if rule is None:
        return ()
    ways: list[Channel] = ["command"] if rule.command else []
    return (*ways, "webhook") if rule.webhook else tuple(ways)


def _bounded(parcels: list[Parcel]) -> tuple[Parcel, ...]:
    kept: list[Parcel] = []
    counts: dict[tuple[str, Channel], int] = {}
    for parcel in reversed(parcels):
        count = counts[parcel.key] = counts.get(parcel.key, 0) + 1
        if count <= MOST_KEPT:
            kept.append(parcel)
    return tuple(reversed(kept))


def read_box(path: Path) -> Box:
    """Read what is remembered; an empty one where nothing is.

    Raises:
        StateUnreadable: The file is damaged, or of a newer Stretto.
        StateUnavailable: It cannot be read.
    """
    try:
        return Box.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Box()
    except (ValidationError, UnicodeDecodeError) as error:
        raise StateUnreadable(
            f"{str(path)!r} is damaged or of a newer Stretto. Move it away: alerts that fire now "
            "are then told of again."
        ) from error
    except OSError as error:
        raise StateUnavailable(
            f"cannot read {str(path)!r}: {error.strerror}. Give yourself the right to."
        ) from error


def write_box(path: Path, box: Box) -> None:
    """Put it in place of what was remembered.

    Raises:
        StateUnavailable: It cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(box.model_dump_json())
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)  # noqa: PTH105 - both are names here
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)  # noqa: PTH108
            raise
    except OSError as error:
        raise StateUnavailable(
            f"cannot write {str(path)!r}: {error.strerror}. Free some space, or set STRETTO_HOME "
            "to a folder that can be written."
        ) from error
