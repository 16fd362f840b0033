"""What a caller wants checked, loaded: projects, files, folders, modules, factories.

What cannot be loaded is told, and the rest is still checked.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import os
import sys
import traceback
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from langgraph.graph import StateGraph
from langgraph.pregel import Pregel

from stretto.check.reading.compiled import read_graph
from stretto.check.reading.source import graphs_in_source
from stretto.errors import StrettoError
from stretto.project import Project
from stretto.spec.module import blame, load_module
from stretto.spec.target import Target
from stretto.spec.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from types import ModuleType

    from stretto.check.facts import Graph

SKIPPED = frozenset({
    "node_modules", "__pycache__", "site-packages", "dist", "build", "venv", "env",
})  # fmt: skip
"""Folders whose files are not looked into, beside those whose names begin with a dot."""
_GRAPHS = ("StateGraph", "CompiledStateGraph", "CompiledGraph", "Pregel")


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


def load(targets: Iterable[str], *, static: bool = False, excluded: Iterable[str] = ()) -> Loaded:
    """Load all that is named.

    Args:
        targets: Files, folders, `file.py:attribute`, `package.module:attribute`, names of
            langgraph.json; none for all of the project's graphs.
        static: Whether to read source alone, and import nothing.
        excluded: Globs of files and folders, relative to the working directory, to leave out.
    """
    found = Loaded()
    with _standing_in(Path.cwd()), contextlib.redirect_stdout(sys.stderr):
        for target in list(targets) or [""]:
            try:
                _target(target, found, static=static, excluded=tuple(excluded))
            except Exception as error:  # noqa: BLE001 - the rest is still checked
                found.problems.append(Problem(target or "langgraph.json", _told(error)))
    return found


@contextlib.contextmanager
def _standing_in(folder: Path) -> Generator[None]:
    """Let modules be imported from a folder, as `python -m` does."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(str(folder))


def _told(error: BaseException) -> str:
    if isinstance(error, StrettoError):
        return str(error)
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}: {error.msg}. Mend the syntax there."
    if isinstance(error, FileNotFoundError | LookupError) and type(error) is not KeyError:
        return f"{error}. Name one that is there."
    return f"{type(error).__name__}: {error}. Mend it, or check its source alone with --static."


def _target(target: str, found: Loaded, *, static: bool, excluded: tuple[str, ...]) -> None:
    path = Path(target).expanduser()
    if not target:
        _project(Project.find(), found, static=static)
    elif path.is_dir():
        for file in python_files(path, excluded):
            if static or _may_hold_graphs(file):
                _tried(str(file), found, static=static)
    elif path.suffix == ".py" and path.is_file():
        before = len(found.graphs)
        _file(path, found, static=static)
        if len(found.graphs) == before:
            raise LookupError(f"{target} has no graph at its top, and no factory of one")
    elif ":" in target:
        _attribute(target, found, static=static)
    elif path.suffix == ".py" or "/" in target:
        raise FileNotFoundError(f"there is no file or folder {target!r}")
    else:
        _named(target, found, static=static)


def python_files(folder: Path, excluded: tuple[str, ...] = ()) -> Iterator[Path]:
    """The Python files of a folder and those below it, in order."""
    for where, folders, files in os.walk(folder):
        here = Path(where)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and name not in SKIPPED
            and not (here / name / "pyvenv.cfg").is_file()
            and not _is_excluded(here / name, excluded)
        )
        for name in sorted(files):
            if name.endswith(".py") and not _is_excluded(here / name, excluded):
                yield here / name


def _is_excluded(path: Path, excluded: tuple[str, ...]) -> bool:
    return any(path.match(glob) or path.match(f"{glob}/*") for glob in excluded)


def _tried(file: str, found: Loaded, *, static: bool) -> None:
    try:
        _file(Path(file), found, static=static)
    except Exception as error:  # noqa: BLE001 - the other files are still checked
        found.problems.append(Problem(file, _told(error)))


def _file(path: Path, found: Loaded, *, static: bool) -> None:
    if static:
        found.graphs += graphs_in_source(path.absolute(), root=_root(path.absolute()))
        return
    module = load_module(path.absolute())
    found.graphs += _of_module(module, path.absolute())


def _may_hold_graphs(path: Path) -> bool:
    """Whether a file is worth importing."""
    text = path.read_text(encoding="utf-8", errors="replace")
    return any(word in text for word in ("langgraph", "stretto", "langchain"))


def _root(path: Path) -> Path:
    """The folder that absolute imports of a file begin at: above all packages it is in."""
    folder = path.parent
    while (folder / "__init__.py").is_file() and folder.parent != folder:
        folder = folder.parent
    return folder


def _of_module(module: ModuleType, path: Path) -> list[Graph]:
    """The graphs that a module holds, and that its factories give; each once."""
    named: dict[str, Any] = {}
    for name, value in vars(module).items():
        if name.startswith("_"):
            continue
        if isinstance(value, StateGraph | Pregel):
            named[name] = value
        elif _is_factory(value, module):
            made = value()
            named[name] = wait_for(made) if inspect.isawaitable(made) else made
    compiled = {id(getattr(g, "builder", None)) for g in named.values() if isinstance(g, Pregel)}
    seen: set[int] = set()
    graphs: list[Graph] = []
    for name, value in named.items():
        known = id(value) in compiled or id(value) in seen
        seen.add(id(value))
        if isinstance(value, StateGraph | Pregel) and not known:
            graphs.append(read_graph(cast("Any", value), name=name, file=str(path)))
    return graphs


def _is_factory(value: Any, module: ModuleType) -> bool:
    """Whether a function of the module says that it gives a graph, and asks for nothing."""
    if not inspect.isfunction(value) or value.__module__ != module.__name__:
        return False
    said = str(value.__annotations__.get("return", ""))
    wants = [p for p in inspect.signature(value).parameters.values() if p.default is p.empty]
    return any(kind in said for kind in _GRAPHS) and not wants


def _attribute(target: str, found: Loaded, *, static: bool) -> None:
    place, _, name = target.rpartition(":")
    file = Path(place).expanduser()
    if static:
        _static_attribute(place, file, name, found)
        return
    if file.suffix == ".py":
        wanted = Target(name, f"{place}:{name}", Path.cwd(), file)
        module = wanted.module()
    else:
        wanted = Target(name, target, Path.cwd(), Path(place))
        try:
            module = importlib.import_module(place)
        except ModuleNotFoundError as error:
            raise _no_module(error, place) from error
        except Exception as error:
            raise _blamed(error, place) from error
    value = getattr(module, name, None)
    graph: Any = value if isinstance(value, StateGraph | Pregel) else wanted.graph(module)
    found.graphs.append(read_graph(graph, name=name, file=module.__file__ or ""))


def _no_module(error: ModuleNotFoundError, place: str) -> Exception:
    if error.name is not None and f"{place}.".startswith(f"{error.name}."):
        return LookupError(f"there is no module {place!r} here or among the installed ones")
    return _blamed(error, place)


def _blamed(error: Exception, place: str) -> Exception:
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if "importlib" not in f.filename and "stretto" not in f.filename]
    return blame(error, Path(own[-1].filename if own else place))


def _static_attribute(place: str, file: Path, name: str, found: Loaded) -> None:
    path = file if file.suffix == ".py" else Path(*place.split(".")).with_suffix(".py")
    graphs = graphs_in_source(path.absolute(), root=_root(path.absolute()))
    wanted = [graph for graph in graphs if graph.name == name]
    if not wanted:
        known = ", ".join(repr(graph.name) for graph in graphs) or "none"
        raise LookupError(f"{path} builds no graph {name!r} that can be read; it builds {known}")
    found.graphs += wanted


def _project(project: Project, found: Loaded, *, static: bool) -> None:
    for name in project.graphs():
        try:
            _team(project, name, found, static=static)
        except Exception as error:  # noqa: BLE001 - the other graphs are still checked
            found.problems.append(Problem(name, _told(error)))


def _team(project: Project, name: str, found: Loaded, *, static: bool) -> None:
    target = Target(name, project.graphs()[name], project.root, project.root / "langgraph.json")
    path = target.path()
    if static:
        if path is not None:
            graphs = graphs_in_source(path, root=project.root)
            found.graphs += [replace(graph, served=True) for graph in graphs]
        return
    graph = project.graph(name)
    found.graphs.append(read_graph(graph, name=name, file=str(path or ""), served=True))


def _named(target: str, found: Loaded, *, static: bool) -> None:
    """A team of langgraph.json, an agent, or a module that is looked through."""
    try:
        project = Project.find()
    except StrettoError:
        project = None
    if project is not None and target in project.graphs():
        _team(project, target, found, static=static)
        return
    if target.startswith("agent:") or "." not in target:
        from stretto.build import build

        found.graphs.append(read_graph(build(target), name=target))
        return
    module = importlib.import_module(target)
    found.graphs += _of_module(module, Path(module.__file__ or target))
