"""The parts of a team: its agents, its functions, the patterns within."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stretto.spec.deciders import AgentDecides
from stretto.spec.named import Said
from stretto.spec.wiring import AgentMember, ByName, Placed, StepMember, Supervisor

if TYPE_CHECKING:
    from collections.abc import Iterator


def parts(part: Any) -> Iterator[Any]:
    """Give a part of a team and all within it, names of agents among them, in the file's order."""
    match part:
        case ByName():
            yield part
        case dict():
            yield from (each for value in part.values() for each in parts(value))
        case list():
            yield from (each for value in part for each in parts(value))
        case Said():
            yield part
            fields = (getattr(part, field) for field in type(part).model_fields)
            within = (each for value in fields for each in parts(value))
            workers = _workers(part)
            yield from (e for e in within if not (isinstance(e, ByName) and e.root in workers))
        case _:
            return


def _workers(part: Said) -> set[str]:
    """Names by which a supervisor's `reassign` means workers that are no agents."""
    if not isinstance(part, Supervisor):
        return set()
    others = [each for each in part.workers if isinstance(each, Placed)]
    named = {each.name or str(getattr(each, "step", "")).rpartition(".")[2] for each in others}
    return named - {each.root for each in part.workers if isinstance(each, ByName)}


def agents_in(part: Any) -> list[str]:
    """Names of the agents in a part of a team, each once."""
    found = [_agent(each) for each in parts(part)]
    return list(dict.fromkeys(name for name in found if name))


def steps_in(part: Any) -> list[str]:
    """Names of the functions that are members in a part of a team, each once."""
    found = [each.step for each in parts(part) if isinstance(each, StepMember)]
    return list(dict.fromkeys(found))


def _agent(part: Any) -> str:
    match part:
        case ByName(root=name):
            return name
        case AgentMember(agent=name) | AgentDecides(agent=name):
            return name
        case _:
            return ""
