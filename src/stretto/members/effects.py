"""Makes the effects of members happen once: in agents by middleware, in nodes by `effect`."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain.agents.middleware.types import (
    AgentMiddleware,
    ModelRequest,
    ModelResponse,
)
from langchain_core.messages import ToolMessage
from pydantic import BaseModel
from typing_extensions import override

from stretto.errors import InvalidInput
from stretto.journal.deciding import Call
from stretto.journal.payloads import Payload, json_payload, object_payload
from stretto.journal.requests import request_payloads
from stretto.journal.values import jsonable
from stretto.members.blocking import awaitable, run_blocking
from stretto.members.permit import permit, refused
from stretto.members.question import ask_async, ask_blocking
from stretto.members.responses import flat, response_of
from stretto.members.where import Where, here, keyed
from stretto.models.names import model_name
from stretto.spec.tool import EFFECTS, Effect, effect_of
from stretto.spec.undo import undo_name, undo_of

if TYPE_CHECKING:
    from langchain.agents.middleware.types import ToolCallRequest
    from langgraph.types import Command

    from stretto.records import EffectKind
    from stretto.spec.undo import Undo

Do = Callable[[], Awaitable[Any]]
_WHOLE = {"text": 1_000_000, "total": 10_000_000}


async def effect(
    name: str,
    do: Callable[..., Any],
    /,
    *args: Any,
    effect: Effect | None = None,
    undo: Undo | None = None,
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
        undo: Called as `undo(result, *args, **kwargs)`, with what `do` gave and was given, when the
            work that this is part of is undone; by default as `stretto.tool(undo=)` marks `do`,
            else nothing. A function at the top of a module.
        key: Tells this effect from others of the node. Needed where a node asks for several in no
            fixed order (at once, out of a set); else their order tells them apart.
        **kwargs: Given to it.

    Raises:
        EffectUnknown, EffectChanged, ThreadTaken, StateUnavailable: As `Ledger.run`.
        InvalidInput: No such declaration, an undo that no other process could find, or arguments
            that cannot be kept for it.
        Exception: What `do` raises.
    """
    declared = effect or effect_of(do)
    if declared not in EFFECTS:
        raise InvalidInput(f"no effect {declared!r}. Use one of {', '.join(EFFECTS)}.")

    undone = undo_name(undo) if undo is not None else undo_of(do)
    if undone and declared == "reads":
        raise InvalidInput(f"what only reads leaves nothing to undo. Leave {undone!r} out.")

    async def work() -> Any:
        if inspect.iscoroutinefunction(do):
            return await do(*args, **kwargs)
        given = await asyncio.to_thread(do, *args, **kwargs)
        return await given if inspect.isawaitable(given) else given

    at = here()
    if at is None:
        return await work()
    told = {"args": list(args), **({"kwargs": kwargs} if kwargs else {})}
    given = (args, kwargs) if undone else None
    found = Found("call", name, f"{name}:{key}" if key else "", declared, told, undone, given)
    value = await single(at, found, work)
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
class Found:
    """An effect as it is met, before it is known where."""

    kind: EffectKind
    name: str
    id: str
    effect: Effect
    args: dict[str, Any]
    undo: str = ""
    given: tuple[tuple[Any, ...], dict[str, Any]] | None = None
    """Its arguments as they are, by position and by name, where something undoes it."""


async def single(at: Where, found: Found, work: Do, *, blocking: bool = False) -> Any:
    """Do it through the ledger; `blocking` when the graph runs without an event loop."""
    id_ = found.id or f"{found.name}:{at.ordinal(found.name)}"
    payload = json_payload({"name": found.name, "args": jsonable(found.args, **_WHOLE)})
    given = _given(found)
    call = _call(at, found, id_, payload.digest, (payload, *given))

    async def do() -> Any:
        with keyed(call):
            return await work()

    return await at.handler.ledger.run(call, do, ask_blocking if blocking else ask_async)


def _given(found: Found) -> tuple[Payload, ...]:
    """The arguments as they are, for the undo."""
    if found.given is None:
        return ()
    args, kwargs = found.given
    try:
        return (object_payload({"args": list(args), "kwargs": kwargs}),)
    except Exception as error:
        raise InvalidInput(
            f"{found.name!r} could not be undone: what it is given cannot be stored ({error}). "
            "Give it text, numbers, lists, dictionaries, messages or pydantic values, or leave the "
            "undo out."
        ) from error


def _call(at: Where, found: Found, id_: str, digest: str, payloads: tuple[Any, ...]) -> Call:
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
        undo=found.undo,
        given=payloads[-1].digest if found.given is not None else "",
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
        response: ModelResponse[Any] = run_blocking(_model(at, request, awaitable(handler)))
        return response

    @override
    async def awrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], Awaitable[ToolMessage | Command[Any]]],
    ) -> ToolMessage | Command[Any]:
        if (answer := await refused(request)) is not None:
            return answer
        at = here()
        return await handler(request) if at is None else await _tool(at, request, handler)

    @override
    def wrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], ToolMessage | Command[Any]],
    ) -> ToolMessage | Command[Any]:
        answer: ToolMessage | None = run_blocking(refused(request)) if permit.get() else None
        if answer is not None:
            return answer
        at = here()
        if at is None:
            return handler(request)
        message: ToolMessage | Command[Any] = run_blocking(
            _tool(at, request, awaitable(handler), blocking=True)
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
    undone = "" if request.tool is None else undo_of(request.tool)
    args = asked["args"]
    given = ((), dict(args)) if undone else None
    found = Found("tool", asked["name"], asked["id"] or "", declared, args, undone, given)
    value = await single(at, found, lambda: handler(request), blocking=blocking)
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
    found = Found("model", model_name(request.model), ordinal, "idempotent", {})
    call = _call(at, found, ordinal, digest, tuple(payloads))
    passed: list[Any] = []

    async def do() -> Any:
        response = await handler(request)
        passed.append(response)
        return flat(response)

    try:
        given = await at.handler.ledger.run(call, do, ask_async)
    except Exception:
        at.again("model")
        raise
    return passed[0] if passed else response_of(given, request)
