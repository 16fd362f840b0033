"""What providers raise, told as ours: refused, or not to be had now; each with what to do.

Works on the exceptions of langchain-core (`ModelError`), of the clients of OpenAI and others that
carry a `status_code`, and of httpx in all its versions, without importing any of them.
"""

from __future__ import annotations

import asyncio
import re
from traceback import walk_tb
from typing import TYPE_CHECKING, Any, Literal, cast

from stretto.errors import ModelRefused, ModelUnavailable, StrettoError

if TYPE_CHECKING:
    from collections.abc import Iterator

ProviderTrouble = Literal["timeout", "unavailable", "refused", "nonsense"]
"""What a provider can do: be late, not serve now, refuse the request, give what cannot be read."""
_LENGTH = 300
_KEY = re.compile(r"\b(?:sk|pk|key)-[\w*.-]{6,}|\bBearer\s+\S+")
_LATER = (
    "Try again later, or use `--model offline`; `stretto resume THREAD` goes on where it stopped."
)
_PROVIDERS = frozenset(
    {"openai", "anthropic", "groq", "mistralai", "cohere", "google", "langchain_openai"}
)
"""Packages whose exceptions are a provider's doing."""
_TRANSPORTS = frozenset(
    {"httpx", "httpx2", "httpcore", "httpcore2", "aiohttp", "requests", "urllib3"}
)
"""Packages whose exceptions are a provider's doing when its client made the call: tools use
them too."""
_STATUS = {
    "ModelAuthenticationError": 401,
    "ModelPermissionDeniedError": 403,
    "ModelNotFoundError": 404,
    "ContextOverflowError": 413,
    "ModelInvalidRequestError": 400,
    "ModelRateLimitError": 429,
    "ModelAPIError": 500,
}
_UNREACHED = frozenset(
    {
        "ModelConnectionError", "APIConnectionError", "ConnectError", "NetworkError", "ReadError",
        "ProtocolError", "RemoteProtocolError", "WriteError", "TransportError", "ConnectionError",
    }
)  # fmt: skip
_LATE = frozenset(
    {
        "ModelTimeoutError", "APITimeoutError", "TimeoutException", "ReadTimeout",
        "ConnectTimeout", "StreamChunkTimeoutError",
    }
)  # fmt: skip
_REMEDIES = {
    401: (
        "The provider does not accept the key",
        "Check OPENAI_API_KEY, or use `--model offline`.",
    ),
    403: (
        "The key may not do this",
        "Check what OPENAI_API_KEY is allowed, or use another model with `--model`.",
    ),
    404: (
        "The provider does not know the model or the address",
        "Check the model's name and OPENAI_BASE_URL.",
    ),
    413: (
        "The request is too long for the model",
        "Ask for less, start a new thread, or use a model that takes more.",
    ),
}
_BUSY, _TIMED_OUT = frozenset({409, 425, 429}), 408
_AN_ERROR, _FAILED = 400, 500
_NONSENSE = frozenset(
    {
        "APIResponseValidationError", "APIError", "ValueError", "TypeError", "LookupError",
        "AttributeError",
    }
)  # fmt: skip


_READER = "langchain_core.language_models"
"""Where an answer with nothing in it fails."""


def provider_error(exc: BaseException) -> StrettoError | None:
    """The `ModelRefused` or `ModelUnavailable` that an exception comes from, else `None`.

    Looks through causes and contexts, outermost first. The text names what the provider said, in
    short and without keys, and ends with the remedy.
    """
    for each in chained(exc):
        if isinstance(each, (ModelRefused, ModelUnavailable)):
            return each
        told = _told(each)
        if told is not None:
            return told
    return None


def shortened(exc: BaseException) -> str:
    """What an exception says: the provider's own message where there is one, one line, no keys."""
    body = getattr(exc, "body", None)
    text = ""
    if isinstance(body, dict):
        said = cast("dict[str, Any]", body)
        inner = said.get("error", said)
        text = str(inner.get("message") or "") if isinstance(inner, dict) else str(inner)
    text = _KEY.sub("...", " ".join((text or str(exc) or type(exc).__name__).split()))
    return (text if len(text) <= _LENGTH else text[:_LENGTH].rsplit(" ", 1)[0] + " ...").rstrip(".")


def chained(exc: BaseException | None) -> Iterator[BaseException]:
    """An exception and what caused it, outermost first, groups included."""
    seen: set[int] = set()
    waiting = [exc]
    while waiting:
        each = waiting.pop(0)
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        if isinstance(each, BaseExceptionGroup):
            waiting.extend(cast("BaseExceptionGroup[BaseException]", each).exceptions)
        waiting += [each.__cause__, None if each.__suppress_context__ else each.__context__]


def provider_trouble(exc: BaseException) -> ProviderTrouble | None:
    """What a provider did that an exception comes from; `None` when it comes from none.

    Looks through causes and contexts, outermost first.
    """
    for each in chained(exc):
        if (trouble := _trouble(each)) is not None:
            return trouble
    return None


def status_of(exc: BaseException) -> int | None:
    """The HTTP status of an error that a client raised for a response; `None` when it has none."""
    for holder in (exc, getattr(exc, "response", None)):
        status = getattr(holder, "status_code", None)
        if isinstance(status, int) and status >= _AN_ERROR:
            return status
    return None


def _trouble(exc: BaseException) -> ProviderTrouble | None:
    names = {kind.__name__ for kind in type(exc).__mro__}
    if not _from_provider(exc):
        return None
    if names & _LATE or isinstance(exc, (TimeoutError, asyncio.TimeoutError)):
        return "timeout"
    status = _status(exc, names)
    if status is not None:
        again = status in _BUSY or status >= _FAILED or status == _TIMED_OUT
        return "unavailable" if again or getattr(exc, "is_retryable", False) else "refused"
    if names & _UNREACHED:
        return "unavailable"
    return "nonsense" if names & _NONSENSE else None


def _told(exc: BaseException) -> StrettoError | None:
    trouble = _trouble(exc)
    if trouble == "timeout":
        return ModelUnavailable(f"The provider did not answer in time: {shortened(exc)}. {_LATER}")
    names = {kind.__name__ for kind in type(exc).__mro__}
    status = None if trouble is None else _status(exc, names)
    if status is not None:
        return _by_status(status, exc)
    if trouble == "unavailable":
        cause = exc.__cause__
        why = f" ({shortened(cause)})" if cause is not None and str(cause) else ""
        return ModelUnavailable(
            f"The provider cannot be reached: {shortened(exc)}{why}. "
            f"Check OPENAI_BASE_URL and the network. {_LATER}"
        )
    if trouble == "nonsense":
        return ModelUnavailable(
            f"The provider's answer cannot be read: {shortened(exc)}. "
            f"Check that OPENAI_BASE_URL names an OpenAI-compatible server. {_LATER}"
        )
    return None


def _from_provider(exc: BaseException) -> bool:
    """Whether an exception is of a provider's package, or was raised in a call of its client."""
    homes = {kind.__module__.partition(".")[0] for kind in type(exc).__mro__}
    if homes & _PROVIDERS or any(kind.__name__ == "ModelError" for kind in type(exc).__mro__):
        return True
    frames = walk_tb(exc.__traceback__)
    modules = [str(frame.f_globals.get("__name__", "")) for frame, _ in frames]
    called = any(module.partition(".")[0] in _PROVIDERS for module in modules)
    if homes & _TRANSPORTS:
        return called or not modules
    if not isinstance(exc, (OSError, ValueError, TypeError, LookupError, AttributeError)):
        return False
    return called or (bool(modules) and modules[-1].startswith(_READER))


def _status(exc: BaseException, names: set[str]) -> int | None:
    if (status := status_of(exc)) is not None:
        return status
    return next((status for name, status in _STATUS.items() if name in names), None)


def _by_status(status: int, exc: BaseException) -> StrettoError:
    said = shortened(exc)
    if status in _REMEDIES:
        what, remedy = _REMEDIES[status]
        return ModelRefused(f"{what} ({status}): {said}. {remedy}")
    if status in _BUSY:
        text = f"The provider takes no more requests now ({status}): {said}. {_LATER}"
        return ModelUnavailable(text)
    if status >= _FAILED or status == _TIMED_OUT:
        return ModelUnavailable(f"The provider failed ({status}): {said}. {_LATER}")
    return ModelRefused(
        f"The provider refuses the request ({status}): {said}. Check the model's name and what it "
        "supports, or use another one with `--model`."
    )
