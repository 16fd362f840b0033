"""`stretto add`: a team's YAML file is named in langgraph.json, with the Python that it wants."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stretto.errors import InvalidInput

if TYPE_CHECKING:
    from stretto.project import Project

SERVING = '''"""Serves `{file}`."""

from stretto import team

graph = team(__file__)
'''


def add(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A team's YAML file in graphs/.")],
) -> None:
    """Serve a team of a YAML file like any other: in run, chat, Studio and on the server.

    Writes the Python file that LangGraph's server wants beside it, and its line into
    langgraph.json. The team is built first: one that is wrong is not added.
    """
    from stretto.project import CONFIG, Project
    from stretto.teams import load_team, team, team_file

    path = team_file(Path(file)).resolve()
    project = Project.at(path)
    team(path)
    name, beside = load_team(path).name, path.with_suffix(".py")
    _write_beside(beside, path)
    target = f"./{beside.relative_to(project.root).as_posix()}:graph"
    if _name_it(project, name, target):
        sys.stderr.write(f'{name} is in {CONFIG}. Next: stretto run {name} "..."\n')
    else:
        sys.stderr.write(f"{name} was in {CONFIG} already\n")


def _write_beside(beside: Path, path: Path) -> None:
    text = SERVING.format(file=path.name)
    if beside.is_file() and beside.read_text(encoding="utf-8") != text:
        raise InvalidInput(
            f"{beside.name} is there and says something else. Rename the YAML file, or the Python."
        )
    beside.write_text(text, encoding="utf-8")


def _name_it(project: "Project", name: str, target: str) -> bool:
    """Name a graph in langgraph.json; tell whether it was not there yet."""
    known = project.graphs().get(name)
    if known is not None and known != target:
        raise InvalidInput(
            f"langgraph.json names another graph {name!r}: {known}. Give the team another `name:`."
        )
    if known is not None:
        return False
    path = project.root / "langgraph.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["graphs"][name] = target
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    return True
