"""A team as a value and as a YAML file: what stands in it, how it is read and written."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

from pydantic import BaseModel, BeforeValidator, Field, RootModel, TypeAdapter, ValidationError

from stretto.spec.agent import AgentName
from stretto.spec.definition import Definition, refuse
from stretto.spec.named import Said, StepName
from stretto.spec.prompt import read_text
from stretto.spec.wiring import KINDS, AnyPattern, Pattern, Placed
from stretto.spec.yaml import AgentFile, version_said, written

if TYPE_CHECKING:
    from stretto.errors import StrettoError
    from stretto.spec.definition import Place


class Team(Said):
    """A team, as its file says it: names, and how they are put together; compared by content.

    Raises `pydantic.ValidationError` where a value cannot be. Names are looked up when a graph is
    made of it.
    """

    name: AgentName | Annotated[str, Field(max_length=0)] = ""
    """What it is called; by default its file's name."""
    version: Annotated[str, BeforeValidator(version_said, json_schema_input_type=str | int)] = "1"
    """Changes when what it does changes. A turn goes on in the version in which it began."""
    description: str = ""
    """What it is for, in a sentence."""
    agents: dict[AgentName, AgentFile] = {}
    """Agents of its own, as files in `agents/` say them; others are the project's."""
    graph: AnyPattern
    """How its members are put together."""
    migrates: dict[str, StepName] = {}
    """Functions that take threads over from older versions, by version; see `docs/versions.md`."""


FORM = "Write `graph:` with a `pattern:` in it, such as `{pattern: sequential, steps: [writer]}`"


def team_schema() -> dict[str, Any]:
    """Give the JSON Schema of a team file, for editors."""
    schema = TypeAdapter(Team).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def read_team(path: Path) -> tuple[Team, Definition, list[StrettoError]]:
    """Read a team's file; see `parse_team`."""
    return parse_team(read_text(path), path)


def parse_team(text: str, path: Path | str) -> tuple[Team, Definition, list[StrettoError]]:
    """Read a team from the text of its file, as far as it can be understood.

    Returns:
        The team without the parts that are wrong, where the file says what, and what is wrong: who
        goes on to look up names adds to it, so that all is told at once.

    Raises:
        BadDefinition: So much is wrong that no team is left; a `BadDefinitions` tells all.
    """
    definition = Definition.parse(text, path, form=FORM)
    data = deepcopy(definition.data)
    faults: list[StrettoError] = []
    for _ in range(_MOST_REPAIRS):
        try:
            team = Team.model_validate(data)
        except ValidationError as error:
            if not faults:
                faults += definition.faults(error, Team, KINDS)
            if not _repair(data, error):
                break
        else:
            named = team.name or Path(str(path)).stem.partition("@")[0]
            return team.model_copy(update={"name": named}), definition, faults
    refuse(path, faults)
    raise AssertionError


_MOST_REPAIRS = 8


def _repair(data: dict[str, Any], error: ValidationError) -> bool:
    """Take out what is wrong, or the member that it is in; tell whether anything is left."""
    wrong = {(_known(data, each["loc"]), each["type"]) for each in error.errors(include_url=False)}
    for place, kind in sorted(wrong, key=lambda each: -len(each[0])):  # what is within goes first
        if kind == "missing" or not (place and isinstance(place[-1], str)):
            if not _blank(data, place):
                return False
        elif isinstance(holder := _at(data, place[:-1]), dict):
            cast("dict[str, Any]", holder).pop(place[-1], None)
    return True


def _blank(data: Any, place: Place) -> bool:
    """Put an unknown member in the place of the one that cannot be read."""
    while place:
        holder, key = _at(data, place[:-1]), place[-1]
        if _at(data, place) is None:
            return True  # another fault of the same place has taken it out
        if place == ("graph",) or place[:1] == ("agents",):
            return False
        if isinstance(holder, list | dict) and UNREAD not in str(cast("Any", holder)[key]):
            cast("Any", holder)[key] = {"step": UNREAD} if "by" in place[-2:] else UNREAD
            return True
        place = place[:-1]
    return False


UNREAD = "?"
"""Stands for a member that could not be read; what is wrong with it has been told."""


def _known(data: Any, loc: Place) -> Place:
    """The part of pydantic's place that is one of the file's."""
    place: Place = ()
    for part in loc:
        held = _at(data, place)
        if isinstance(held, list | dict) and part in _keys(cast("Any", held)):
            place = (*place, part)
    return place


def _keys(held: list[Any] | dict[str, Any]) -> Any:
    return held.keys() if isinstance(held, dict) else range(len(held))


def _at(data: Any, place: Place) -> Any:
    """What stands at a place; nothing where it has been taken out."""
    for part in place:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def dump_team(team: Team) -> str:
    """Write a team as the text of its file; what is at its default is left out."""
    return written(said(team))


_FIRST = ("name", "agent", "step", "team", "graph", "pattern", "manager")


def said(value: Any) -> Any:
    """What a file says of a value: JSON, without what is at its default."""
    if isinstance(value, Said):
        return _parts(value)
    match value:
        case RootModel():
            return said(cast("Any", value).root)
        case BaseModel():
            return value.model_dump(mode="json", exclude_defaults=True)
        case dict():
            return {key: said(each) for key, each in cast("dict[str, Any]", value).items()}
        case list() | tuple():
            return [said(each) for each in cast("list[Any]", value)]
        case _:
            return int(value) if isinstance(value, float) and value.is_integer() else value


def _parts(value: Said) -> dict[str, Any]:
    """The fields in the order in which they are read: what it is, what it is made of, the rest."""
    fields = _fields(value)
    if isinstance(value, Pattern):
        fields["pattern"] = cast("Any", value).pattern
    if "by" in fields and len(fields["by"]) == 1:
        fields["by"] = fields["by"][0]
    first = _FIRST if isinstance(value, Placed) else ()
    own = [key for key in (*first, *type(value).__annotations__) if key in fields]
    return {**{key: fields[key] for key in own}, **fields}


def _fields(value: BaseModel) -> dict[str, Any]:
    kind = type(value)
    told = {
        name: getattr(value, name)
        for name, field in kind.model_fields.items()
        if field.is_required()
        or getattr(value, name) != field.get_default(call_default_factory=True)
    }
    return {name: said(each) for name, each in told.items()}
