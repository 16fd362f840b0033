"""A chat model that says what a test wrote down for it."""

from __future__ import annotations

import inspect
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PrivateAttr
from typing_extensions import override

from stretto.testing.call import Call, call
from stretto.testing.reply import Reply, UnexpectedCall, message
from stretto.testing.script import Script, quoted
from stretto.testing.streams import argument_text, calls_of, pieces

if TYPE_CHECKING:
    from langchain_core.callbacks import (
        AsyncCallbackManagerForLLMRun,
        CallbackManagerForLLMRun,
    )
    from langchain_core.language_models import LanguageModelInput
    from langchain_core.runnables import Runnable

Item: TypeAlias = Reply | AIMessage | str | Exception
"""What a script may hold; an exception is raised."""
Said: TypeAlias = Item | None
"""What a function may answer with; `None` says that the call was not expected."""
Answerer: TypeAlias = Callable[[list[BaseMessage]], Said | Awaitable[Said]]
"""Answers a call from its messages; an async one works in async runs only."""


class ScriptedModel(BaseChatModel):
    """A chat model that answers from a list or a function.

    `replies` is a sequence whose items are given in order, each once (`Reply`, a text, an
    `AIMessage`, or an exception to raise), one such item for all calls, or a function of the
    call's messages. Where several
    agents ask at once the order is not certain: give a function there and let it look at the
    messages.

    Raises:
        UnexpectedCall: A call came when the list had run out, or the function gave `None`.
    """

    _answerer: Answerer | None = PrivateAttr(default=None)
    _script: Script[Item] = PrivateAttr(default_factory=lambda: Script[Item](()))
    _calls: list[Call] = PrivateAttr(default_factory=list[Call])
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    def __init__(
        self,
        replies: Sequence[Item] | Item | Answerer,
        **fields: Any,
    ) -> None:
        super().__init__(**fields)
        if isinstance(replies, Reply | AIMessage | str | Exception):
            self._answerer = lambda _: replies
        elif callable(replies):
            self._answerer = replies
        else:
            self._script = Script(replies)

    @property
    def calls(self) -> tuple[Call, ...]:
        """What it was asked so far, in the order in which the calls came."""
        return tuple(self._calls)

    @property
    def left(self) -> int:
        """How many replies of the list nobody has asked for."""
        return self._script.left

    @property
    @override
    def _llm_type(self) -> str:
        return "stretto-scripted"

    @override
    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | Any],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Offer tools; the script decides which are called."""
        told = [convert_to_openai_tool(tool) for tool in tools]
        return self.bind(tools=told, tool_choice=tool_choice, **kwargs)

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return _result(self._answer(messages, stop, kwargs))

    @override
    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return _result(await self._aanswer(messages, stop, kwargs))

    @override
    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for chunk in _chunks(self._answer(messages, stop, kwargs)):
            if run_manager:
                run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    @override
    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for chunk in _chunks(await self._aanswer(messages, stop, kwargs)):
            if run_manager:
                await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    def _answer(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any]
    ) -> AIMessage:
        asked = self._note(messages, stop, kwargs)
        if self._answerer is None:
            return _told(self._script.take(asked), asked)
        said = self._answerer(messages)
        if inspect.isawaitable(said):
            if inspect.iscoroutine(said):
                said.close()
            raise UnexpectedCall(
                "the script is an async function and the model was called synchronously. "
                "Use `ainvoke` or `astream`, or give a plain function."
            )
        return _told(said, asked)

    async def _aanswer(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any]
    ) -> AIMessage:
        asked = self._note(messages, stop, kwargs)
        if self._answerer is None:
            return _told(self._script.take(asked), asked)
        said = self._answerer(messages)
        return _told(await said if inspect.isawaitable(said) else said, asked)

    def _note(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any]
    ) -> Call:
        asked = call(
            messages,
            tools=kwargs.get("tools") or (),
            tool_choice=kwargs.get("tool_choice"),
            response_format=kwargs.get("response_format"),
            stop=stop,
        )
        with self._lock:
            self._calls.append(asked)
        return asked


def _told(said: Said, asked: Call) -> AIMessage:
    if said is None:
        raise UnexpectedCall(
            f"the model was asked {quoted(asked)}, for which its function has no reply. "
            "Return a reply for such messages, or find out why they were sent."
        )
    if isinstance(said, Exception):
        raise said
    return message(said, asked)


def _result(answer: AIMessage) -> ChatResult:
    return ChatResult(generations=[ChatGeneration(message=answer)])


def _chunks(answer: AIMessage) -> Iterator[ChatGenerationChunk]:
    """The text piece by piece, then each tool call with its arguments in pieces, then usage."""
    for piece in pieces(answer.text):
        yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
    for index, one in enumerate(calls_of(answer)):
        name, call_id = one["name"], one["id"]
        for piece in pieces(argument_text(one)) or [""]:
            delta = tool_call_chunk(name=name, args=piece, id=call_id, index=index)
            yield ChatGenerationChunk(message=AIMessageChunk(content="", tool_call_chunks=[delta]))
            name = call_id = None
    end = AIMessageChunk(
        content="",
        usage_metadata=answer.usage_metadata,
        response_metadata=answer.response_metadata,
        chunk_position="last",
    )
    yield ChatGenerationChunk(message=end)
