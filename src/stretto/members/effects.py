"""Makes the effects of members happen once: in agents by middleware, in nodes by `effect`."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from langchain.agents.middleware.types import (
    AgentMiddleware,
    ExtendedModelResponse,
    ModelRequest,
    ModelResponse,
)
from langchain_core.messages import AIMessage, ToolMessage
from pydantic import BaseModel, TypeAdapter
from typing_extensions import override

from stretto.errors import InvalidInput
from stretto.journal.deciding import Call
from stretto.journal.payloads import json_payload
from stretto.journal.requests import request_payloads
from stretto.journal.values import jsonable
from stretto.members.question import ask_async, ask_blocking
from stretto.members.where import Where, here, keyed
from stretto.spec.tool import EFFECTS, Effect, effect_of

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from langchain.agents.middleware.types import ToolCallRequest
    from langgraph.types import Command

    from stretto.records import EffectKind

Do = Callable[[], Awaitable[Any]]
_WHOLE = {"text": 1_000_000, "total": 10_000_000}


async def effect(
    name: str,
    do: Callable[..., Any],
    /,
    *args: Any,
    effect: Effect | None = None,
    key: str = "",
    **kwargs: Any,
) -> Any:
    """Do something in a node so that it happens once, whatever becomes of the process.

    When the node runs again (after a crash, an interrupt, an approval), what was done is not done
    again: what it gave is given back. What was begun and never came back follows its declaration:
    `reads` and `idempotent` are done again, `ask` puts it to a person, `fail` raises.

    Args:
        name: What it is called in questions and records.
        do: A function, async or not, called with `args` and `kwargs`; what it gives must be
            storable: text, numbers, lists, dictionaries, messages, pydantic values. A tuple comes
            back as a list.
        *args: Given to it.
        effect: What it does to the world; by default as `stretto.tool(effect=)` marks `do`,
            else "ask".
        key: Tells this effect from others of the node. Needed where a node asks for several in no
            fixed order (at once, out of a set); else their order tells them apart.
        **kwargs: Given to it.

    Raises:
        EffectUnknown, EffectChanged, ThreadTaken, StateUnavailable: As `Ledger.run`.
        InvalidInput: No such declaration.
        Exception: What `do` raises.
    """
    declared = effect or effect_of(do)
    if declared not in EFFECTS:
        raise InvalidInput(f"no effect {declared!r}. Use one of {', '.join(EFFECTS)}.")

    async def work() -> Any:
        if inspect.iscoroutinefunction(do):
            return await do(*args, **kwargs)
        given = await asyncio.to_thread(do, *args, **kwargs)
        return await given if inspect.isawaitable(given) else given

    at = here()
    if at is None:
        return await work()
    told = {"args": list(args), **({"kwargs": kwargs} if kwargs else {})}
    found = _Found("call", name, f"{name}:{key}" if key else "", declared, told)
    value = await _single(at, found, work)
    return _typed(value, do)


def _typed(value: Any, do: Callable[..., Any]) -> Any:
    """A recorded pydantic value comes back as a dict: make it what the function declares."""
    try:
        declared = inspect.get_annotations(do, eval_str=True).get("return")
    except (NameError, TypeError, AttributeError):
        return value
    if isinstance(value, dict) and inspect.isclass(declared) and issubclass(declared, BaseModel):
        return declared.model_validate(value)
    return value


@dataclass(frozen=True, slots=True)
class _Found:
    """An effect as it is met, before it is known where."""

    kind: EffectKind
    name: str
    id: str
    effect: Effect
    args: dict[str, Any]


async def _single(at: Where, found: _Found, work: Do, *, blocking: bool = False) -> Any:
    """Do it through the ledger; `blocking` when the graph runs without an event loop."""
    id_ = found.id or f"{found.name}:{at.ordinal(found.name)}"
    payload = json_payload({"name": found.name, "args": jsonable(found.args, **_WHOLE)})
    call = _call(at, found, id_, payload.digest, (payload,))

    async def do() -> Any:
        with keyed(call):
            return await work()

    return await at.handler.ledger.run(call, do, ask_blocking if blocking else ask_async)


def _call(at: Where, found: _Found, id_: str, digest: str, payloads: tuple[Any, ...]) -> Call:
    return Call(
        kind=found.kind,
        name=found.name,
        id=id_,
        effect=found.effect,
        thread=at.fields["thread"],
        place=at.place,
        input=digest,
        payloads=payloads,
        args=found.args,
        checkpoints=at.checkpoints,
        fields=at.fields,
    )


class EffectsOnce(AgentMiddleware[Any, Any, Any]):
    """Makes each model and tool call of a `create_agent` agent happen once, by the ledger.

    Agents of Stretto have it. Give it to your own: `create_agent(..., middleware=[EffectsOnce()])`,
    before middleware that words a tool's error and after what changes a request. Tools declare
    what they do with `stretto.tool(effect=)`; undeclared ones are `ask`. In runs that are not
    journaled it does nothing.
    """

    @override
    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        at = here()
        return await handler(request) if at is None else await _model(at, request, handler)

    @override
    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        at = here()
        if at is None:
            return handler(request)
        response: ModelResponse[Any] = _blocking(_model(at, request, _awaitable(handler)))
        return response

    @override
    async def awrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], Awaitable[ToolMessage | Command[Any]]],
    ) -> ToolMessage | Command[Any]:
        at = here()
        return await handler(request) if at is None else await _tool(at, request, handler)

    @override
    def wrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], ToolMessage | Command[Any]],
    ) -> ToolMessage | Command[Any]:
        at = here()
        if at is None:
            return handler(request)
        message: ToolMessage | Command[Any] = _blocking(
            _tool(at, request, _awaitable(handler), blocking=True)
        )
        return message


async def _tool(
    at: Where,
    request: ToolCallRequest,
    handler: Callable[[ToolCallRequest], Awaitable[Any]],
    *,
    blocking: bool = False,
) -> Any:
    asked = request.tool_call
    declared: Effect = "ask" if request.tool is None else effect_of(request.tool)
    found = _Found("tool", asked["name"], asked["id"] or "", declared, asked["args"])
    value = await _single(at, found, lambda: handler(request), blocking=blocking)
    if isinstance(value, str):  # a person's word for what it gave
        return ToolMessage(value, name=asked["name"], tool_call_id=asked["id"] or "")
    return value


async def _model(
    at: Where,
    request: ModelRequest[Any],
    handler: Callable[[ModelRequest[Any]], Awaitable[Any]],
) -> Any:
    messages = [*([request.system_message] if request.system_message else []), *request.messages]
    digest, payloads = request_payloads(
        messages, request.tools, {"tool_choice": request.tool_choice, **request.model_settings}
    )
    ordinal = at.ordinal("model")
    name = str(getattr(request.model, "model_name", None) or type(request.model).__name__)
    found = _Found("model", name, ordinal, "idempotent", {})
    call = _call(at, found, ordinal, digest, tuple(payloads))
    passed: list[Any] = []

    async def do() -> Any:
        response = await handler(request)
        passed.append(response)
        return _flat(response)

    try:
        given = await at.handler.ledger.run(call, do, ask_async)
    except Exception:
        at.again("model")
        raise
    return passed[0] if passed else _response(given, request)


def _flat(response: Any) -> dict[str, Any]:
    """A model's response as it is stored."""
    if isinstance(response, ExtendedModelResponse):
        response = response.model_response
    if isinstance(response, AIMessage):
        return {"result": [response], "structured": None, "type": ""}
    value = response.structured_response
    if isinstance(value, BaseModel):
        plain = value.model_dump(mode="json")
    else:
        plain = jsonable(value, **_WHOLE)
    return {"result": response.result, "structured": plain, "type": type(value).__name__}


def _response(given: dict[str, Any], request: ModelRequest[Any]) -> ModelResponse[Any]:
    """The response again, its typed output of the type that the agent declares."""
    value = given["structured"]
    if value is not None:
        for kind in _output_types(request.response_format):
            if getattr(kind, "__name__", "") == given["type"]:
                value = TypeAdapter(kind).validate_python(value)
                break
    return ModelResponse(result=list(given["result"]), structured_response=value)


def _output_types(wanted: Any) -> list[Any]:
    specs = getattr(wanted, "schema_specs", None)
    if specs is not None:
        return [spec.schema for spec in specs]
    one = getattr(wanted, "schema_spec", None)
    return [one.schema] if one is not None else [getattr(wanted, "schema", wanted)]


def _awaitable(handler: Callable[[Any], Any]) -> Callable[[Any], Awaitable[Any]]:
    async def call(request: Any) -> Any:
        return handler(request)

    return call


def _blocking(work: Coroutine[Any, Any, Any]) -> Any:
    """Run to the end on an event loop of its own, in this context."""
    context = contextvars.copy_context()
    result: list[Any] = []

    def run() -> None:
        try:
            result.extend((True, context.run(asyncio.run, work)))
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            result.extend((False, error))

    thread = threading.Thread(target=run, name="stretto-effect")
    thread.start()
    thread.join()
    if not result[0]:
        raise cast("BaseException", result[1])
    return result[1]
