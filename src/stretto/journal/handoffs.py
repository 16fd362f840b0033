"""Who goes on: what `Command(goto=...)` of a node or a tool tells.

A tool that names who goes on hands over. So does a node that sends its command to the graph above
(`Command.PARENT`), and one in which an agent worked. Any other node that names the next one has
decided which, as a router does; so has whoever names the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from langgraph.constants import END
from langgraph.errors import ParentCommand
from langgraph.types import Command, Send

from stretto.journal.values import cut
from stretto.records import Decided, FellBack, Handoff

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stretto.records import AnyRecord

_REASONS = ("reason", "task_description", "task", "instructions", "message", "request")
"""Arguments of a tool that hands over, which say what for."""


def targets(output: object) -> list[str]:
    """The nodes that the output of a node or a tool goes to, each once."""
    return list(dict.fromkeys(_gotos(output)))


def _gotos(output: object) -> Iterator[str]:
    if isinstance(output, Command):
        goto = output.goto
        for one in [goto] if isinstance(goto, str | Send) else goto:
            yield cut(one.node if isinstance(one, Send) else str(one))
    elif isinstance(output, list | tuple):
        for one in cast("Sequence[object]", output):
            yield from _gotos(one)


def _reason(args: Mapping[str, Any]) -> str:
    """Why a tool hands over, if one of its arguments says so."""
    said = (args.get(name) for name in _REASONS)
    return next((cut(text) for text in said if isinstance(text, str) and text), "")


@dataclass(slots=True)
class Handoffs:
    """What is known of the tools and nodes of a run that are open, by the id of their span."""

    reasons: dict[str, str] = field(default_factory=dict[str, str])
    """Why tools would hand over."""
    by_tool: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    """Where the tools of a node, or the node itself in a record, have said to go on."""
    agents: dict[str, str] = field(default_factory=dict[str, str])
    """Who worked in a node last."""
    passing: set[str] = field(default_factory=set[str])
    """Nodes that a command passes through which was told of further inside."""

    def tool_began(self, span: str, args: Mapping[str, Any]) -> None:
        """A tool was called."""
        if reason := _reason(args):
            self.reasons[span] = reason

    def tool_ended(
        self, output: object, within: str, fields: Mapping[str, Any]
    ) -> list[Handoff | Decided]:
        """The records of where a tool goes; `within` is the span of its node."""
        reason, by = self.reasons.pop(fields["span"], ""), fields["agent"] or fields["node"]
        if not (found := targets(output)):
            return []
        self.by_tool.setdefault(within, set()).update(found)
        return [_gone(fields, by, to, reason, hands_over=True) for to in found]

    def told(self, record: AnyRecord) -> None:
        """A node told itself who goes on: its command says it no second time."""
        if isinstance(record, Handoff | FellBack):
            self.by_tool.setdefault(record.span, set()).add(record.to)
        elif isinstance(record, Decided) and isinstance(to := record.data.get("goto"), str):
            self.by_tool.setdefault(record.span, set()).add(to)

    def node_ended(
        self, output: object, error: BaseException | None, fields: Mapping[str, Any]
    ) -> list[Handoff | Decided]:
        """The records of where a node goes, where its tools and inner nodes have not said so."""
        span = fields["span"]
        told, agent = self.by_tool.pop(span, set()), self.agents.pop(span, "")
        passes, leaves = span in self.passing, isinstance(error, ParentCommand)
        self.passing.discard(span)
        if leaves:
            self.passing.add(fields["parent"])
            output = error.args[0] if error is not None and error.args else None
        if passes:
            return []
        by, hands_over = agent or fields["agent"] or fields["node"], leaves or bool(agent)
        goes = [to for to in targets(output) if to not in told]
        return [_gone(fields, by, to, "", hands_over=hands_over) for to in goes]


def _gone(
    fields: Mapping[str, Any], by: str, to: str, reason: str, *, hands_over: bool
) -> Handoff | Decided:
    if hands_over and to != END:
        return Handoff(**fields, by=by, to=to, reason=reason)
    return Decided(**fields, by=by, decision=f"goto {to}", reason=reason)
