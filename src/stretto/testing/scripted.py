"""A chat model that says what a test wrote down for it."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

from langchain_core.messages import AIMessage, BaseMessage
from pydantic import PrivateAttr
from typing_extensions import override

from stretto.models.answering import AnsweringModel
from stretto.testing.call import Call, call
from stretto.testing.reply import Reply, UnexpectedCall, message
from stretto.testing.script import Script, quoted

Item: TypeAlias = Reply | AIMessage | str | Exception
"""What a script may hold; an exception is raised."""
Said: TypeAlias = Item | None
"""What a function may answer with; `None` says that the call was not expected."""
Answerer: TypeAlias = Callable[[list[BaseMessage]], Said | Awaitable[Said]]
"""Answers a call from its messages; an async one works in async runs only."""


class ScriptedModel(AnsweringModel):
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
    def _answer(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, Any]
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

    @override
    async def _aanswer(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, Any]
    ) -> AIMessage:
        asked = self._note(messages, stop, kwargs)
        if self._answerer is None:
            return _told(self._script.take(asked), asked)
        said = self._answerer(messages)
        return _told(await said if inspect.isawaitable(said) else said, asked)

    def _note(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, Any]
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
