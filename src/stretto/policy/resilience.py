"""What a policy is made of: how a member's calls are bounded, repeated and replaced."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Trouble = Literal[
    "unavailable", "timeout", "refused", "nonsense", "open", "full", "budget", "error"
]
"""What can befall a call. `unavailable`: not to be reached, 408, 429 and 5xx; `timeout`: too late;
`refused`: other 4xx; `nonsense`: an answer that cannot be read; `open`: its breaker is; `full`: its
bulkhead is; `budget`: a limit is reached; `error`: anything else that was raised."""
TROUBLES: tuple[Trouble, ...] = get_args(Trouble)

Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def _listed(value: Any) -> Any:
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


Troubles = Annotated[tuple[Trouble, ...], BeforeValidator(_listed), Field(min_length=1)]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Retry(_Value):
    """How often, and after how long, a call that failed is made again.

    Waits grow by `factor` from `wait` to `longest`, each changed at random by up to `jitter` of
    itself (Brooker, "Exponential Backoff and Jitter", 2015). A provider's `Retry-After` counts as
    the least wait.
    """

    attempts: int = Field(default=3, ge=2, strict=True)
    """Calls in all, the first included."""
    wait: Seconds = 0.5
    """Seconds before the second call."""
    factor: float = Field(default=2.0, ge=1, allow_inf_nan=False)
    longest: Seconds = 30.0
    """The longest wait, in seconds; a `Retry-After` beyond it ends the trying."""
    jitter: float = Field(default=0.5, ge=0, le=1)
    """Part of the wait by which it may be longer or shorter, from 0 to 1."""
    total: Seconds = 120.0
    """Seconds for all calls and waits together: no wait begins that would end later."""
    on: Troubles = ("unavailable", "timeout")
    """What is tried again."""


class Timeout(_Value):
    """How long a call, and the whole work of a member, may take; `None` is no bound.

    A synchronous function that is too late runs on unheeded in its thread.
    """

    call: Seconds | None = None
    """Seconds for each call: of an agent each call of its model, else the member itself."""
    total: Seconds | None = None
    """Seconds for the member's whole work, with all calls and waits."""


class Breaker(_Value):
    """When calls are no longer let through to what fails, and when it is tried again.

    All members whose breaker has one name share it, in all runs of the process, and between
    processes when the state is in a database. It opens when in the last `within` seconds at least
    `failures` calls failed, and these are at least `ratio` of all; or when `row` calls in a row
    failed, whatever came before: so a provider that dies is noticed at once under any load. After
    `cooldown` seconds it lets `probes` calls through; when all succeed it closes, when one fails it
    stays open for another `cooldown` (Nygard, "Release It!", 2007).
    """

    name: str = ""
    """Shared by this name; by default that of the model, or of the member."""
    failures: int = Field(default=5, ge=1, strict=True)
    within: Seconds = 60.0
    ratio: float = Field(default=0.5, gt=0, le=1)
    row: int | None = Field(default=10, ge=1, strict=True)
    cooldown: Seconds = 15.0
    probes: int = Field(default=1, ge=1, strict=True)
    slow: Seconds | None = None
    """A call that takes longer counts as failed, though its result is used."""
    on: Troubles = ("unavailable", "timeout", "nonsense")
    """What counts as failed."""


class Bulkhead(_Value):
    """How many calls go on at once, in all runs of the process and at all levels.

    A member that holds a permit lends it to the members within it, so they never wait for their
    own team.
    """

    limit: int = Field(ge=1, strict=True)
    name: str = ""
    """Shared by this name; by default that of the member."""
    wait: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Seconds to wait for a permit; `None` waits as long as the timeouts allow."""


class Rate(_Value):
    """How many calls may begin in a time, in all runs of the process (a token bucket)."""

    calls: float = Field(gt=0, allow_inf_nan=False)
    per: Seconds = 1.0
    """Seconds."""
    burst: int = Field(default=1, ge=1, strict=True)
    """Calls that may begin at once after a pause."""
    name: str = ""
    """Shared by this name; by default that of the model, or of the member."""


class Hedge(_Value):
    """When a call that has not come back is made a second time; the first to succeed counts.

    Only for what may be repeated: models, and functions declared `reads` or `idempotent` (Dean and
    Barroso, "The Tail at Scale", 2013).
    """

    after: Seconds
    """Seconds until another call is made beside."""
    most: int = Field(default=1, ge=1, strict=True)
    """Calls made beside the first."""


class Cache(_Value):
    """How long the result of a call stands for equal ones, in this process.

    For an agent that is each call of its model. For others it is the whole member, so only for chat
    models and functions declared `reads`.
    """

    seconds: Seconds | None = None
    """`None`: as long as the process lives."""


class Constant(_Value):
    """A text, or JSON, that stands for a reply."""

    value: Any


class Named(_Value):
    """An agent of the project, by its name; `Project` puts the agent in its place."""

    agent: str


def _targets(value: Any) -> Any:
    given: tuple[Any, ...] = tuple(value) if isinstance(value, list | tuple) else (value,)
    return tuple(_target(each) for each in given)


def _target(given: Any) -> Any:
    match given:
        case {"agent": str(name), **rest} if not rest:
            return Named(agent=name)
        case {"model": str(name), **rest} if not rest:
            return name
        case {"constant": value, **rest} if not rest:
            return Constant(value=value)
        case dict():
            raise ValueError(
                "a fallback is neither model, agent nor constant. Write one of `model: offline`, "
                "`agent: NAME`, `constant: TEXT`"
            )
        case _:
            return given


class Fallback(_Value):
    """Who takes over, one after the other, when a member cannot.

    `to` holds names of models (`"openai:NAME"`, `"offline"`) or chat models, then other members
    (agents, graphs, functions), then perhaps a `Constant`, which ends the chain. Models take over a
    single call of an agent's model; members and constants the whole work. In YAML they are written
    `model: NAME` (or the name alone), `agent: NAME`, `constant: TEXT`.
    """

    to: Annotated[tuple[Any, ...], BeforeValidator(_targets)] = Field(min_length=1)
    on: Troubles = ("unavailable", "timeout", "refused", "nonsense", "open", "full", "error")
    """What they take over after; add "budget" to degrade when a limit is reached."""
