"""What a manager says, and what that does to the team's state: delegations, or the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from langchain_core.messages import AIMessage, ToolMessage
from pydantic import TypeAdapter, ValidationError

from stretto.errors import InvalidInput, MemberFailed
from stretto.members.decisions import decided, told
from stretto.members.reply import text_of
from stretto.patterns.brief import request_of
from stretto.patterns.delegation import orders, stamped, told_result
from stretto.patterns.results import answer_update
from stretto.state import Delegate, Delegates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain.agents.structured_output import OutputToolBinding
    from langchain_core.messages import AnyMessage, ToolCall

    from stretto.members import Reply, Settle, Update
    from stretto.patterns.delegation import Desk

_TAKEN = "Taken as the answer."
_EARLY = "Not taken: give the output alone, when the results that it needs are there."


@dataclass(frozen=True, slots=True)
class Ear:
    """What is needed to understand a manager."""

    desk: Desk
    own_tools: frozenset[str]
    """Names of the tools that it calls itself."""
    output: OutputToolBinding[Any] | None = None
    """The tool by which it gives its typed output."""


def begins(messages: Sequence[AnyMessage]) -> bool:
    """Whether the manager has said nothing in this turn yet."""
    return not messages or messages[-1].type == "human"


def beginning(state: Mapping[str, Any]) -> dict[str, Any]:
    """What a function that manages is given: the state, without what an earlier turn left."""
    if not begins(state.get("messages") or []):
        return dict(state)
    return {**state, "results": {}, "failed": {}, "work": []}


def manager_settle(ear: Ear) -> Settle:
    """Make what turns a manager's reply into the state's update.

    Raises (in the node):
        InvalidInput: There is nothing to work on.
        MemberFailed: It neither delegates nor answers.
        ManagerStuck: It delegates too much, or the same again and again.
    """

    async def settle(state: Mapping[str, Any], said: Reply) -> Update:
        messages: list[AnyMessage] = list(state.get("messages") or [])
        found, new = heard(said, ear.desk), begins(messages)
        message = stamped(found.message, messages, ear.desk.manager)
        work = [] if new else list(state.get("work") or [])
        cleared: list[Any] = [None] if new else []
        start: Update = {"results": None, "failed": None, "work": cleared} if new else {}
        if not message.tool_calls:
            return {**start, **said.update, **_answer(ear.desk.manager, message, found.value)}
        if (ended := _output(ear, message)) is not None:
            return {**start, **ended}
        early, asked = _sorted(ear, message.tool_calls)
        made = orders(ear.desk, asked, work, messages)
        await _tell(ear.desk, made.records, made.answers)
        records = [*cleared, *made.records]
        answers = [message, *early, *made.answers]
        return {**start, **said.update, "messages": answers, "work": records}

    return settle


def check_request(messages: Sequence[AnyMessage]) -> None:
    """Refuse a turn in which nothing is asked.

    Raises:
        InvalidInput: Nothing is.
    """
    if begins(messages) and not any(request_of(messages[-1:])):
        raise InvalidInput("the question is empty. Say what you want to know.")


def _answer(manager: str, message: AIMessage, value: Any) -> Update:
    """The end of a turn."""
    if value is None or message.text.strip():
        return {"messages": [message], "structured_response": value}
    return answer_update(manager, told_result(_plain(value)), value)


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value


def _output(ear: Ear, message: AIMessage) -> Update | None:
    """The end of a turn by a typed output; `None` when the message is none."""
    call, rest = message.tool_calls[0], message.tool_calls[1:]
    if ear.output is None or rest or call["name"] != ear.output.tool.name:
        return None
    try:
        value = ear.output.parse(call["args"])
    except Exception as error:  # noqa: BLE001 - LangChain raises whatever the schema does
        said = _result(call, f"The output does not fit: {error} Mend it.", failed=True)
        return {"messages": [message, said]}
    told = text_of(value) if text_of(value).strip() else told_result(_plain(value))
    ended = answer_update(ear.desk.manager, told, value)
    return {**ended, "messages": [message, _result(call, _TAKEN), *ended["messages"]]}


def _sorted(ear: Ear, calls: Sequence[ToolCall]) -> tuple[list[ToolMessage], list[ToolCall]]:
    """Answers to outputs that come too early, and the calls that delegate.

    Those of its own tools are left to them.
    """
    output = "" if ear.output is None else ear.output.tool.name
    early = [_result(call, _EARLY, failed=True) for call in calls if call["name"] == output]
    own = {*ear.own_tools, output}
    return early, [call for call in calls if call["name"] not in own]


def _result(call: ToolCall, text: str, *, failed: bool = False) -> ToolMessage:
    status = "error" if failed else "success"
    return ToolMessage(text, tool_call_id=call["id"], name=call["name"], status=status)


async def _tell(where: Desk, records: Sequence[Any], answers: Sequence[ToolMessage]) -> None:
    """Tell the journal of delegations, and of those that are answered without being done."""
    said = {answer.tool_call_id: answer.text for answer in answers}
    for record in records:
        if record.status == "open":
            await told("handoff", by=where.manager, to=record.worker, reason=record.task)
        else:
            asked = {"worker": record.worker, "task": record.task}
            await decided(
                where.manager, f"delegation: {record.status}", reason=said[record.id], data=asked
            )


@dataclass(frozen=True, slots=True)
class Heard:
    """What a manager said."""

    message: AIMessage
    """With the calls by which it delegates, or with the answer."""
    value: Any = None
    """The answer where it is typed."""


def heard(said: Reply, where: Desk) -> Heard:
    """Hear a manager's reply as the message of a model.

    Raises:
        MemberFailed: It neither delegates nor answers.
    """
    if isinstance(said.value, AIMessage):
        found = Heard(said.value)
    elif (asked := _delegates(said.value)) is not None:
        calls = [where.call_of(each) for each in asked.delegate]
        found = Heard(AIMessage(asked.answer, tool_calls=calls))
    else:
        found = Heard(AIMessage(said.text), said.value)
    if not (found.message.text.strip() or found.value or _calls(found.message)):
        raise MemberFailed(
            f"{where.manager!r} neither delegates nor answers. Let it return text to end the turn, "
            "or a `Delegate(worker=, task=)`, several in a list."
        )
    return found


def _calls(message: AIMessage) -> bool:
    return bool(message.tool_calls or message.invalid_tool_calls)


_READ: TypeAdapter[Any] = TypeAdapter(Delegates | Delegate | list[Delegate])


def _delegates(value: Any) -> Delegates | None:
    """Delegations in a reply; `None` when it is something else."""
    if isinstance(value, dict) and not {"delegate", "worker"} & set(cast("Any", value)):
        return None
    try:
        read = _READ.validate_python(value)
    except ValidationError:
        return None
    if isinstance(read, Delegates):
        return read
    return Delegates(delegate=read if isinstance(read, list) else [read])
