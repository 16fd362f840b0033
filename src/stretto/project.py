"""The folder with langgraph.json: its graphs, agents, tools and prompts by name."""

from __future__ import annotations

import json
import re
import sys
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stretto.errors import BadDefinition, InvalidInput, UnknownName
from stretto.spec.agent import tool_name
from stretto.spec.family import load_family
from stretto.spec.mcp import load_mcp_tools, mcp_servers
from stretto.spec.module import load_module
from stretto.spec.prompt import Prompt, read_text
from stretto.spec.waiting import wait_for
from stretto.spec.yaml import load_agent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

    from langchain_core.tools import BaseTool

    from stretto.spec.agent import Agent, Tool
    from stretto.spec.prompt import Value
    from stretto.spec.target import AnyGraph, Target

CONFIG = "langgraph.json"

_NAMED = re.compile(r"[\w.-]+")
_MCP = "mcp:"

MCP_CONFIG = Path("tools", "mcp.json")
_reading: ContextVar[tuple[str, ...]] = ContextVar("stretto_agents_being_read", default=())
"""The agents whose files are being read: each names the next as its fallback."""


class Project:
    """What a project's folder holds, by name; read when asked for.

    Nothing depends on the working directory or on package names: files are found from the folder
    and loaded by their path. What they import may stand in the folder or in the `dependencies` of
    langgraph.json: these are appended to `sys.path`, as `langgraph dev` does.

    One folder has one `Project` in a process (`find`, `at`), and a tool or graph is loaded once
    until its file changes.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        """The folder, absolute."""
        self._graphs: dict[str, tuple[str, ModuleType, AnyGraph]] = {}
        self._mcp: dict[str, tuple[int, list[BaseTool]]] = {}

    @classmethod
    def find(cls, start: Path | str | None = None) -> Project:
        """Give the project of the nearest langgraph.json at `start` or above.

        `start` is a file or folder; `None` is the working directory.

        Raises:
            InvalidInput: There is none.
        """
        here = Path(start or Path.cwd()).absolute().resolve()
        for folder in (here, *here.parents):
            if (folder / CONFIG).is_file():
                return _project(folder)
        raise InvalidInput(
            f"no {CONFIG} in {str(here)!r} or above. Go to a project's folder, or write one: "
            '{"dependencies": ["."], "graphs": {"NAME": "./graphs/NAME.py:graph"}}'
        )

    @classmethod
    def at(cls, place: Path | str) -> Project:
        """Give the project that a file or folder belongs to: `Project.at(__file__)`.

        Raises:
            InvalidInput: It belongs to none.
        """
        return cls.find(place)

    def __repr__(self) -> str:
        return f"Project({str(self.root)!r})"

    def graphs(self) -> dict[str, str]:
        """Give the graphs of langgraph.json: names and where they are.

        Raises:
            BadDefinition: The file is wrong.
        """
        return {name: target for name, (target, _) in self._targets().items()}

    def graph(self, name: str) -> AnyGraph:
        """Give a graph of langgraph.json, compiled.

        Raises:
            UnknownName: It names no such graph, or the graph's file has no such attribute.
            BadDefinition: The graph's file is not there, or raised: the error names its line.
        """
        targets = self._targets()
        if name not in targets:
            raise UnknownName("team", name, targets, where=str(self.root / CONFIG))
        target = self._target(name, *targets[name])
        self._open_dependencies()
        module = target.module()
        known = self._graphs.get(name)
        if known is None or known[:2] != (target.text, module):
            known = self._graphs[name] = (target.text, module, target.graph(module))
        return known[2]

    def agents(self) -> list[str]:
        """Names of the agents: the files in `agents/`."""
        return sorted(self._files("agents", ".yaml", ".yml"))

    def agent(self, name: str) -> Agent:
        """Give the agent of `agents/NAME.yaml`.

        `NAME@VERSION` is the agent in a version: of that file, or of `agents/NAME@VERSION.yaml`.

        Raises:
            UnknownName: There is none, or the file names something that is not there.
            BadDefinition: The file is wrong; a `BadDefinitions` tells several faults at once.
            InvalidInput: Its fallbacks lead back to it.
        """
        above = _reading.get()
        if name in above:
            way = " -> ".join([*above[above.index(name) :], name])
            raise InvalidInput(
                f"the fallback leads back to itself: {way}. Name another agent, or a constant"
            )
        token = _reading.set((*above, name))
        try:
            return self._agent(name)
        finally:
            _reading.reset(token)

    def _agent(self, name: str) -> Agent:
        plain, _, version = name.partition("@")
        path = self._file("agent", plain, ".yaml", ".yml")
        agent = load_agent(path, self)
        if not version or agent.version == version:
            return agent
        beside = {file.stem.partition("@")[2]: file for file in path.parent.glob(f"{plain}@*.y*ml")}
        if version not in beside:
            raise UnknownName("version", version, [agent.version, *beside], where=str(path))
        return load_agent(beside[version], self)

    def prompts(self) -> list[str]:
        """Names of the prompts: the files in `prompts/`."""
        return sorted(self._files("prompts", ".md"))

    def prompt_file(self, name: str) -> Prompt:
        """Give the prompt of `prompts/NAME.md`, its variables not filled in.

        Raises:
            UnknownName: There is none.
            BadDefinition: The file is wrong.
        """
        return Prompt.load(self._file("prompt", name, ".md"))

    def prompt(self, name: str, /, **variables: Value) -> str:
        """Give the text of `prompts/NAME.md` with its variables filled in.

        Raises:
            UnknownName: There is no such prompt, or it has no such variable.
            BadDefinition: The file is wrong, or a variable has no value.
        """
        return self.prompt_file(name).render(**variables)

    def tools(self) -> list[str]:
        """Names of the tools as `family.function`, without those of MCP servers.

        Raises:
            BadDefinition: A file in `tools/` is wrong.
        """
        return [f"{family}.{name}" for family, name, _ in self._all_tools()]

    def tool(self, name: str) -> Tool:
        """Give the tool `family.function`, or `function` where only one family has it.

        Raises:
            UnknownName: There is none.
            InvalidInput: Several families have it.
            BadDefinition: A file in `tools/` is wrong.
        """
        family, dot, function = name.rpartition(".")
        if dot:  # only its own file is opened: what is wrong in another is not its fault
            self._open_dependencies()
            tools = load_family(self._file("tool", family, ".py"))
            if function not in tools:
                raise UnknownName("tool", name, [f"{family}.{each}" for each in tools])
            return tools[function]
        every = list(self._all_tools())
        found = {f"{family}.{name}": tool for family, _, tool in every if tool_name(tool) == name}
        if len(found) > 1:
            raise InvalidInput(f"{name!r} may be {' or '.join(found)}. Say which")
        if not found:
            known = {said for family, short, _ in every for said in (f"{family}.{short}", short)}
            servers = [f"{_MCP}{server}" for server in self.mcp_servers()]
            raise UnknownName("tool", name, [*known, *servers])
        return next(iter(found.values()))

    def tools_named(self, name: str) -> Sequence[Tool]:
        """Give what an agent means by a name: one tool, or for `mcp:SERVER` all of that server's.

        May be called where an event loop runs, which it holds up while a server is asked.

        Raises:
            UnknownName, InvalidInput, BadDefinition: As `tool` and `mcp_tools`.
        """
        if not name.startswith(_MCP):
            return [self.tool(name)]
        return wait_for(self.mcp_tools(name.removeprefix(_MCP)))

    def mcp_servers(self) -> list[str]:
        """Names of the MCP servers of `tools/mcp.json`; none when there is no such file.

        Raises:
            BadDefinition: The file is wrong.
        """
        return mcp_servers(self.root / MCP_CONFIG)

    async def mcp_tools(self, server: str) -> list[BaseTool]:
        """Give all tools of an MCP server; asked once, until the file changes.

        Raises:
            UnknownName: `tools/mcp.json` names no such server.
            BadDefinition: The file is wrong.
            MissingExtra: The extra `mcp` is not installed.
            ToolFailed: The server does not answer.
        """
        path = self.root / MCP_CONFIG
        stamp = path.stat().st_mtime_ns if path.is_file() else 0
        known = self._mcp.get(server)
        if known is None or known[0] != stamp:
            known = self._mcp[server] = (stamp, await load_mcp_tools(path, server))
        return known[1]

    def steps(self) -> list[str]:
        """Names of what the files in `steps/` define, as `family.name`; loads them.

        Raises:
            BadDefinition: A file in `steps/` is wrong.
        """
        self._open_dependencies()
        files = sorted(self._files("steps", ".py").items())
        return [f"{family}.{name}" for family, path in files for name in _defined(path)]

    def step(self, name: str) -> Any:
        """Give what `family.name` is: a function, class or value of `steps/family.py`.

        Graphs call steps, models call tools: members that are functions, rules, conditions,
        sources, reducers, and the state and output classes that they share.

        Raises:
            UnknownName: There is none.
            BadDefinition: The file is wrong.
        """
        family, _, wanted = name.rpartition(".")
        if family not in self._files("steps", ".py"):
            raise UnknownName("step", name, self.steps())
        self._open_dependencies()
        path = self._file("step", family, ".py")
        module = load_module(path)
        if wanted.startswith("_") or not hasattr(module, wanted):
            raise UnknownName("step", name, [f"{family}.{each}" for each in _defined(path)])
        return getattr(module, wanted)

    def _all_tools(self) -> Iterator[tuple[str, str, Tool]]:
        self._open_dependencies()
        for family, path in sorted(self._files("tools", ".py").items()):
            for name, tool in load_family(path).items():
                yield family, name, tool

    def _files(self, folder: str, *suffixes: str) -> dict[str, Path]:
        """The files of a folder by name; those that begin with `_` or `.` are not meant."""
        where = self.root / folder
        found = sorted(where.iterdir(), reverse=True) if where.is_dir() else []
        return {
            path.stem: path
            for path in found
            if path.suffix in suffixes
            and _NAMED.fullmatch(path.stem)
            and not path.stem.startswith(("_", "."))
            and path.is_file()
        }

    def _file(self, kind: str, name: str, *suffixes: str) -> Path:
        files = self._files(f"{kind}s", *suffixes)
        if name not in files:
            raise UnknownName(kind, name, files)
        return files[name]

    def _targets(self) -> dict[str, tuple[str, int]]:
        """Where each graph of langgraph.json is, and the line that says so."""
        path, text, config = self._config()
        graphs = config.get("graphs") if isinstance(config, dict) else None
        if not isinstance(graphs, dict):
            raise BadDefinition(
                path,
                _line_of("graphs", text),
                "`graphs` is not a mapping of names to files",
                'Write "graphs": {"NAME": "./graphs/NAME.py:graph"}',
            )
        return {
            name: (_target_text(said, name, path, text), _line_of(name, text))
            for name, said in graphs.items()
        }

    def _config(self) -> tuple[Path, str, Any]:
        """Langgraph.json: its path, its text and what it says."""
        path = self.root / CONFIG
        text = read_text(path)
        return path, text, _parsed(text, path)

    def _open_dependencies(self) -> None:
        """Let files import what stands in the project's own folders; what is installed wins."""
        _, _, config = self._config()
        said: Any = config.get("dependencies", []) if isinstance(config, dict) else []
        local = [str(folder) for folder in said] if isinstance(said, list) else []
        for folder in (self.root, *(self.root / name for name in local)):
            path = str(folder.resolve())
            if folder.is_dir() and path not in sys.path:
                sys.path.append(path)

    def _target(self, name: str, text: str, line: int) -> Target:
        from stretto.spec.target import Target

        return Target(name, text, self.root, self.root / CONFIG, line)


def _defined(path: Path) -> list[str]:
    """Names of the public functions and classes that a file defines."""
    module = load_module(path)
    own = [name for name, value in vars(module).items() if _is_of(module, value)]
    return [name for name in own if not name.startswith("_")]


def _is_of(module: ModuleType, value: Any) -> bool:
    return callable(value) and getattr(value, "__module__", "") == module.__name__


@cache
def _project(root: Path) -> Project:
    return Project(root)


def _parsed(text: str, path: Path) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        problem = f"this is not JSON: {error.msg}, column {error.colno}"
        raise BadDefinition(path, error.lineno, problem, "Mend it there") from error


def _target_text(said: Any, name: str, path: Path, text: str) -> str:
    """Langgraph.json may give a graph as text, or as a mapping with `path`."""
    target: Any = said.get("path") if isinstance(said, dict) else said
    if isinstance(target, str):
        return target
    raise BadDefinition(
        path,
        _line_of(name, text),
        f"the graph {name!r} is {json.dumps(said)}, which says no file",
        f"Write './graphs/{name}.py:graph'",
    )


def _line_of(key: str, text: str) -> int:
    """Line of the last place where JSON text has the key; 1 when nowhere.

    The last, because graphs stand deeper than the keys that may share their name.
    """
    places = [m.start() for m in re.finditer(rf"{re.escape(json.dumps(key))}\s*:", text)]
    return text.count("\n", 0, places[-1] if places else 0) + 1
