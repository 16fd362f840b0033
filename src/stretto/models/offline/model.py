"""The `offline` chat model: one like any other to LangChain, with rules in place of weights."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar, cast

from langchain_core.language_models import LanguageModelInput, ModelProfile
from langchain_core.messages import AIMessage, BaseMessage, ToolCall
from langchain_core.messages.ai import UsageMetadata
from langchain_core.tools import BaseTool, StructuredTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import Field
from typing_extensions import override

from stretto.models.answering import AnsweringModel
from stretto.models.marks import unmarked
from stretto.models.offline.brief import read_brief
from stretto.models.offline.decide import Offer, Turn, decide
from stretto.models.offline.research import SEARCHES
from stretto.models.offline.toolbox import Tool
from stretto.models.pieces import pieces

if TYPE_CHECKING:
    from langchain_core.language_models.base import LangSmithParams
    from langchain_core.messages import InvalidToolCall
    from langchain_core.runnables import Runnable

ToolLike = dict[str, Any] | type | Callable[..., Any] | BaseTool

_CHARACTERS_A_TOKEN = 4
_TOKENS_A_MESSAGE = 3
_ARGUMENT_PIECE = 60
_WORD = re.compile(r"\s*\S+\s*$|\s*\S+")


class OfflineModel(AnsweringModel):
    """A chat model that needs no key and no network: deterministic, lexical, extractive.

    It picks tools by their descriptions, fills arguments from the request, quotes its sources and
    fills typed outputs by rule. Token counts are characters / 4.
    """

    model_name: str = Field(default="offline", alias="model")
    """Name under which it reports itself."""
    temperature: float | None = None
    """Taken and unused: nothing is drawn at random."""
    max_tokens: int | None = None
    """Longest answer in tokens (of four characters), `None` for no limit."""
    searches: int = SEARCHES
    """Searches made for one request at most, one more when it was sent back."""
    stop: list[str] | None = None
    """Texts at which an answer ends."""
    streaming: bool = False
    """Taken for compatibility; `stream` always streams."""

    model_config: ClassVar[Any] = {"populate_by_name": True}

    @property
    def _llm_type(self) -> str:
        return "offline"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": self.model_name}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        params["ls_provider"] = "stretto"
        params["ls_model_name"] = str(kwargs.get("model") or self.model_name)
        return params

    def _resolve_model_profile(self) -> ModelProfile:
        return ModelProfile(
            name="offline",
            max_input_tokens=128_000,
            max_output_tokens=16_000,
            text_inputs=True,
            text_outputs=True,
            tool_calling=True,
            tool_choice=True,
            structured_output=False,
        )

    @override
    def bind_tools(
        self,
        tools: Sequence[ToolLike],
        *,
        tool_choice: str | dict[str, Any] | bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Offer tools. A class or a tool without a function is a form: calling it is the answer."""
        described = [convert_to_openai_tool(tool) for tool in tools]
        forms = [
            each["function"]["name"]
            for each, tool in zip(described, tools, strict=True)
            if "function" in each and _is_form(tool)
        ]
        choice = _choice(tool_choice)
        return super().bind_tools(described, tool_choice=choice, forms=forms, **kwargs)

    @override
    def _answer(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, Any]
    ) -> AIMessage:
        offer = replace(offered(kwargs), searches=self.searches)
        turn = decide(read_brief([unmarked(message) for message in messages]), offer)
        text = self._cut(turn.text, stop or self.stop)
        calls = _calls(turn, messages)
        said = text + "".join(json.dumps(call["args"], ensure_ascii=False) for call in calls)
        return AIMessage(
            content=text,
            tool_calls=calls,
            usage_metadata=_usage(messages, said, kwargs),
            response_metadata={
                "model_name": str(kwargs.get("model") or self.model_name),
                "model_provider": "stretto",
                "finish_reason": "tool_calls" if calls else "stop",
            },
        )

    @override
    def _pieces(self, text: str) -> list[str]:
        return _WORD.findall(text)

    @override
    def _argument_pieces(self, call: ToolCall | InvalidToolCall) -> list[str]:
        args = json.dumps(call["args"], ensure_ascii=False)
        return ["", *pieces(args, _ARGUMENT_PIECE)]

    def _cut(self, text: str, stop: Sequence[str] | None) -> str:
        for mark in stop or ():
            text = text.split(mark, 1)[0] if mark else text
        return text[: self.max_tokens * _CHARACTERS_A_TOKEN] if self.max_tokens else text


def offered(kwargs: Mapping[str, Any]) -> Offer:
    """What a model call offers, from its keyword arguments in OpenAI's form."""
    forms = set(kwargs.get("forms") or ())
    tools: list[Tool] = []
    for each in kwargs.get("tools") or ():
        function = each.get("function") if isinstance(each, dict) else None
        if function:
            name = function["name"]
            schema = function.get("parameters") or {}
            tools.append(Tool(name, function.get("description") or "", schema, name in forms))
    return Offer(
        tuple(tools), _choice(kwargs.get("tool_choice")), _form(kwargs.get("response_format"))
    )


def _choice(given: object) -> str:
    """A tool choice in one of its many spellings: `auto`, `none`, `any` or a tool's name."""
    if isinstance(given, dict):
        choice = cast("dict[str, Any]", given)
        return str((choice.get("function") or choice).get("name") or "any")
    if given is True or given in {"any", "required"}:
        return "any"
    return given if isinstance(given, str) and given else "auto"


def _form(given: object) -> Mapping[str, Any] | None:
    if not isinstance(given, dict):
        return None
    wanted = cast("dict[str, Any]", given)
    if wanted.get("type") == "json_schema":
        return cast("Mapping[str, Any]", wanted.get("json_schema", {}).get("schema") or {})
    return {"type": "object"} if wanted.get("type") == "json_object" else None


def _is_form(tool: ToolLike) -> bool:
    if isinstance(tool, StructuredTool):
        return tool.func is None and tool.coroutine is None
    return isinstance(tool, type) or (isinstance(tool, dict) and "title" in tool)


def _calls(turn: Turn, messages: Sequence[BaseMessage]) -> list[ToolCall]:
    """Tool calls with ids that are the same for the same conversation and new in any other."""
    if not turn.calls:
        return []
    before = sha256()
    for message in messages:
        said = f"{message.type}|{message.content!r}|{getattr(message, 'tool_calls', '')!r}"
        before.update(said.encode())
    made: list[ToolCall] = []
    for place, wish in enumerate(turn.calls):
        args = json.dumps(wish.args, sort_keys=True, default=str)
        key = f"{before.hexdigest()}|{place}|{wish.name}|{args}"
        identity = f"call_{sha256(key.encode()).hexdigest()[:24]}"
        made.append(ToolCall(name=wish.name, args=wish.args, id=identity, type="tool_call"))
    return made


def _usage(messages: Sequence[BaseMessage], said: str, kwargs: Mapping[str, Any]) -> UsageMetadata:
    offer = len(json.dumps(kwargs.get("tools") or [], default=str)) // _CHARACTERS_A_TOKEN
    read = offer + sum(
        (len(message.text) + len(str(getattr(message, "tool_calls", "")))) // _CHARACTERS_A_TOKEN
        + _TOKENS_A_MESSAGE
        for message in messages
    )
    written = max(1, -(-len(said) // _CHARACTERS_A_TOKEN))
    return UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)
