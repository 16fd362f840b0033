"""What makes a chat model for LangChain out of one that says whole answers."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.utils.function_calling import convert_to_openai_tool
from typing_extensions import override

from stretto.models.pieces import argument_text, calls_of, pieces

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence

    from langchain_core.callbacks import (
        AsyncCallbackManagerForLLMRun,
        CallbackManagerForLLMRun,
    )
    from langchain_core.language_models import LanguageModelInput
    from langchain_core.messages import InvalidToolCall, ToolCall
    from langchain_core.runnables import Runnable


class AnsweringModel(BaseChatModel):
    """A chat model that has its answer whole before it says the first word.

    A child gives `_answer`, and `_aanswer` where it waits for something. The answer is streamed
    as its text in pieces, then each tool call with its arguments in pieces, then usage and
    metadata. What else a message holds, such as blocks that are no text, only a whole answer has;
    a child that needs it sets `disable_streaming`.
    """

    @abstractmethod
    def _answer(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, Any]
    ) -> AIMessage:
        """Answer a call; `kwargs` hold what is bound to it, such as tools in OpenAI's form."""

    async def _aanswer(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, Any]
    ) -> AIMessage:
        return self._answer(messages, stop, kwargs)

    def _pieces(self, text: str) -> list[str]:
        """The text of an answer as it is streamed."""
        return pieces(text)

    def _argument_pieces(self, call: ToolCall | InvalidToolCall) -> list[str]:
        """A call's arguments as they are streamed; name and id come with the first piece."""
        return pieces(argument_text(call)) or [""]

    @override
    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | Any],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Offer tools; they come to the answer in OpenAI's form."""
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
        for chunk in self._chunks(self._answer(messages, stop, kwargs)):
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
        for chunk in self._chunks(await self._aanswer(messages, stop, kwargs)):
            if run_manager:
                await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    def _chunks(self, answer: AIMessage) -> Iterator[ChatGenerationChunk]:
        for piece in self._pieces(answer.text):
            yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
        for index, call in enumerate(calls_of(answer)):
            name, call_id = call["name"], call["id"]
            for piece in self._argument_pieces(call):
                part = tool_call_chunk(name=name, args=piece, id=call_id, index=index)
                told = AIMessageChunk(content="", tool_call_chunks=[part])
                yield ChatGenerationChunk(message=told)
                name = call_id = None
        end = AIMessageChunk(
            content="",
            usage_metadata=answer.usage_metadata,
            response_metadata=answer.response_metadata,
            chunk_position="last",
        )
        yield ChatGenerationChunk(message=end)


def _result(answer: AIMessage) -> ChatResult:
    return ChatResult(generations=[ChatGeneration(message=answer)])
