"""Lets functions, nodes, tools and chat models go wrong at the call that a test names."""

from __future__ import annotations

import asyncio
import functools
import inspect
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from inspect import getattr_static
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import RunnableBinding
from langchain_core.tools import BaseTool
from pydantic import PrivateAttr
from typing_extensions import override

from stretto.errors import InvalidInput
from stretto.testing.call import call
from stretto.testing.faults import Empty, Fault, Hang, Nonsense, Slow
from stretto.testing.reply import message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.callbacks import (
        AsyncCallbackManagerForLLMRun,
        CallbackManagerForLLMRun,
    )
    from langchain_core.language_models import LanguageModelInput
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import Runnable

Trouble: TypeAlias = Fault | Exception
"""What befalls a call: `hang`, `slow(seconds)`, `nonsense`, `empty`, or an exception to raise."""
Troubles: TypeAlias = Trouble | Mapping[int, Trouble] | Callable[[int], Trouble | None]
"""For all calls, for the nth (`{n: ...}`, from 1), or for those that a function of n chooses."""
Sleep: TypeAlias = Callable[[float], Awaitable[None]]

T = TypeVar("T")

BROKEN = '{"id": 0, "choices": [{"mess'
"""What nonsense is: text that is neither an answer nor JSON."""


def faulty(thing: T, faults: Troubles, *, sleep: Sleep = asyncio.sleep) -> T:
    """Wrap a function, a node, a tool or a chat model, so that its calls go wrong.

    What comes back takes the place of `thing`, and `thing` stays as it is: a function keeps its
    name, types and marks, a tool its schema. Calls are counted from 1 as they begin. `nonsense`
    gives broken JSON in place of an answer, `empty` an empty text, both without asking `thing`.
    `hang` waits until it is cancelled, so the call must be an async one. A model answers in one
    piece when it is streamed. Faults of a connection are for `openai_server`.

    Args:
        thing: What is to go wrong. Of `slow(seconds, reply)` only a model gives the reply.
        faults: One for all calls, `{n: fault}` for the nth, or a function of the number that gives
            a fault or `None`. An exception is raised as it is.
        sleep: How slow async calls wait, in seconds; `Clock.sleep` lets a test say when.

    Raises:
        InvalidInput: Another fault, a number below 1, or nothing that can be called.
    """
    if isinstance(thing, BaseChatModel):
        return cast("T", FaultyModel(thing, _Faults(faults, sleep)))
    if isinstance(thing, BaseTool):
        return cast("T", _tool(thing, _Faults(faults, sleep)))
    if callable(thing):
        return cast("T", _function(cast("Any", thing), _Faults(faults, sleep)))
    raise InvalidInput(f"{thing!r} cannot go wrong. Give a function, a tool or a chat model.")


class _Faults:
    """Decides what befalls each call, and does it; calls may come from several threads."""

    def __init__(self, given: Troubles, sleep: Sleep) -> None:
        self._given, self._sleep = given, sleep
        self._count = 0
        self._lock = threading.Lock()
        if isinstance(given, Mapping):
            for number, fault in given.items():
                if number < 1:
                    raise InvalidInput(f"there is no call {number}. Calls are counted from 1.")
                _checked(fault)
        elif isinstance(given, Fault | Exception):
            _checked(given)

    def meet(self) -> Trouble | None:
        """What befalls the plain call that comes now, once it has done its waiting or raising.

        Raises:
            InvalidInput: It is to hang, and nothing could end it.
            Exception: The fault is one.
        """
        fault = self._next()
        if isinstance(fault, Hang):
            raise InvalidInput("a plain call that hangs cannot be stopped. Make it an async one.")
        if isinstance(fault, Slow):
            time.sleep(fault.seconds)
        return fault

    async def ameet(self) -> Trouble | None:
        """The same for an async call; one that hangs is ended by cancelling it."""
        fault = self._next()
        if isinstance(fault, Hang):
            await asyncio.get_running_loop().create_future()
        if isinstance(fault, Slow):
            await self._sleep(fault.seconds)
        return fault

    def _next(self) -> Trouble | None:
        with self._lock:
            self._count += 1
            number = self._count
        given = self._given
        if isinstance(given, Mapping):
            fault = given.get(number)
        elif isinstance(given, Fault | Exception):
            fault = given
        else:
            chosen = given(number)
            fault = None if chosen is None else _checked(chosen)
        if isinstance(fault, Exception):
            raise fault
        return fault


def _checked(fault: Trouble) -> Trouble:
    if isinstance(fault, Exception | Slow | Nonsense | Empty) or fault == Hang():
        return fault
    raise InvalidInput(
        f"{fault!r} is a fault of a provider's connection. Give it to "
        "`openai_server(..., faults=)`; here take hang, slow, nonsense, empty or an exception."
    )


def _instead(fault: Trouble | None) -> str | None:
    """What is given in place of an answer; `None` where the answer comes."""
    if isinstance(fault, Nonsense):
        return BROKEN
    return "" if isinstance(fault, Empty) else None


def _function(function: Callable[..., Any], faults: _Faults) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            said = _instead(await faults.ameet())
            return await function(*args, **kwargs) if said is None else said

        return awaited

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        said = _instead(faults.meet())
        return function(*args, **kwargs) if said is None else said

    return called


def _tool(tool: BaseTool, faults: _Faults) -> BaseTool:
    """A copy whose functions go wrong; a tool class of its own has its methods replaced."""
    inner = [n for n in ("func", "coroutine") if getattr(tool, n, None) is not None]
    if inner:
        return tool.model_copy(update={n: _function(getattr(tool, n), faults) for n in inner})
    copy = tool.model_copy()
    own = getattr_static(type(tool), "_arun") is not getattr_static(BaseTool, "_arun")
    for name in ["_run", *(["_arun"] if own else [])]:
        object.__setattr__(copy, name, _function(getattr(tool, name), faults))
    return copy


class FaultyModel(BaseChatModel):
    """A chat model whose calls go wrong; `faulty` makes it."""

    _model: BaseChatModel = PrivateAttr()
    _faults: _Faults = PrivateAttr()

    def __init__(self, model: BaseChatModel, faults: _Faults) -> None:
        super().__init__(name=model.name, profile=model.profile)
        self._model, self._faults = model, faults

    @property
    @override
    def _llm_type(self) -> str:
        return self._model._llm_type  # noqa: SLF001 - the contract of chat models

    @override
    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | Any],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Offer tools as the model itself does."""
        bound = self._model.bind_tools(tools, tool_choice=tool_choice, **kwargs)
        told = bound.kwargs if isinstance(bound, RunnableBinding) else {}
        return self.bind(**told)

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        said = _answer(self._faults.meet(), messages, kwargs)
        if said is None:
            ask = self._model._generate  # noqa: SLF001 - the contract of chat models
            said = ask(messages, stop, run_manager, **kwargs)
        return said

    @override
    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        said = _answer(await self._faults.ameet(), messages, kwargs)
        if said is None:
            ask = self._model._agenerate  # noqa: SLF001 - the contract of chat models
            said = await ask(messages, stop, run_manager, **kwargs)
        return said


def _answer(
    fault: Trouble | None, messages: list[BaseMessage], kwargs: dict[str, Any]
) -> ChatResult | None:
    """The answer that a fault gives in place of the model's."""
    text = _instead(fault)
    if isinstance(fault, Slow) and fault.reply is not None:
        said = message(fault.reply, call(messages, tools=kwargs.get("tools") or ()))
    elif text is not None:
        said = AIMessage(text)
    else:
        return None
    return ChatResult(generations=[ChatGeneration(message=said)])
