"""A team with all its agents in its own file, so that it does not change with the project's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stretto.errors import StrettoError
from stretto.spec.deciders import AgentDecides
from stretto.spec.definition import Definition
from stretto.spec.named import Said
from stretto.spec.team import Team, said
from stretto.spec.wiring import AgentMember, ByName
from stretto.spec.yaml import dump_agent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.project import Project


def whole_team(team: Team, project: Project) -> Team:
    """Give the team with the agents it names as its own, as they are now.

    An agent that a file cannot say, or that is not there, stays a name.
    """
    own: dict[str, Any] = {}
    for name in dict.fromkeys(_agents(team.graph)):
        if name not in team.agents:
            try:
                text = dump_agent(project.agent(name))
            except StrettoError:
                continue
            own[name] = Definition.parse(text, name).data
    if not own:
        return team
    data = said(team)
    return Team.model_validate({**data, "agents": {**data.get("agents", {}), **own}})


def _agents(part: Any) -> Iterator[str]:
    """Names of the agents in a part of a team."""
    match part:
        case ByName(root=name):
            yield name
        case AgentMember(agent=name) | AgentDecides(agent=name):
            yield name
        case dict():
            yield from (name for each in part.values() for name in _agents(each))
        case list():
            yield from (name for each in part for name in _agents(each))
        case Said():
            fields = (getattr(part, field) for field in type(part).model_fields)
            yield from (name for each in fields for name in _agents(each))
        case _:
            return
