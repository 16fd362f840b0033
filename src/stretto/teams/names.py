"""What a team file may refer to: its own agents, and the project's."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stretto.errors import InvalidInput, UnknownName
from stretto.spec.module import attribute, load_module
from stretto.spec.yaml import agent_of

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from types import ModuleType

    from stretto.project import Project
    from stretto.spec.agent import Agent, Tool
    from stretto.spec.definition import Definition
    from stretto.spec.prompt import Prompt
    from stretto.spec.team import Team

_building: ContextVar[tuple[str, ...]] = ContextVar("stretto_teams_being_built", default=())


@contextmanager
def building(path: str) -> Generator[None]:
    """Note that a team's file is being made into a graph.

    Raises:
        InvalidInput: It is already: its members lead back to it.
    """
    above = _building.get()
    if path in above:
        way = " -> ".join(Path(each).stem for each in [*above[above.index(path) :], path])
        raise InvalidInput(f"the team is a member of itself: {way}. Take it out of one of them")
    token = _building.set((*above, path))
    try:
        yield
    finally:
        _building.reset(token)


class TeamNames:
    """Names of a team: its own agents first, then what the project has.

    Args:
        team: Whose names they are.
        definition: Where its file says what.
        project: What is around it.
    """

    def __init__(self, team: Team, definition: Definition, project: Project) -> None:
        self._team, self._definition, self.project = team, definition, project
        self._own: dict[str, Agent] = {}

    def agent(self, name: str) -> Agent:
        """Give an agent by name; raises as `Project.agent`."""
        if name not in self._team.agents:
            try:
                return self.project.agent(name)
            except UnknownName as error:
                raise UnknownName("agent", name, [*self._team.agents, *error.known]) from None
        if name not in self._own:
            self._own[name] = agent_of(self._definition.within("agents", name), self, name)
        return self._own[name]

    def step(self, name: str) -> Any:
        """Give a function or value: `family.name` of the project, or `package.module:name`.

        Raises:
            UnknownName: There is none.
            InvalidInput: There is no such module.
        """
        place, colon, wanted = name.rpartition(":")
        if not colon:
            return self.project.step(name)
        return self._attribute(name, place, wanted)

    def graph(self, name: str) -> Any:
        """Give a graph or Runnable: `package.module:name`, or `path/of/file.py:name`.

        Raises:
            UnknownName: The module has no such attribute.
            InvalidInput: It names no module.
        """
        place, _, wanted = name.rpartition(":")
        return self._attribute(name, place, wanted)

    def _attribute(self, name: str, place: str, wanted: str) -> Any:
        if not place or not wanted.isidentifier():
            raise InvalidInput(f"{name!r} names no attribute. Write `package.module:name`")
        module = self._module(place)
        try:
            return attribute(Path(place), module, wanted)
        except UnknownName as error:
            raise UnknownName(f"{place}:NAME", wanted, error.known) from None

    def _module(self, place: str) -> ModuleType:
        if place.endswith(".py"):
            return load_module(self.project.root / place)
        try:
            return import_module(place)
        except ImportError as error:
            raise InvalidInput(
                f"there is no module {place!r} ({error}). Install it, or correct the name"
            ) from error

    def prompts(self) -> list[str]:
        """Names of the prompts."""
        return self.project.prompts()

    def prompt_file(self, name: str) -> Prompt:
        """Give a prompt by name; raises as `Project.prompt_file`."""
        return self.project.prompt_file(name)

    def tools_named(self, name: str) -> Sequence[Tool]:
        """Give the tools of a name; raises as `Project.tools_named`."""
        return self.project.tools_named(name)
