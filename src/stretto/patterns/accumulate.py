"""Folds partial results in the source's order, and counts what failed."""

from __future__ import annotations

import inspect
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from stretto.errors import InvalidInput
from stretto.journal.values import cut
from stretto.patterns.chunks import Missed
from stretto.state import FailedChunk, FailedRow, Mapped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stretto.patterns.chunks import Done

MOST_KEPT = 20
"""Failed chunks, and unreadable records, whose reference is kept; all are counted."""
ENOUGH = 20
"""Chunks after which a share of failed ones says something."""


async def folded(
    reduce: Callable[[Any, Any], Any],
    accumulated: Any,
    partials: Sequence[Any],
    *,
    tree: bool = False,
) -> Any:
    """Fold partial results, in their order, into what is accumulated.

    Args:
        reduce: Takes what is accumulated and a partial result, and gives what is accumulated then;
            async or not.
        accumulated: What came before, unchanged by this; `None` for nothing, when the first
            partial result takes its place.
        partials: What comes now.
        tree: Combine neighbours among them first, pair by pair: for a `reduce` that is associative
            and whose results are like its partial results.
    """
    left = await _combined(reduce, list(partials)) if tree else list(partials)
    total = deepcopy(accumulated)  # a reduce may change it in place, and the step may run again
    for partial in left:
        total = partial if total is None else await _called(reduce, total, partial)
    return total


async def _combined(reduce: Callable[[Any, Any], Any], partials: list[Any]) -> list[Any]:
    while len(partials) > 1:
        pairs = [partials[i : i + 2] for i in range(0, len(partials), 2)]
        partials = [await _called(reduce, *p) if len(p) == 2 else p[0] for p in pairs]
    return partials


async def _called(reduce: Callable[[Any, Any], Any], one: Any, other: Any) -> Any:
    made = reduce(one, other)
    value = await made if inspect.isawaitable(made) else made
    if value is None:
        raise InvalidInput(
            f"the reduce {getattr(reduce, '__name__', 'function')!r} gave nothing. Return what is "
            "accumulated, also when it was changed in place."
        )
    return value


def through(
    mapped: Mapped, outcomes: Sequence[Done | Missed], tries: Callable[[Missed], int]
) -> Mapped:
    """Count what became of the next chunks.

    Args:
        mapped: How far it was.
        outcomes: Of the chunks that follow, in the source's order.
        tries: How often the worker was called for one that failed.
    """
    read = [one.done if isinstance(one, Missed) else one for one in outcomes]
    missed = [one for one in outcomes if isinstance(one, Missed)]
    bad = [FailedRow.model_validate(row) for one in read for row in one["bad"]]
    failed = [_failed(one, tries(one)) for one in missed[: MOST_KEPT - len(mapped.failed)]]
    return mapped.model_copy(
        update={
            "position": read[-1]["end"] if read else mapped.position,
            "ended": read[-1]["ended"] if read else True,
            "chunks": mapped.chunks + sum(bool(one["items"]) for one in read),
            "items": mapped.items + sum(one["items"] for one in read),
            "skipped": mapped.skipped + sum("skipped" in one for one in read),
            "failed_chunks": mapped.failed_chunks + len(missed),
            "failed_items": mapped.failed_items + sum(one.done["items"] for one in missed),
            "failed_rows": mapped.failed_rows + len(bad),
            "failed": [*mapped.failed, *failed],
            "rows": [*mapped.rows, *bad][:MOST_KEPT],
        }
    )


def _failed(one: Missed, attempts: int) -> FailedChunk:
    done = one.done
    return FailedChunk(
        chunk=done["chunk"],
        start=done["start"],
        rows=done["items"] + len(done["bad"]),
        error=cut(f"{type(one.error).__name__}: {one.error}"),
        attempts=attempts,
    )


def beyond(mapped: Mapped, most: float | None) -> str:
    """Say why too many chunks have failed, nothing when they have not.

    Args:
        mapped: How far it is.
        most: A number of chunks (`int`), or a share of them (`float`); `None` for no bound but
            that not all may fail.
    """
    failed, chunks = mapped.failed_chunks, mapped.chunks
    judged = mapped.ended or chunks >= ENOUGH
    if failed and failed == chunks - mapped.skipped and judged:
        return "all"
    if most is None or not failed:
        return ""
    if isinstance(most, int):
        return f"more than max_failed={most}" if failed > most else ""
    return f"a greater share than max_failed={most}" if judged and failed > most * chunks else ""
