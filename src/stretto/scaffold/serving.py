"""A team of a YAML file is served: the Python beside it, and its line in langgraph.json."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from stretto.errors import InvalidInput
from stretto.project import CONFIG, Project

if TYPE_CHECKING:
    from pathlib import Path

_SERVING = '''"""Serves `{file}`."""

from stretto import team

graph = team(__file__)
'''


def serve(file: Path, name: str) -> bool:
    """Write what LangGraph's server wants of a team's YAML file; gives whether it was missing.

    Raises:
        InvalidInput: langgraph.json names another graph so, or the Python file beside it says
            something else. Nothing is written then.
        BadDefinition: langgraph.json is wrong.
    """
    project, beside = Project.at(file), file.with_suffix(".py")
    text = _SERVING.format(file=file.name)
    if beside.is_file() and beside.read_text(encoding="utf-8") != text:
        raise InvalidInput(
            f"{beside.name} is there and says something else. Rename the YAML file, or the Python."
        )
    target = f"./{beside.relative_to(project.root).as_posix()}:graph"
    is_new = _refuse_another(project, name, target)
    beside.write_text(text, encoding="utf-8")
    if is_new:
        _name(project.root / CONFIG, name, target)
    return is_new


def name_graph(file: Path, name: str) -> None:
    """Name the graph of a Python file in langgraph.json; raises as `serve`."""
    project = Project.at(file)
    target = f"./{file.relative_to(project.root).as_posix()}:graph"
    if _refuse_another(project, name, target):
        _name(project.root / CONFIG, name, target)


def _refuse_another(project: Project, name: str, target: str) -> bool:
    """Tell whether langgraph.json does not name the graph yet."""
    known = project.graphs().get(name)
    if known is not None and known != target:
        raise InvalidInput(
            f"{CONFIG} names another graph {name!r}: {known}. Give the team another `name:`."
        )
    return known is None


def _name(config: Path, name: str, target: str) -> None:
    told = json.loads(config.read_text(encoding="utf-8"))
    told.setdefault("graphs", {})[name] = target
    config.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
