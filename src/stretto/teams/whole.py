"""A team with all its agents in its own file, so that it does not change with the project's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stretto.errors import StrettoError
from stretto.spec.definition import Definition
from stretto.spec.team import Team, said
from stretto.spec.yaml import dump_agent
from stretto.teams.parts import agents_in

if TYPE_CHECKING:
    from stretto.project import Project


def whole_team(team: Team, project: Project) -> Team:
    """Give the team with the agents it names as its own, as they are now.

    An agent that a file cannot say, that is not there, or is named in a version stays a name.
    """
    own: dict[str, Any] = {}
    for name in dict.fromkeys(agents_in(team.graph)):
        if name not in team.agents and "@" not in name:
            try:
                text = dump_agent(project.agent(name))
            except StrettoError:
                continue
            own[name] = Definition.parse(text, name).data
    if not own:
        return team
    data = said(team)
    return Team.model_validate({**data, "agents": {**data.get("agents", {}), **own}})
