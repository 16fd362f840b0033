"""Holds an agent's screen up to what its model is sent, and to what the agent answers.

LangChain's `PIIMiddleware` adds two graph nodes, and so two checkpoints, around each model call for
each kind of data, and looks at the last message of each sort. This looks at all messages of each
request, without a node; what is found is replaced by LangChain's strategies. The state of the
graph keeps what came in.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

from langchain.agents.middleware import PIIDetectionError, RedactionRule, SummarizationMiddleware
from langchain.agents.middleware.types import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, ToolMessage
from langgraph.constants import TAG_NOSTREAM
from pydantic import BaseModel, ValidationError
from typing_extensions import override

from stretto.errors import Screened
from stretto.policy.screen import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from stretto.policy import Screen

_ADDRESS = re.compile(r"[\w.%+-]{0,63}[\w.%+\-!#$&'*/=?^`{|}~]@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_KEPT = frozenset(
    {"base64", "data", "encrypted_content", "id", "index", "mime_type", "signature"}
    | {"thought_signature", "tool_call_id", "tool_use_id", "type"}
)
"""Keys of content blocks that hold no words of anybody."""


class Filter:
    """A screen ready to be used on texts, values and messages."""

    def __init__(self, screen: Screen) -> None:
        own = {"email": _addresses}
        told: dict[str, Any] = {kind: getattr(screen, kind) for kind in BUILT_IN}
        rules = [RedactionRule(k, s, own.get(k)) for k, s in told.items() if s]
        rules += [RedactionRule(k, p.strategy, p.pattern) for k, p in screen.patterns.items()]
        self._rules = [rule.resolve() for rule in rules]

    def text(self, text: str) -> str:
        """The text with what is found replaced; JSON stays JSON.

        Raises:
            PIIDetectionError: Something in it is blocked.
        """
        if text.lstrip()[:1] in ("{", "["):
            try:
                value: Any = json.loads(text)
            except (ValueError, RecursionError):
                return self._plain(text)
            new = self.value(value)
            return text if new == value else json.dumps(new, ensure_ascii=False)
        return self._plain(text)

    def value(self, value: Any) -> Any:
        """A JSON value with what is found in its texts, keys and numbers replaced."""
        match value:
            case str():
                return self.text(value)
            case dict():
                items = value.items()
                return {self.value(k): v if k in _KEPT else self.value(v) for k, v in items}
            case list() | tuple():
                return [self.value(item) for item in cast("list[Any]", value)]
            case int() if not isinstance(value, bool):
                new = self._plain(str(value))
                return value if new == str(value) else new
            case _:
                return value

    def message(self, message: AnyMessage, *, calls: bool = True) -> AnyMessage:
        """The message with what is found replaced, the same where nothing is; its id stays.

        Args:
            message: Any message.
            calls: Look into the arguments of tool calls, too.
        """
        looked = ["content", "additional_kwargs", "name"]
        looked += ["tool_calls", "invalid_tool_calls"] if calls else []
        changed: dict[str, Any] = {}
        for field in looked:
            value = getattr(message, field, None)
            if value and (new := self.value(value)) != value:
                changed[field] = new
        return message.model_copy(update=changed) if changed else message

    def _plain(self, text: str) -> str:
        for rule in self._rules:
            text, _ = rule.apply(text)
        return text


def _addresses(text: str) -> Any:
    """Addresses of e-mail, also where other letters stand at once before or behind."""
    if "@" not in text:
        return []
    return [
        {"type": "email", "value": found[0], "start": found.start(), "end": found.end()}
        for found in _ADDRESS.finditer(text)
    ]


class Screening(AgentMiddleware[Any, Any, Any]):
    """Sends a model its request as the screen lets it through, and screens what it answers.

    Agents with a `screen` have it. Give it to your own before `EffectsOnce`, with `Unstreamed`
    as the last: a text that is streamed goes out before it can be screened.

    What is looked at: all messages of the request, with the arguments of earlier tool calls and the
    results of tools; the words of the answer and its typed output. The system prompt and the
    arguments with which the model calls a tool now go as they are.

    Args:
        screen: What is looked for.
        name: The agent's, for errors.
    """

    def __init__(self, screen: Screen, name: str) -> None:
        super().__init__()
        self._filter, self._agent = Filter(screen), name

    @override
    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        messages = self.messages(request.messages)
        return self._answered(handler(request.override(messages=messages)))

    @override
    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        messages = self.messages(request.messages)
        return self._answered(await handler(request.override(messages=messages)))

    def messages(self, messages: Sequence[AnyMessage]) -> list[AnyMessage]:
        """The messages as they may be sent.

        Raises:
            Screened: One holds what the screen blocks.
        """
        found: list[AnyMessage] = []
        for message in messages:
            try:
                found.append(self._filter.message(message))
            except PIIDetectionError as error:
                raise Screened(self._agent, error.pii_type, _whence(message)) from None
        return found

    def _answered(self, response: ModelResponse[Any]) -> ModelResponse[Any]:
        value = response.structured_response
        try:
            result = [
                self._filter.message(cast("AnyMessage", m), calls=value is not None)
                for m in response.result
            ]
            if value is None:
                return ModelResponse(result=cast("list[BaseMessage]", result))
            return ModelResponse(cast("list[BaseMessage]", result), self._typed(value))
        except PIIDetectionError as error:
            raise Screened(self._agent, error.pii_type, "its own answer") from None

    def _typed(self, value: Any) -> Any:
        if not isinstance(value, BaseModel):
            return self._filter.value(value)
        told = value.model_dump()
        new = self._filter.value(told)
        try:
            return value if new == told else type(value).model_validate(new)
        except ValidationError:
            raise Screened(self._agent, "value", "its typed answer") from None


def _whence(message: BaseMessage) -> str:
    if isinstance(message, ToolMessage):
        return f"what the tool {message.name!r} gave" if message.name else "what a tool gave"
    return "what it said before" if isinstance(message, AIMessage) else "what it was asked"


class Unstreamed(AgentMiddleware[Any, Any, Any]):
    """Has the model's answer go out whole, when it is screened, and not word by word before."""

    @override
    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        return handler(_whole(request))

    @override
    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        return await handler(_whole(request))


def _whole(request: ModelRequest[Any]) -> ModelRequest[Any]:
    model = request.model
    tags = [*(model.tags or []), TAG_NOSTREAM]
    return request.override(model=model.model_copy(update={"tags": tags}))


class ScreenedSummary(SummarizationMiddleware[Any, Any]):
    """LangChain's summarization of a conversation as the screen lets it through.

    The messages that stay are kept as they are.
    """

    screening: Screening
    """Set once it is made."""

    @override
    def before_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        return _restored(super().before_model(self._seen(state), runtime), state)

    @override
    async def abefore_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        return _restored(await super().abefore_model(self._seen(state), runtime), state)

    def _seen(self, state: Any) -> Any:
        return {**state, "messages": self.screening.messages(state["messages"])}


def _restored(update: dict[str, Any] | None, state: Any) -> dict[str, Any] | None:
    """The update with the messages that it keeps as they were."""
    if update is None:
        return None
    before = {message.id: message for message in state["messages"]}
    return {**update, "messages": [before.get(m.id, m) for m in update["messages"]]}
