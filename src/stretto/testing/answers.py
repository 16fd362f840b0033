"""Where the server's answers come from: a list, a function or another model."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage

from stretto.testing.call import Json
from stretto.testing.faults import Cut, Fault, RefuseTools, Slow
from stretto.testing.reply import Reply, UnexpectedCall, message
from stretto.testing.script import Script, quoted

if TYPE_CHECKING:
    from stretto.testing.call import Call, Function

Item: TypeAlias = Reply | AIMessage | str | Fault
"""What a script may hold."""
Source: TypeAlias = Sequence[Item] | Item | Callable[[Json], Item | None] | BaseChatModel
"""A list, one answer for all requests, a function of the request's body, or a chat model."""

FILLER = Reply("A fault needed an answer to spoil, and this is it.")
"""What a fault in a list spoils when it brings no reply of its own."""


class Answers:
    """The server's answers, whichever way they are given."""

    def __init__(self, source: Source) -> None:
        self._script: Script[Item] | None = None
        self._model: BaseChatModel | None = None
        self._function: Callable[[Json], Item | None] | None = None
        if isinstance(source, BaseChatModel):
            self._model = source
        elif isinstance(source, Reply | AIMessage | str | Fault):
            self._function = lambda _: source
        elif callable(source):
            self._function = source
        else:
            self._script = Script(source)

    def take(self, asked: Call, body: Json) -> AIMessage | Fault:
        """Give the next answer, or the fault that stands in its place.

        Raises:
            UnexpectedCall: The list has run out, or the function gave `None`.
        """
        if self._model is not None:
            return ask(self._model, asked)
        item = self._item(asked, body)
        return item if isinstance(item, Fault) else message(item, asked)

    def spoiled(self, fault: Fault, asked: Call, body: Json, *, instead: bool) -> AIMessage:
        """Give what a fault spoils: its own reply, or what was coming.

        `instead` tells that the fault itself was the answer that came, so that none is left.
        """
        own = fault.reply if isinstance(fault, Slow | Cut) else None
        coming = own or (FILLER if instead else self.take(asked, body))
        return message(FILLER if isinstance(coming, Fault) else coming, asked)

    def _item(self, asked: Call, body: Json) -> Item:
        if self._script is not None:
            item = self._script.take(asked)
            while isinstance(item, RefuseTools) and not asked.tools:
                item = self._script.take(asked)
            return item
        said = self._function(body) if self._function else None
        if said is None:
            raise UnexpectedCall(
                f"the server was asked {quoted(asked)}, for which its function has no reply. "
                "Return a reply for such requests, or find out why they were sent."
            )
        return FILLER if isinstance(said, RefuseTools) and not asked.tools else said


def ask(model: BaseChatModel, asked: Call) -> AIMessage:
    """Let a chat model answer; where a schema is asked for, it is offered as one more tool."""
    tools = [_told(tool, form=_is_form(tool, asked)) for tool in asked.tools]
    choice = None if asked.choice == "auto" else asked.choice
    if choice == "none":
        tools, choice = [], None
    if asked.output:
        choice = "any" if tools else asked.output.get("name")
        tools.append(_told(asked.output, form=True))
    choice = "any" if choice == "required" else choice
    runnable = model.bind_tools(tools, tool_choice=choice) if tools else model
    answer = runnable.invoke(list(asked.messages), stop=list(asked.stop) or None)
    return _unwrapped(answer, asked)


def _told(tool: Function, *, form: bool) -> Json:
    """A tool as `bind_tools` takes it: a JSON Schema with a title where it is a typed output."""
    if not form:
        return {"type": "function", "function": dict(tool)}
    told = {"title": tool.get("name", ""), "description": tool.get("description", "")}
    return {**tool.get("parameters", {}), **told}


def _is_form(tool: Function, asked: Call) -> bool:
    """Whether a tool is a typed output in truth, which the wire does not tell.

    LangChain's tool strategy sends an output's class as a tool: it is named as classes are, or
    the only one and must be called.
    """
    forced = asked.choice not in {"auto", "none"}
    return tool.get("name", "")[:1].isupper() or (forced and len(asked.tools) == 1)


def _unwrapped(answer: AIMessage, asked: Call) -> AIMessage:
    """The call of the schema's tool as the text that it stands for."""
    name = asked.output.get("name") if asked.output else None
    for call in answer.tool_calls:
        if call["name"] == name:
            return AIMessage(
                content=json.dumps(call["args"]),
                usage_metadata=answer.usage_metadata,
                response_metadata=answer.response_metadata,
            )
    return answer
