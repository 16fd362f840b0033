"""A chat model that checks whether strict providers would accept what it is asked."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import RunnableBinding
from pydantic import PrivateAttr
from typing_extensions import override

from stretto.testing.call import Call, call
from stretto.testing.histories import Provider, history_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from langchain_core.callbacks import (
        AsyncCallbackManagerForLLMRun,
        CallbackManagerForLLMRun,
    )
    from langchain_core.language_models import LanguageModelInput
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.outputs import ChatResult
    from langchain_core.runnables import Runnable


class Checked(NamedTuple):
    """A request that a model got, and what providers would refuse it for."""

    request: Call
    problems: tuple[str, ...]
    """Each beginning with the provider; empty where both accept it."""


class CheckedModel(BaseChatModel):
    """Answers as another chat model does, and checks each request by the rules of both providers.

    `requests` has what came, `problems` what is wrong with it: assert that there are none. A
    request that has problems is answered all the same. It answers in one piece when streamed.
    """

    _model: BaseChatModel = PrivateAttr()
    _requests: list[Checked] = PrivateAttr(default_factory=list[Checked])
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    def __init__(self, model: BaseChatModel) -> None:
        super().__init__(name=model.name, profile=model.profile)
        self._model = model

    @property
    def requests(self) -> tuple[Checked, ...]:
        """What it was asked so far, in the order in which the calls came."""
        return tuple(self._requests)

    @property
    def problems(self) -> list[str]:
        """Those of all requests."""
        return [problem for each in self.requests for problem in each.problems]

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
        self._check(messages, kwargs)
        ask = self._model._generate  # noqa: SLF001 - the contract of chat models
        return ask(messages, stop, run_manager, **kwargs)

    @override
    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        self._check(messages, kwargs)
        ask = self._model._agenerate  # noqa: SLF001 - the contract of chat models
        return await ask(messages, stop, run_manager, **kwargs)

    def _check(self, messages: Sequence[BaseMessage], kwargs: dict[str, Any]) -> None:
        asked = call(messages, tools=kwargs.get("tools") or ())
        problems = tuple(
            f"{provider}: {problem}"
            for provider in get_args(Provider)
            for problem in history_problems(messages, provider, tools=asked.tools)
        )
        with self._lock:
            self._requests.append(Checked(asked, problems))
