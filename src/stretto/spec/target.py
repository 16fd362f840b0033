"""A graph as langgraph.json names it: `./graphs/team.py:graph` or `package.module:attribute`."""

from __future__ import annotations

import difflib
import inspect
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph.graph import StateGraph
from langgraph.pregel import Pregel

from stretto.errors import BadDefinition, StrettoError
from stretto.spec.module import attribute, blame, load_module
from stretto.spec.waiting import wait_for

if TYPE_CHECKING:
    from types import ModuleType

AnyGraph = Pregel[Any, Any, Any, Any]
"""A compiled graph, whatever its state."""


@dataclass(frozen=True)
class Target:
    """Where a graph is to be found, and which line of which file says so."""

    name: str
    text: str
    root: Path
    file: Path
    """The file that names it, langgraph.json."""
    line: int | None = None

    def module(self) -> ModuleType:
        """Load the module that holds the graph.

        Raises:
            BadDefinition: The text names no module that is there, or it cannot be loaded.
        """
        place, _, _ = self._parts()
        path = self.path()
        if path is not None:
            return load_module(path)
        try:
            return import_module(place)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{place}.".startswith(f"{error.name}."):
                raise blame(error, self.file) from error
            raise self._bad("there is no such module", "Install it, or name a file") from error

    def path(self) -> Path | None:
        """Give the file of the graph; `None` when it is in an installed package.

        Raises:
            BadDefinition: The file is not there.
        """
        place, _, _ = self._parts()
        if "/" not in place and not place.endswith(".py"):
            path = self.root.joinpath(*place.split(".")).with_suffix(".py")
            return path if path.is_file() else None
        path = self.root / place
        if path.is_file():
            return path
        files = [f"./{f.relative_to(self.root).as_posix()}" for f in self.root.glob("*/*.py")]
        near = difflib.get_close_matches(place, sorted(files), n=1)
        remedy = f"Did you mean {near[0]!r}?" if near else "Write the file, or correct the path"
        raise self._bad(f"there is no file {str(path)!r}", remedy)

    def graph(self, module: ModuleType) -> AnyGraph:
        """Give the module's graph, compiled if it is not yet and made if it is a factory's.

        A factory is a function, async or not, of no argument or of one: a config.

        Raises:
            BadDefinition: The attribute is no graph, or making it raised.
            UnknownName: The module has no such attribute.
        """
        path = Path(module.__file__ or self.file)
        _, _, name = self._parts()
        value = attribute(path, module, name)
        try:
            made = self._made(value)
        except StrettoError:
            raise
        except Exception as error:
            raise blame(error, path) from error
        if made is None:
            raise self._bad(
                f"{name!r} in {path} is no graph but of type {type(value).__name__}",
                "Name a StateGraph, a compiled graph, or a function that returns one",
            )
        return made

    def _made(self, value: Any) -> AnyGraph | None:
        if inspect.isfunction(value):
            value = value(*self._arguments(value))
            if inspect.isawaitable(value):
                value = wait_for(value)
        if isinstance(value, StateGraph):
            return value.compile(name=self.name)
        return value if isinstance(value, Pregel) else None

    def _arguments(self, factory: Any) -> list[Any]:
        parameters = inspect.signature(factory).parameters.values()
        required = [p for p in parameters if p.default is p.empty and p.kind <= p.KEYWORD_ONLY]
        wanted = [p for p in required if p.kind is not p.VAR_POSITIONAL]
        if len(wanted) > 1 or any(p.kind is p.KEYWORD_ONLY for p in wanted):
            raise self._bad(
                f"the factory {factory.__name__!r} wants more than a config",
                "Give its other parameters defaults",
            )
        return [{"configurable": {}}] if wanted else []

    def _parts(self) -> tuple[str, str, str]:
        place, colon, name = self.text.rpartition(":")
        if not place or not name.isidentifier():
            raise self._bad(
                f"{self.text!r} names no attribute", f"Write './graphs/{self.name}.py:graph'"
            )
        return place, colon, name

    def _bad(self, problem: str, remedy: str) -> BadDefinition:
        return BadDefinition(self.file, self.line, f"graph {self.name!r}: {problem}", remedy)
