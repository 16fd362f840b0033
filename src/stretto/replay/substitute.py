"""Answers every model call of a replay from its session; no model is called.

LangChain asks its cache before it asks a chat model, whatever graph the model is in. What does not
ask it (a stream, a model that will not be cached) is led there for as long as a replay goes on.
Runs beside the replay are not touched: the session is known by the context it runs in.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, cast

from langchain_core.caches import BaseCache
from langchain_core.globals import get_llm_cache, set_llm_cache
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGeneration, Generation
from typing_extensions import override

from stretto.replay.session import Session, take

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator, Iterator, Sequence

_session: ContextVar[Session | None] = ContextVar("stretto_replay", default=None)
_lock = threading.Lock()
_installed: list[tuple[Any, ...]] = []
_count = [0]


class RecordedError(Exception):
    """Raised in place of an error that a model or a tool raised when it was recorded."""


@contextmanager
def substituted(session: Session) -> Generator[None]:
    """Let the session answer the model calls of what runs in this context."""
    with _lock:
        if _count[0] == 0:
            _install()
        _count[0] += 1
    token = _session.set(session)
    try:
        yield
    finally:
        _session.reset(token)
        with _lock:
            _count[0] -= 1
            if _count[0] == 0:
                _uninstall()


def raised_again(text: str) -> Exception:
    """An error as it was recorded: of the same type where that is loaded, else `RecordedError`."""
    name, _, said = text.partition(": ")
    kinds = _named(name)
    if len(kinds) != 1:
        return RecordedError(text)
    kind = kinds.pop()
    try:
        made = kind.__new__(kind, said)  # not made as usual: what it takes is not known
        str(made)
    except Exception:  # noqa: BLE001 - a class may want anything
        return RecordedError(text)
    return made


def _named(name: str) -> set[type[Exception]]:
    """The types of errors of that name that this process knows."""
    found: set[type[Exception]] = set()
    left = [Exception]
    while left:
        kind = left.pop()
        found |= {kind} if kind.__name__ == name else set()
        left += kind.__subclasses__()
    return found


class _Cache(BaseCache):
    """LangChain's cache while a replay goes on; other runs have the one that was there."""

    def __init__(self, before: BaseCache | None) -> None:
        self.before = before

    @override
    def lookup(self, prompt: str, llm_string: str) -> Sequence[Generation] | None:
        if (session := _session.get()) is not None:
            return _answer(session)
        return self.before.lookup(prompt, llm_string) if self.before else None

    @override
    async def alookup(self, prompt: str, llm_string: str) -> Sequence[Generation] | None:
        if (session := _session.get()) is not None:
            return _answer(session)
        return await self.before.alookup(prompt, llm_string) if self.before else None

    @override
    def update(self, prompt: str, llm_string: str, return_val: Sequence[Generation]) -> None:
        if self.before:
            self.before.update(prompt, llm_string, return_val)

    @override
    async def aupdate(self, prompt: str, llm_string: str, return_val: Sequence[Generation]) -> None:
        if self.before:
            await self.before.aupdate(prompt, llm_string, return_val)

    @override
    def clear(self, **kwargs: Any) -> None:
        if self.before:
            self.before.clear(**kwargs)


class _Kept(ChatGeneration):
    """A generation whose message stays: LangChain adds to the usage of what its cache gives."""

    @override
    def __setattr__(self, name: str, value: Any) -> None:
        if name != "message":
            super().__setattr__(name, value)


def _answer(session: Session) -> list[Generation]:
    given = take(session)
    if given.error:
        raise raised_again(given.error)
    if isinstance(given.value, AIMessage):
        return [_Kept(message=given.value)]
    return [Generation(text=str(given.value))]


def _install() -> None:
    before = get_llm_cache()
    kind = BaseChatModel
    _installed.append((before, kind.generate, kind.agenerate, kind.stream, kind.astream))
    set_llm_cache(_Cache(before))
    changed = cast("Any", kind)
    changed.generate, changed.agenerate = _cached(kind.generate), _cached(kind.agenerate)
    changed.stream, changed.astream = _streamed(kind.stream), _astreamed(kind.astream)


def _uninstall() -> None:
    before, generate, agenerate, stream, astream = _installed.pop()
    set_llm_cache(before)
    changed = cast("Any", BaseChatModel)
    changed.generate, changed.agenerate = generate, agenerate
    changed.stream, changed.astream = stream, astream


def _cached(method: Any) -> Any:
    """The method, of a model that asks the cache."""

    def call(self: BaseChatModel, *args: Any, **kwargs: Any) -> Any:
        if _session.get() is None or self.cache is None:
            return method(self, *args, **kwargs)
        return method(self.model_copy(update={"cache": None}), *args, **kwargs)

    return call


def _streamed(method: Any) -> Any:
    def stream(self: BaseChatModel, *args: Any, **kwargs: Any) -> Iterator[Any]:
        if _session.get() is None:
            return cast("Iterator[Any]", method(self, *args, **kwargs))
        return iter([_chunk(self.invoke(*args, **kwargs))])

    return stream


def _astreamed(method: Any) -> Any:
    async def astream(self: BaseChatModel, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        if _session.get() is None:
            async for chunk in method(self, *args, **kwargs):
                yield chunk
        else:
            yield _chunk(await self.ainvoke(*args, **kwargs))

    return astream


def _chunk(message: AIMessage) -> AIMessageChunk:
    """A whole answer as the only chunk of a stream."""
    if isinstance(message, AIMessageChunk):
        return message
    fields = message.model_dump(exclude={"type"})
    return AIMessageChunk(**fields, chunk_position="last")
