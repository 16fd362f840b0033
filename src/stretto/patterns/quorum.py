"""How many branches must succeed, and what follows for those that are still at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from stretto.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

Require: TypeAlias = Literal["all", "any"] | int
"""How many branches must succeed: all that work, one, or a number."""

Status = Literal[
    "waiting", "working", "failing", "asking", "done", "skipped", "failed", "asked", "unneeded"
]
"""Where a branch stands. `failing` and `asking` have ended and wait for what is made of it;
`unneeded` ones were stopped because enough others had succeeded."""

Verdict = Literal["wait", "enough", "release", "ask", "lost"]
"""What those that wait are told: to wait on; that enough have succeeded; to make room for one that
has not begun; to put their questions; that they have failed."""


def enough(require: Require, counts: Mapping[Any, int]) -> bool:
    """Whether so many have succeeded that the join runs, by how many stand where."""
    done = counts.get("done", 0)
    if require == "all":
        return done + counts.get("skipped", 0) == sum(counts.values())
    return done >= (1 if require == "any" else require)


def verdict(require: Require, counts: Mapping[Status, int], *, limit: int | None) -> Verdict:
    """What those that have failed or ask are told, by how many stand where.

    Args:
        require: How many must succeed.
        counts: How many stand where, those included that ended in an earlier run.
        limit: How many may run at once (`max_concurrency`), `None` for any number.
    """
    if enough(require, counts):
        return "enough"
    if counts.get("working", 0):
        return "wait"
    asking = counts.get("asking", 0)
    if counts.get("waiting", 0):
        full = limit is not None and asking + counts.get("failing", 0) >= limit
        return "release" if full else "wait"
    return "ask" if asking else "lost"


def valid_require(require: Any, where: str, most: int | None = None) -> Require:
    """Give back how many must succeed.

    Raises:
        InvalidInput: It is neither "all", "any" nor a number from 1 to `most`.
    """
    if require in {"all", "any"}:
        return cast("Require", require)
    known = isinstance(require, int) and not isinstance(require, bool)
    if known and require >= 1 and (most is None or require <= most):
        return cast("int", require)
    whole = "at least 1" if most is None else f"from 1 to {most}, the number of branches"
    raise InvalidInput(
        f"{where}: `require` is {require!r}. Give 'all', 'any', or a whole number {whole}."
    )


def valid_deadline(deadline: Any, where: str) -> float | None:
    """Give back after how many seconds branches are stopped; `None` for never.

    Raises:
        InvalidInput: It is no number of seconds above 0.
    """
    if deadline is None:
        return None
    number = isinstance(deadline, int | float) and not isinstance(deadline, bool)
    if number and 0 < deadline < float("inf"):
        return float(deadline)
    raise InvalidInput(
        f"{where}: `deadline` is {deadline!r}. Give seconds above 0, or None for no deadline."
    )
