"""Results that stand for equal calls, in LangGraph's own in-memory cache, for this process."""

from __future__ import annotations

import hashlib
import json
import logging
from typing import TYPE_CHECKING, Any

from langgraph.cache.memory import InMemoryCache

from stretto.journal.requests import request_payloads
from stretto.journal.values import jsonable
from stretto.members.responses import flat, response_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from langchain.agents.middleware.types import ModelRequest, ModelResponse
    from langchain_core.messages import BaseMessage

    from stretto.policy import Cache

_WHOLE = {"text": 1_000_000, "total": 10_000_000}
logger = logging.getLogger(__name__)
_cache: InMemoryCache[Any] = InMemoryCache()


def clear() -> None:
    """Forget all results."""
    _cache.clear()


async def cached(rule: Cache, name: str, digest: str, work: Callable[[], Awaitable[Any]]) -> Any:
    """The result of an equal call that is not older than `rule.seconds`; else that of `work`.

    Args:
        rule: How long a result stands.
        name: Whose results they are.
        digest: Names the call: the same for equal ones.
        work: Makes it; a result that cannot be stored is given, and not kept.
    """
    key = (("stretto", name), digest)
    found = await _cache.aget([key])
    if key in found:
        return found[key]
    value = await work()
    seconds = None if rule.seconds is None else max(1, round(rule.seconds))
    try:
        await _cache.aset({key: (value, seconds)})
    except (TypeError, ValueError) as error:
        logger.info("the result of %r cannot be cached: %s", name, error)
    return value


def digest_of(given: Mapping[str, Any], context: object) -> str:
    """Names a brief in the run's context: the same for equal ones, whatever their messages' ids."""
    asked, _ = request_payloads(list(given.get("messages") or ()), [], {})
    rest = {key: value for key, value in given.items() if key != "messages"}
    told = jsonable([asked, rest, context], **_WHOLE)
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


async def cached_response(
    rule: Cache,
    name: str,
    request: ModelRequest[Any],
    work: Callable[[], Awaitable[ModelResponse[Any]]],
) -> ModelResponse[Any]:
    """The same for a model's response; messages from the cache get ids of their own."""
    head = [request.system_message] if request.system_message else []
    settings = {"tool_choice": request.tool_choice, **request.model_settings}
    digest, _ = request_payloads([*head, *request.messages], request.tools, settings)
    fresh: list[ModelResponse[Any]] = []

    async def do() -> dict[str, Any]:
        response = await work()
        fresh.append(response)
        return flat(response)

    given = await cached(rule, name, digest, do)
    if fresh:
        return fresh[0]
    messages = [_unnamed(message) for message in given["result"]]
    return response_of({**given, "result": messages}, request)


def _unnamed(message: BaseMessage) -> BaseMessage:
    return message.model_copy(update={"id": None})
