"""What befell a call, told by the exception it raised: what policies decide by."""

from __future__ import annotations

import math
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from langgraph.errors import GraphBubbleUp, GraphRecursionError, is_invalid_resume

from stretto.errors import (
    AnswerUnreadable,
    BreakerOpen,
    BudgetExceeded,
    BulkheadFull,
    EffectChanged,
    EffectUnknown,
    InvalidInput,
    LimitReached,
    LockBusy,
    MemberFailed,
    ModelRefused,
    ModelUnavailable,
    Rejected,
    RunStopped,
    StateUnavailable,
    StateUnreadable,
    StrettoError,
    ThreadBusy,
    ThreadTaken,
    TimedOut,
    WorkUndone,
)
from stretto.models.errors import chained, provider_trouble, status_of

if TYPE_CHECKING:
    from stretto.policy import Trouble

_OURS: tuple[tuple[type[StrettoError], Trouble | None], ...] = (
    (TimedOut, "timeout"),
    (BreakerOpen, "open"),
    (BulkheadFull, "full"),
    (LockBusy, "full"),
    (BudgetExceeded, "budget"),
    (AnswerUnreadable, "nonsense"),
    (ModelUnavailable, "unavailable"),
    (ModelRefused, "refused"),
    (Rejected, None),
    (LimitReached, None),
    (RunStopped, None),
    (ThreadTaken, None),
    (ThreadBusy, None),
    (StateUnavailable, None),
    (StateUnreadable, None),
    (EffectUnknown, None),
    (EffectChanged, None),
    (WorkUndone, None),
    (InvalidInput, None),
)
_BUSY = frozenset({408, 425, 429})


def trouble_of(error: BaseException) -> Trouble | None:
    """What befell a call that raised this.

    `None` for what no policy can heal: interrupts, a person's no, cancellation, a limit of the run,
    state that cannot be written, a thread that was lost, an effect that may have happened, invalid
    input, an answer of another shape than was asked for.
    """
    if not isinstance(error, Exception) or isinstance(error, GraphBubbleUp | GraphRecursionError):
        return None
    if is_invalid_resume(error):  # it can be answered again
        return None
    if isinstance(error, MemberFailed):
        cause = error.__cause__
        return trouble_of(cause) if isinstance(cause, Exception) else "nonsense"
    for kind, trouble in _OURS:
        if isinstance(error, kind):
            return _of_provider(error) if trouble == "unavailable" else trouble
    return _of_provider(error) or _of_transport(error) or "error"


def _of_provider(error: Exception) -> Trouble | None:
    told = provider_trouble(error)
    return "unavailable" if told is None and isinstance(error, ModelUnavailable) else told


def _of_transport(error: Exception) -> Trouble | None:
    """Whatever client a function uses: what it raises for late, unreached and refused requests."""
    for each in chained(error):
        names = {kind.__name__ for kind in type(each).__mro__}
        if isinstance(each, TimeoutError) or "TimeoutException" in names or "Timeout" in names:
            return "timeout"
        if (status := status_of(each)) is not None:
            return "unavailable" if status >= 500 or status in _BUSY else "refused"
        if isinstance(each, ConnectionError) or names & {"TransportError", "gaierror"}:
            return "unavailable"
    return None


def retry_after(error: BaseException, now: float) -> float | None:
    """Seconds that the provider asks to wait (`Retry-After`, RFC 9110), `None` for none.

    Args:
        error: What was raised; its `response.headers`, or those of what caused it, are read.
        now: The time, in seconds since the epoch, for a header that names a date.
    """
    for each in chained(error):
        headers: Any = getattr(getattr(each, "response", None), "headers", None)
        if headers is None:
            continue
        for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
            told = headers.get(name)
            seconds = None if told is None else _seconds(str(told), unit, now)
            if seconds is not None:
                return seconds
    return None


def _seconds(told: str, unit: float, now: float) -> float | None:
    try:
        seconds = float(told) * unit
    except ValueError:
        try:
            date = parsedate_to_datetime(told)
        except ValueError:
            return None
        seconds = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now
    return max(0.0, seconds) if math.isfinite(seconds) else None
