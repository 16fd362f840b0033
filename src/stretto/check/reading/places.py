"""Where the parts of a graph stand in the source: `add_node`, `add_edge`, the fields of a state."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stretto.check.reading.scope import placed
from stretto.check.reading.source_files import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stretto.check.finding import Place


@dataclass
class Places:
    """Looks up places in the files that a graph is likely written in, the likeliest first."""

    files: tuple[str, ...]
    _calls: list[tuple[str, ast.Call]] | None = None
    _by_first: dict[tuple[str, str | None], list[tuple[str, ast.Call]]] | None = None
    _classes: dict[tuple[str, str], Place] = field(default_factory=dict[tuple[str, str], "Place"])

    def calls(self) -> Iterable[tuple[str, ast.Call]]:
        """All method calls of all files."""
        if self._calls is None:
            self._calls = list(self._found())
        return self._calls

    def _found(self) -> Iterator[tuple[str, ast.Call]]:
        for file in self.files:
            source = read(file)
            yield from ((file, node) for node in source.methods) if source else ()

    def call(self, method: str, *first: str) -> tuple[Place, ast.Call] | None:
        """A call of `.method(first, ...)`, with its leading arguments given as names."""
        for file, node in self._begun().get((method, first[0]), ()):
            given = tuple(_named(argument) for argument in node.args[: len(first)])
            if given == first:
                return placed(file, node), node
        return None

    def _begun(self) -> dict[tuple[str, str | None], list[tuple[str, ast.Call]]]:
        """The calls by their method and first argument: a graph may have thousands of nodes."""
        if self._by_first is None:
            self._by_first = {}
            for file, node in self.calls():
                if isinstance(node.func, ast.Attribute) and node.args:
                    key = node.func.attr, _named(node.args[0])
                    self._by_first.setdefault(key, []).append((file, node))
        return self._by_first

    def node(self, name: str) -> Place | None:
        """The `add_node` call of a node."""
        found = self.call("add_node", name)
        return found[0] if found else None

    def edge(self, source: str, target: str) -> Place | None:
        """The `add_edge` call of an edge."""
        found = self.call("add_edge", source, target)
        return found[0] if found else None

    def branch(self, source: str) -> Place | None:
        """The `add_conditional_edges` call of a node."""
        found = self.call("add_conditional_edges", source)
        return found[0] if found else None

    def compiled(self) -> Place | None:
        """The `compile` call, where there is just one."""
        found = [
            placed(file, node)
            for file, node in self.calls()
            if isinstance(node.func, ast.Attribute) and node.func.attr == "compile"
        ]
        return found[0] if len(found) == 1 else None

    def assigned(self, name: str) -> Place | None:
        """Where a name is given its value at the top of a file."""
        for file in self.files:
            source = read(file)
            for node in source.tree.body if source else ():
                targets = node.targets if isinstance(node, ast.Assign) else []
                if any(isinstance(each, ast.Name) and each.id == name for each in targets):
                    return placed(file, node)
        return None

    def keyword(self, call: Place | None, name: str) -> Place | None:
        """A keyword argument within the call that stands at a place."""
        for file, node in self.calls():
            if call is not None and placed(file, node) == call:
                for given in node.keywords:
                    if given.arg == name:
                        return placed(file, given)
        return None

    def field(self, name: str, classes: Iterable[str]) -> Place | None:
        """The annotation of a field in one of several classes."""
        if not self._classes:
            for file in reversed(self.files):
                source = read(file)
                for node in source.classes if source else ():
                    for each in node.body:
                        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
                            self._classes[node.name, each.target.id] = placed(file, each)
        return next(
            (self._classes[kind, name] for kind in classes if (kind, name) in self._classes), None
        )


def _named(argument: ast.expr) -> str | None:
    """The name that a first argument gives: text, START, END or a function."""
    match argument:
        case ast.Constant(value=str() as text):
            return text
        case ast.Name(id="START") | ast.Attribute(attr="START"):
            return "__start__"
        case ast.Name(id="END") | ast.Attribute(attr="END"):
            return "__end__"
        case ast.Name(id=name):
            return name
        case _:
            return None
