"""What a caller wants checked, loaded: projects, files, folders, modules, factories.

What cannot be loaded is told, and the rest is still checked.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stretto.build import is_file
from stretto.check.facts import Graph
from stretto.check.failing import told
from stretto.check.finding import Unknown
from stretto.check.importing import file_of, import_file, package_root, standing_in
from stretto.check.making import is_graph, read_value, says_it_makes_a_graph
from stretto.check.reading.source import graphs_in_source
from stretto.check.reading.source_files import parsed
from stretto.check.walking import python_files, team_files
from stretto.errors import InvalidInput, StrettoError
from stretto.project import Project
from stretto.spec.module import attribute
from stretto.spec.target import Target
from stretto.teams import load_team, team, team_file, teams

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from types import ModuleType


_MODULES = ("langgraph", "stretto", "langchain", "deepagents")
"""What a file that holds a graph has in its text."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A target that could not be checked."""

    target: str
    why: str
    """What is wrong, where, and what to do about it."""


@dataclass
class Loaded:
    """What was found."""

    graphs: list[Graph] = field(default_factory=list["Graph"])
    problems: list[Problem] = field(default_factory=list[Problem])
    whole: set[str] = field(default_factory=set[str])
    """The files of which all graphs were looked for."""

    seen: int = 0
    """How many graphs were met, those that were there already included."""

    def add(self, graph: Graph) -> None:
        """Take a graph, unless the same lines of source built one that is there."""
        self.seen += 1
        if not any(_same(graph, each) for each in self.graphs):
            self.graphs.append(graph)


def _same(one: Graph, other: Graph) -> bool:
    if one.builder is not None and one.builder is other.builder:
        return True
    codes = {name: node.code.place for name, node in one.nodes.items() if node.code}
    return bool(codes or one.place) and _built(one) == _built(other)


def _built(graph: Graph) -> tuple[Any, ...]:
    """What two graphs share that the same lines built."""
    codes = {name: node.code.place if node.code else None for name, node in graph.nodes.items()}
    return graph.place, codes, graph.edges, graph.branches, graph.checkpointing, graph.served


def load(
    targets: Iterable[str],
    *,
    static: bool = False,
    excluded: Iterable[str] = (),
    root: Path | None = None,
) -> Loaded:
    """Load all that is named.

    Args:
        targets: Files, folders, `file.py:attribute`, `package.module:attribute`, names of
            langgraph.json; none for all of the project's graphs.
        static: Whether to read source alone, and import nothing.
        excluded: Globs of files and folders to leave out of folders.
        root: The folder that the globs begin at; the working directory by default.
    """
    loading = _Loading(static, tuple(excluded), root or Path.cwd())
    here = Path.cwd()
    with standing_in(here, here / "src"), contextlib.redirect_stdout(sys.stderr):
        for target in dict.fromkeys(targets) or [""]:
            with loading.trying(target or "langgraph.json"):
                loading.target(target)
    return loading.found


@dataclass
class _Loading:
    """The way from targets to graphs."""

    static: bool
    excluded: tuple[str, ...]
    root: Path
    found: Loaded = field(default_factory=Loaded)

    @contextlib.contextmanager
    def trying(self, target: str) -> Generator[None]:
        """Tell what is raised as a problem of a target."""
        try:
            yield
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the rest is still checked
            self.found.problems.append(Problem(target, told(error, static=self.static)))

    def target(self, target: str) -> None:
        """Load one target."""
        path = Path(target).expanduser()
        if not target:
            self._project()
        elif path.is_dir():
            self._folder(path)
        elif path.suffix == ".py" and path.is_file():
            self._only_file(path)
        elif is_file(target):
            self._team_file(target)
        elif path.suffix == ".py" or (":" not in target and "/" in target):
            raise InvalidInput(f"there is no file or folder {target!r}. Name one that is there.")
        elif path.is_file():
            raise InvalidInput(
                f"{target!r} is no Python file, and no team's. Name one in .py or .yaml."
            )
        elif ":" in target and not target.startswith("agent:"):
            self._attribute(target)
        else:
            self._named(target)

    def _folder(self, folder: Path) -> None:
        for file in python_files(folder, self.excluded, self.root):
            with self.trying(str(file)):
                if self.static or _may_hold_graphs(file):
                    self._file(file)
        for file in team_files(folder, self.excluded, self.root):
            with self.trying(str(file)):
                self._team_file(str(file))

    def _team_file(self, target: str) -> None:
        """A team of a YAML file; where nothing is imported, only what the file itself says."""
        path = team_file(Path(target))
        if self.static:
            load_team(path)
            self.found.add(_unread(path.stem))
            return
        self.found.add(read_value(team(path), path.stem, str(path)))

    def _only_file(self, path: Path) -> None:
        before = self.found.seen, len(self.found.problems)
        self._file(path)
        if before == (self.found.seen, len(self.found.problems)):
            parsed(str(path), path.read_text("utf-8"))
            if self.static:
                raise InvalidInput(f"no graph can be read in {path}. Leave out --static.")
            raise InvalidInput(
                f"{path} has no graph at its top, and no function that says it returns one. Name "
                f"the one that makes it: {path}:NAME, or annotate what it returns."
            )

    def _file(self, path: Path) -> None:
        whole = path.resolve()
        self.found.whole.add(str(whole))
        if self.static:
            self._take(graphs_in_source(whole, root=package_root(whole)))
        else:
            self._module(import_file(whole), whole)

    def _take(self, graphs: Iterable[Graph]) -> None:
        for graph in graphs:
            self.found.add(graph)

    def _module(self, module: ModuleType, path: Path) -> None:
        """Take the graphs that a module holds, and those that its factories give."""
        values = {n: v for n, v in vars(module).items() if not n.startswith("_")}
        graphs = {name: value for name, value in values.items() if is_graph(value)}
        builders = {id(getattr(value, "builder", None)) for value in graphs.values()}
        for name, value in graphs.items():
            if id(value) not in builders:
                with self.trying(f"{path.name}:{name}"):
                    self.found.add(read_value(value, name, str(path)))
        for name, value in values.items():
            if says_it_makes_a_graph(value) and value.__module__ == module.__name__:
                with self.trying(f"{path.name}:{name}"):
                    self.found.add(read_value(value, name, str(path)))

    def _attribute(self, target: str) -> None:
        place, _, name = target.rpartition(":")
        wanted = Target(name, target, Path.cwd(), Path(place))
        in_file = place.endswith(".py")
        if self.static:
            self._in_source((wanted.path() if in_file else _found_file(place)), name)
            return
        file = wanted.path() if in_file else None
        module = import_file(file.resolve()) if file is not None else _imported(place)
        path = Path(module.__file__ or place)
        self.found.add(read_value(attribute(path, module, name), name, str(path)))

    def _in_source(self, path: Path | None, name: str) -> None:
        if path is None:  # pragma: no cover - `Target.path` gives one or raises
            return
        whole = path.resolve()
        graphs = graphs_in_source(whole, root=package_root(whole))
        wanted = [graph for graph in graphs if graph.name == name]
        if not wanted and name in parsed(str(whole), whole.read_text("utf-8")).constants:
            wanted = graphs  # what a function of the file gave it
        if not wanted:
            known = ", ".join(repr(graph.name) for graph in graphs) or "none"
            raise InvalidInput(
                f"no graph {name!r} can be read in {path}; it builds {known}. Name one of those, "
                "or leave out --static."
            )
        self._take(wanted)

    def _project(self) -> None:
        try:
            project = Project.find()
        except InvalidInput:
            raise InvalidInput(
                "there is none here or above. Say what to check: a file, a folder, "
                "my_app.graph:graph, or app.py:graph."
            ) from None
        for name in project.graphs():
            with self.trying(name):
                self._team(project, name)
        for name, path in teams(project).items():
            if name not in project.graphs():
                with self.trying(name):
                    self._team_file(str(path))

    def _team(self, project: Project, name: str) -> None:
        target = Target(name, project.graphs()[name], project.root, project.root / "langgraph.json")
        path = target.path()
        if self.static:
            graphs = graphs_in_source(path, root=project.root) if path is not None else []
            named = [each for each in graphs if each.name == target.text.rpartition(":")[2]]
            self._take(replace(graph, served=True) for graph in named or graphs or [_unread(name)])
            return
        graph = project.graph(name)
        self.found.graphs.append(read_value(graph, name, str(path or ""), served=True))

    def _named(self, target: str) -> None:
        """A team of langgraph.json, an agent, or a module that is looked through."""
        project = _project_or_none()
        if project is not None and target in project.graphs():
            self._team(project, target)
            return
        name, at, version = target.partition("@")
        if project is not None and name in (files := teams(project)):
            self._team_file(f"{files[name]}{at}{version}")
            return
        here = Path.cwd()
        file = file_of(target, (here, here / "src"))
        if target.startswith("agent:"):
            from stretto.build import build

            self.found.add(read_value(build(target), target, ""))
        elif file is not None and self.static:
            self._only_file(file)
        elif file is not None or "." in target:
            module = _imported(target)
            path = Path(module.__file__ or target)
            self.found.whole.add(str(path))
            self._module(module, path)
        else:
            names = ", ".join(project.graphs()) if project is not None else ""
            known = f"a team of langgraph.json ({names})" if names else "my_app.graph:graph"
            raise InvalidInput(
                f"there is no file, folder, module or team {target!r}. Name a file, a folder, or "
                f"{known}."
            )


def _unread(name: str) -> Graph:
    why = "its source builds no StateGraph that can be read; without --static it is looked into"
    return Graph(name, unknown=(Unknown(name, "", why),))


def _project_or_none() -> Project | None:
    try:
        return Project.find()
    except StrettoError:
        return None


def _may_hold_graphs(path: Path) -> bool:
    """Whether a file is worth importing."""
    text = path.read_text(encoding="utf-8", errors="replace")
    return any(word in text for word in _MODULES)


def _imported(place: str) -> ModuleType:
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{place}.".startswith(f"{error.name}."):
            raise _no_module(place) from None
        raise


def _found_file(place: str) -> Path:
    file = file_of(place, [Path(folder) for folder in sys.path])
    if file is None:
        raise _no_module(place)
    return file


def _no_module(place: str) -> InvalidInput:
    return InvalidInput(
        f"there is no module {place!r} here or among the installed ones. Correct the name, or go "
        "to the folder that it is imported from."
    )
