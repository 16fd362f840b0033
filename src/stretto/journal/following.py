"""What follows a failure in a run: the same tried again, or another one in its place.

Both are told of facts alone. A node is tried again when it starts at the place where it failed; a
model when, in the same execution of a node, it is given the messages it failed with; a tool when
it is called there for the same tool call, or with the same arguments where there is no such call.
Another model or tool that is given what one failed with takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stretto.records import FellBack, Retried

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stretto.records import EndStatus, Step

LEFT = "cancelled before its end"
"""Why a node failed that ran out of time: LangGraph cancels it, and its policy begins it again."""
Key = tuple[str, ...]
"""What was to be done, whoever does it; first the span of the node it is done in."""


@dataclass(slots=True)
class _Failed:
    last: str
    errors: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Of each that failed, by name."""


class Failures:
    """What has failed in a run and was not done since."""

    def __init__(self) -> None:
        self._failed: dict[Key, _Failed] = {}
        self._open: dict[Key, str] = {}
        """The span of the last try of each node that is open."""

    def enter(self, key: Key, span: str, name: str) -> None:
        """A node begins; one that is still open at its place was cancelled, and ends later."""
        if key in self._open:
            self.note(key, name, LEFT)
        self._open[key] = span

    def leave(self, key: Key, span: str, name: str, status: EndStatus, error: str) -> None:
        """A node has ended; nothing in it is tried again."""
        for inner in [inner for inner in self._failed if inner[0] == span]:
            del self._failed[inner]
        if self._open.get(key) != span:
            return
        del self._open[key]
        if status in {"failed", "cancelled"}:
            self.note(key, name, error or LEFT)
        else:
            self.settle(key)

    def note(self, key: Key, name: str, error: str) -> None:
        """One has failed to do it."""
        failed = self._failed.setdefault(key, _Failed(name))
        failed.last = name
        failed.errors.setdefault(name, []).append(error)

    def settle(self, key: Key) -> None:
        """It has been done."""
        self._failed.pop(key, None)

    def begun(
        self, key: Key, step: Step, name: str, fields: Mapping[str, Any]
    ) -> Retried | FellBack | None:
        """The record of what it means that one begins to do it; `fields` are those of its step."""
        failed = self._failed.get(key)
        if failed is None:
            return None
        if errors := failed.errors.get(name):
            attempt = len(errors) + 1
            return Retried(**fields, step=step, name=name, attempt=attempt, error=errors[-1])
        last = failed.last
        why = failed.errors[last][-1]
        return FellBack(**fields, step=step, name=last, to=name, error=why)
