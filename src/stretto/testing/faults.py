"""What can go wrong with a provider, as values for `openai_server`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from stretto.testing.reply import Reply


@dataclass(frozen=True)
class Status:
    """The provider answers with an HTTP error."""

    code: int
    message: str = ""
    retry_after: float | None = None
    """Seconds, sent as `Retry-After`."""
    kind: Literal["status"] = "status"


@dataclass(frozen=True)
class Hang:
    """The provider accepts the request and says nothing until the client gives up."""

    midway: bool = False
    """Half of the answer comes first."""
    kind: Literal["hang"] = "hang"


@dataclass(frozen=True)
class Slow:
    """The answer comes late."""

    seconds: float
    reply: Reply | str | None = None
    """What comes late; the script's own reply when `None`."""
    kind: Literal["slow"] = "slow"


@dataclass(frozen=True)
class Cut:
    """The connection ends in the middle of the answer."""

    reply: Reply | str | None = None
    """What is cut; the script's own reply when `None`."""
    kind: Literal["cut"] = "cut"


@dataclass(frozen=True)
class Nonsense:
    """The provider answers 200 with JSON that does not parse."""

    kind: Literal["nonsense"] = "nonsense"


@dataclass(frozen=True)
class Empty:
    """The provider answers 200 without a choice."""

    kind: Literal["empty"] = "empty"


@dataclass(frozen=True)
class RefuseTools:
    """The provider answers 400 to a request that brings tools, and others as it should."""

    kind: Literal["refuse_tools"] = "refuse_tools"


Fault = Status | Hang | Slow | Cut | Nonsense | Empty | RefuseTools
"""Anything that can go wrong."""

hang, stall, cut = Hang(), Hang(midway=True), Cut()
"""No answer; half an answer, then silence; half an answer, then the end of the connection."""
nonsense, empty, refuse_tools = Nonsense(), Empty(), RefuseTools()


def status(code: int, message: str = "", *, retry_after: float | None = None) -> Status:
    """Answer with an HTTP error, in OpenAI's words unless told otherwise.

    `retry_after` is in seconds.
    """
    return Status(code, message, retry_after)


def slow(seconds: float, reply: Reply | str | None = None) -> Slow:
    """Answer late, with `reply` or what the script has."""
    return Slow(seconds, reply)
