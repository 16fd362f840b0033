"""Delegations: the tools by which a manager gives tasks away, and what its calls of them mean."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from langchain_core.messages import AIMessage, AnyMessage, ToolCall, ToolMessage

from stretto.errors import InvalidMember, ManagerStuck
from stretto.members.tool_calls import Ids, calls_of, safe, with_calls
from stretto.state import Delegated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stretto.state import Delegate

PREFIX = "delegate_to_"
ONE_TOOL = "delegate"
"""Takes the worker as an argument, where there are too many workers for a tool each."""
MOST_TOOLS = 100
"""Workers that get a tool each; OpenAI takes 128 tools in all."""
_LONGEST = 64 - len(PREFIX)

Json: TypeAlias = dict[str, Any]
Verdict: TypeAlias = Literal["open", "repeated", "unknown"]


@dataclass(frozen=True, slots=True)
class Desk:
    """Whom a manager may delegate to, and how often."""

    manager: str
    roles: Mapping[str, str]
    """What each worker is good for, by its name."""
    max_delegations: int
    repeats: int
    alone: bool
    """Whether workers see nothing but their task."""
    tools: Mapping[str, str] = field(default_factory=dict[str, str])
    """Worker by the name of its tool; filled in by `desk`."""

    def specs(self) -> list[Json]:
        """The tools as a model is told of them."""
        if not self.tools:
            known = "\n".join(f"{name}: {role}" for name, role in self.roles.items())
            one = f"Give a task to one of the workers.{self._hint()}\nWorkers:\n{known}"
            worker: Json = {"type": "string", "enum": list(self.roles)}
            return [_spec(ONE_TOOL, one, {"worker": worker, "task": _TASK})]
        return [
            _spec(tool, self._about(worker), {"task": _TASK}) for tool, worker in self.tools.items()
        ]

    def call_of(self, asked: Delegate) -> ToolCall:
        """The call by which a model would delegate this; it gets its id later."""
        tool = next((t for t, worker in self.tools.items() if worker == asked.worker), ONE_TOOL)
        named = {"worker": asked.worker} if tool == ONE_TOOL else {}
        return ToolCall(name=tool, args={**named, "task": asked.task}, id=None, type="tool_call")

    def read(self, call: ToolCall) -> tuple[str, str]:
        """The worker and the task of a call, as they were said; either may make no sense."""
        named = self.tools.get(call["name"]) or call["args"].get("worker")
        task = call["args"].get("task")
        worker = named or call["name"].removeprefix(PREFIX)
        return str(worker), task.strip() if isinstance(task, str) else ""

    def _about(self, worker: str) -> str:
        role = self.roles[worker]
        good = f" It is for: {role}" if role else ""
        return f"Give a task to {worker!r}.{good}{self._hint()}"

    def _hint(self) -> str:
        sees = " It sees nothing but the task: say all that it needs to know." if self.alone else ""
        return f"{sees} Tasks of one message are done at once."


_TASK: Json = {"type": "string", "description": "What to do, understandable on its own."}


def desk(
    manager: str,
    roles: Mapping[str, str],
    *,
    max_delegations: int,
    repeats: int,
    alone: bool,
) -> Desk:
    """Make the desk of a manager; up to `MOST_TOOLS` workers have a tool each.

    Raises:
        InvalidMember: Two workers would have one tool.
    """
    tools: dict[str, str] = {}
    for name in roles if len(roles) <= MOST_TOOLS else ():
        tool = PREFIX + safe(name, _LONGEST)
        if tool in tools:
            raise InvalidMember(
                f"supervisor: the manager would call {tools[tool]!r} and {name!r} by one tool, "
                f"{tool!r}. Give one of them another name, with `member(it, name=...)`."
            )
        tools[tool] = name
    return Desk(manager, roles, max_delegations, repeats, alone, tools)


@dataclass(frozen=True, slots=True)
class Orders:
    """What becomes of the calls of one message."""

    records: list[Delegated]
    """A record of each delegation."""
    answers: list[ToolMessage]
    """To those that nobody has to work on."""


def orders(
    where: Desk,
    calls: Sequence[ToolCall],
    work: Sequence[Delegated],
    messages: Sequence[AnyMessage],
) -> Orders:
    """Decide what becomes of delegations.

    Args:
        where: Whose they are.
        calls: The delegations of one message, with their ids.
        work: What was delegated in this turn before.
        messages: The conversation, in which the answers to those are.

    Raises:
        ManagerStuck: They are more than there may be in a turn, or the same once more after the
            manager was told so.
    """
    made = Orders([], [])
    for call in calls:
        before = [*work, *made.records]
        if len(before) >= where.max_delegations:
            raise ManagerStuck(
                f"{where.manager!r} delegated more than {where.max_delegations} tasks in one turn. "
                "Raise `max_delegations`, or tell it in its prompt when it is done.",
                where.manager,
            )
        worker, task = where.read(call)
        id_ = call["id"] or ""
        told = sum(record.status == "repeated" and _same(record, worker, task) for record in work)
        verdict, said = _verdict(where, (worker, task), before, messages, told)
        made.records.append(Delegated(id=id_, worker=worker, task=task, status=verdict, by=worker))
        if verdict != "open":
            status = "error" if verdict == "unknown" else "success"
            made.answers.append(
                ToolMessage(said, tool_call_id=id_, name=call["name"], status=status)
            )
    return made


def _verdict(
    where: Desk,
    asked: tuple[str, str],
    before: Sequence[Delegated],
    messages: Sequence[AnyMessage],
    told: int,
) -> tuple[Verdict, str]:
    """What becomes of one; `told` is how often the manager was told that it is not done again."""
    worker, task = asked
    if problem := _problem(where, worker, task):
        return "unknown", problem
    same = [record for record in before if _same(record, worker, task)]
    ran = [r for r in same if r.status != "repeated"]
    if len(ran) < where.repeats:
        return "open", ""
    if told >= where.repeats:
        raise ManagerStuck(
            f"{where.manager!r} delegated the same to {worker!r} {len(same) + 1} times: {task!r}. "
            "Tell it in its prompt what to do with the result, or raise `repeats`.",
            where.manager,
        )
    return "repeated", _again(ran, messages)


def _same(record: Delegated, worker: str, task: str) -> bool:
    return record.worker == worker and plain(record.task) == plain(task)


def _problem(where: Desk, worker: str, task: str) -> str:
    known = ", ".join(map(repr, where.roles))
    if worker == where.manager and worker not in where.roles:
        return f"You cannot delegate to yourself. Delegate to one of {known}, or answer."
    if worker not in where.roles:
        return f"There is no worker {worker!r}. Delegate to one of {known}, or answer."
    if not task:
        return f'{worker!r} was given no task. Call it again with {{"task": "what to do"}}.'
    return ""


def _again(ran: Sequence[Delegated], messages: Sequence[AnyMessage]) -> str:
    """What a delegation is answered with that was made before."""
    ids = {record.id for record in ran}
    given = [m.text for m in messages if isinstance(m, ToolMessage) and m.tool_call_id in ids]
    note = "Not done again: you delegated the same before in this turn."
    if not given:
        return f"{note} Its result stands beside this."
    return (
        f"{note} Use the result, delegate something else, or answer. The result was:\n{given[-1]}"
    )


def plain(task: str) -> str:
    """A task in the form in which the same is told from another: case and spaces do not count."""
    return " ".join(task.split()).casefold()


def stamped(message: AIMessage, before: Sequence[AnyMessage], name: str) -> AIMessage:
    """A manager's message in its name, each call with an id that no earlier call has."""
    earlier = [c["id"] or "" for m in before if isinstance(m, AIMessage) for c in m.tool_calls]
    made = message
    if calls := calls_of(message):
        told = [call["id"] for call in calls]
        alike = len({*told, *earlier}) < len(told) + len(earlier)
        if calls != message.tool_calls or not all(told) or alike:
            made = _with_ids(message, calls, earlier)
    return made.model_copy(update={"name": safe(name)})


def _with_ids(message: AIMessage, calls: Sequence[ToolCall], earlier: Sequence[str]) -> AIMessage:
    ids = Ids()
    for taken in earlier:
        ids.unique(taken)
    given = [(call, _with_id(call, ids.unique(call["id"] or ""))) for call in calls]
    return with_calls(message, given, message.content)


def _with_id(call: ToolCall, id_: str) -> ToolCall:
    if id_ == call["id"]:
        return call
    return ToolCall(name=call["name"], args=call["args"], id=id_, type="tool_call")


def unanswered(messages: Sequence[AnyMessage]) -> Iterator[ToolCall]:
    """The calls of the manager's last message that have no result yet, in their order."""
    results: set[str] = set()
    for message in reversed(messages):
        if isinstance(message, ToolMessage):
            results.add(message.tool_call_id)
        elif isinstance(message, AIMessage):
            yield from (call for call in message.tool_calls if call["id"] not in results)
            return
        else:
            return


def this_turn(messages: Sequence[AnyMessage]) -> int:
    """Where the turn begins: the place of the last message of a person."""
    places = range(len(messages) - 1, -1, -1)
    return next((i for i in places if messages[i].type == "human"), 0)


def conversation(messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """What people and the manager said to one another, without the calls of tools."""
    return [
        message
        for message in messages
        if not isinstance(message, ToolMessage)
        and not (isinstance(message, AIMessage) and message.tool_calls)
    ]


def told_result(result: Any) -> str:
    """A result as the manager reads it: text as it is, all else as JSON."""
    return (
        result if isinstance(result, str) else json.dumps(result, ensure_ascii=False, default=str)
    )


def _spec(name: str, description: str, properties: Json) -> Json:
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    function = {"name": name, "description": description, "parameters": parameters}
    return {"type": "function", "function": function}
