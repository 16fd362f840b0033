"""What a model was asked, told the same way whichever API asked it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from langchain_core.utils.function_calling import convert_to_openai_tool
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

Json = dict[str, Any]
"""A JSON object."""


class Function(TypedDict, total=False):
    """A tool or an output schema as a model is told of it."""

    name: str
    description: str
    parameters: Json
    """JSON Schema of the arguments, or of the output."""
    strict: bool | None


@dataclass(frozen=True)
class Call:
    """One call of a model: its messages and what it may answer with."""

    messages: tuple[BaseMessage, ...]
    tools: tuple[Function, ...] = ()
    """The tools it may call."""
    choice: str = "auto"
    """`auto`, `none`, `required` (some tool), or the name of the tool it must call."""
    output: Function | None = None
    """The schema its text must follow, `None` for free text."""
    stop: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What the last message says."""
        return str(self.messages[-1].text) if self.messages else ""

    @property
    def tool_names(self) -> tuple[str, ...]:
        """Names of the tools it may call."""
        return tuple(tool.get("name", "") for tool in self.tools)

    @property
    def digest(self) -> str:
        """Twelve hex digits of what the messages say; the same for the same conversation."""
        said = [(m.type, m.content, getattr(m, "tool_calls", None)) for m in self.messages]
        text = json.dumps(said, sort_keys=True, default=str)
        return sha256(text.encode()).hexdigest()[:12]


def call(
    messages: Sequence[BaseMessage],
    *,
    tools: Sequence[Any] = (),
    tool_choice: object = None,
    response_format: object = None,
    stop: Sequence[str] | str | None = None,
) -> Call:
    """Read a call from what LangChain or Chat Completions hands a model.

    `tools` are OpenAI tools or anything LangChain makes one of; `response_format` is OpenAI's, or
    a type that stands for its schema. What is no function tool is left out.
    """
    return Call(
        messages=tuple(messages),
        tools=tuple(_function(tool) for tool in tools),
        choice=choice(tool_choice),
        output=_output(response_format),
        stop=(stop,) if isinstance(stop, str) else tuple(stop or ()),
    )


def choice(given: object) -> str:
    """Read a tool choice in any of its spellings."""
    if isinstance(given, Mapping):
        named: Any = given
        return str(named.get("function", named).get("name", "required"))
    if given in (None, False, "auto"):
        return "auto"
    return "required" if given in (True, "any", "required") else str(given)


def _function(tool: Any) -> Function:
    function: Function = convert_to_openai_tool(tool)["function"]
    return function


def _output(given: object) -> Function | None:
    if given is None:
        return None
    if not isinstance(given, Mapping):
        return _function(given)
    told: Any = given
    if told.get("type") not in ("json_schema", None):
        return None
    told = told.get("json_schema", told)
    return Function(
        name=told.get("name") or told.get("title") or "output",
        description=told.get("description") or "",
        parameters=told.get("schema") or told,
        strict=told.get("strict"),
    )
