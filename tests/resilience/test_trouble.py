"""What befell a call, whatever client raised it."""

from __future__ import annotations

import email.utils
from typing import Any

import httpx
import pytest
from langchain_core.exceptions import ModelAuthenticationError, ModelRateLimitError
from langgraph.errors import GraphInterrupt, GraphRecursionError

from stretto import errors
from stretto.resilience.trouble import retry_after, trouble_of


def response(status: int, **headers: str) -> httpx.HTTPStatusError:
    """What httpx raises for a response."""
    answer = httpx.Response(
        status, headers=headers, request=httpx.Request("GET", "http://provider.test")
    )
    return httpx.HTTPStatusError("no", request=answer.request, response=answer)


def caused(outer: Exception, inner: Exception) -> Exception:
    """One that another led to."""
    outer.__cause__ = inner
    return outer


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (TimeoutError(), "timeout"),
        (httpx.ReadTimeout("late"), "timeout"),
        (errors.TimedOut("late"), "timeout"),
        (ConnectionRefusedError(), "unavailable"),
        (httpx.ConnectError("no route"), "unavailable"),
        (ModelRateLimitError("slow down"), "unavailable"),
        (ModelAuthenticationError("who are you"), "refused"),
        (response(429), "unavailable"),
        (response(503), "unavailable"),
        (response(401), "refused"),
        (errors.ModelRefused("no"), "refused"),
        (errors.ModelUnavailable("no"), "unavailable"),
        (errors.AnswerUnreadable("?"), "nonsense"),
        (errors.BreakerOpen("x", 1), "open"),
        (errors.BulkheadFull("x", 1, 1), "full"),
        (errors.BudgetExceeded("x", "calls", 1, 1, "Stop."), "budget"),
        (ValueError("oops"), "error"),
        (PermissionError("read only"), "error"),
        (caused(errors.MemberFailed("it"), TimeoutError()), "timeout"),
        (caused(RuntimeError("it"), response(502)), "unavailable"),
        (GraphInterrupt(), None),
        (GraphRecursionError(), None),
        (errors.LimitReached("all used"), None),
        (errors.ThreadTaken("gone"), None),
        (errors.StateUnavailable("full disk"), None),
        (errors.EffectUnknown("?"), None),
        (errors.InvalidInput("?"), None),
        (KeyboardInterrupt(), None),
    ],
)
def test_each_error_is_the_trouble_it_tells(error: BaseException, trouble: Any) -> None:
    """What no policy heals is none."""
    assert trouble_of(error) == trouble


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": email.utils.formatdate(1_000_030, usegmt=True)}, 30.0),
        ({"retry-after": email.utils.formatdate(999_000, usegmt=True)}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "-3"}, 0.0),
        ({}, None),
    ],
)
def test_a_retry_after_is_read(headers: dict[str, str], wait: float | None) -> None:
    """Seconds, milliseconds or a date; nonsense is none."""
    error = caused(RuntimeError("it failed"), response(429, **headers))
    assert retry_after(error, 1_000_000.0) == wait
