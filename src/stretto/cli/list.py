"""`stretto list`: what the project has, with versions and a line on each."""

import ast
import inspect
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from stretto.cli.options import Json
from stretto.errors import StrettoError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stretto.project import Project


@dataclass(frozen=True, slots=True)
class Item:
    """Something that the project has."""

    kind: str
    name: str
    version: str = ""
    effect: str = ""
    about: str = ""
    problem: str = ""
    """Why it cannot be used, empty when it can."""


def list_project(as_json: Json = False) -> None:
    """List the project's teams, agents, tools, prompts and steps."""
    from stretto.project import Project

    project = Project.find()
    items = [
        *_teams(project),
        *_agents(project),
        *_tools(project),
        *_prompts(project),
        *_steps(project),
    ]
    if as_json:
        from stretto.cli.result import print_json

        kinds = dict.fromkeys(item.kind for item in items)
        print_json({k: [asdict(i) for i in items if i.kind == k] for k in kinds})
        return
    _print(items, project)


def _teams(project: "Project") -> "Iterator[Item]":
    from stretto.teams import teams

    files = teams(project)
    for name, target in project.graphs().items():
        path = project.root / target.rpartition(":")[0]
        if not path.is_file():
            yield Item("teams", name, about=target)
            continue
        if (file := files.pop(name, None)) is not None:
            yield _team(name, file)
            continue
        try:
            told = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or target
            yield Item("teams", name, about=told.partition("\n")[0])
        except (SyntaxError, ValueError, OSError) as error:
            yield Item("teams", name, problem=f"{target}: {error}")
    for name, file in files.items():
        yield _team(name, file)


def _team(name: str, file: "Path") -> Item:
    """A team of a YAML file."""
    from stretto.teams import load_team

    try:
        team = load_team(file)
    except StrettoError as error:
        return Item("teams", name, problem=str(error))
    return Item("teams", name, team.version, about=team.description or team.graph.pattern)


def _agents(project: "Project") -> "Iterator[Item]":
    for name in project.agents():
        try:
            agent = project.agent(name)
        except StrettoError as error:
            yield Item("agents", name, problem=str(error))
        else:
            model = f" [{agent.model}]" if isinstance(agent.model, str) else ""
            yield Item("agents", name, agent.version, about=f"{agent.role}{model}")


def _tools(project: "Project") -> "Iterator[Item]":
    from stretto.spec.tool import effect_of

    try:
        names = project.tools()
    except StrettoError as error:
        yield Item("tools", "tools/", problem=str(error))
        return
    for name in names:
        tool: Any = project.tool(name)
        told = getattr(tool, "description", "") or inspect.getdoc(tool) or ""
        yield Item("tools", name, effect=effect_of(tool), about=told.partition("\n")[0])
    for server in project.mcp_servers():
        yield Item("tools", f"mcp:{server}", about="all tools of this MCP server")


def _prompts(project: "Project") -> "Iterator[Item]":
    for name in project.prompts():
        try:
            prompt = project.prompt_file(name)
        except StrettoError as error:
            yield Item("prompts", name, problem=str(error))
        else:
            yield Item("prompts", name, prompt.version, about=prompt.text.partition("\n")[0])


def _steps(project: "Project") -> "Iterator[Item]":
    """What `Project.steps` names, read and not imported: a file that is wrong is told alone."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for path in sorted((project.root / "steps").glob("[!_.]*.py")):
        try:
            parsed = ast.parse(path.read_text(encoding="utf-8"))
        except (SyntaxError, ValueError, OSError) as error:
            yield Item("steps", path.stem, problem=f"steps/{path.name}: {error}")
            continue
        for one in parsed.body:
            if isinstance(one, kinds) and not one.name.startswith("_"):
                told = ast.get_docstring(one) or ""
                yield Item("steps", f"{path.stem}.{one.name}", about=told.partition("\n")[0])


def _print(items: list[Item], project: "Project") -> None:
    from rich.table import Table
    from rich.text import Text

    from stretto.cli.console import screen
    from stretto.cli.words import near

    console = screen()
    console.print(Text(near(str(project.root)), "dim"))
    width = max((len(item.name) for item in items), default=0)
    for kind in dict.fromkeys(item.kind for item in items):
        console.print(Text(f"\n{kind}", "bold"))
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=0)
        table.add_column(min_width=min(width, 32), no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for item in (one for one in items if one.kind == kind):
            about = Text(item.problem, "red") if item.problem else Text(item.about)
            version = f"version {item.version}" if item.version else item.effect
            table.add_row("", Text(item.name, "cyan"), Text(version, "dim"), about)
        console.print(table)
