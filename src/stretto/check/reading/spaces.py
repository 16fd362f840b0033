"""The names of source files that are not imported: what each is bound to."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from stretto.check.reading.function import DEPTH, read_function
from stretto.check.reading.scope import MISSING, placed
from stretto.check.reading.source_files import Callable_, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stretto.check.facts import Function
    from stretto.check.finding import Place

Bound: TypeAlias = str | ast.AST | None
"""A dotted name that is imported; a definition or an expression; `None` for what is not known."""
_KNOWN: dict[str, Any] = {
    "langgraph.graph.START": "__start__",
    "langgraph.graph.END": "__end__",
    "langgraph.constants.START": "__start__",
    "langgraph.constants.END": "__end__",
    "langgraph.types.Command.PARENT": "__parent__",
}
_SAME = {
    "langgraph.constants.Send": "langgraph.types.Send",
    "langgraph.constants.interrupt": "langgraph.types.interrupt",
    "langgraph.graph.state.StateGraph": "langgraph.graph.StateGraph",
    "langgraph.graph.message.StateGraph": "langgraph.graph.StateGraph",
}

_CONTAINERS = ("list", "dict", "set", "deque", "defaultdict", "Counter", "OrderedDict")


@dataclass
class Space:
    """The names of a module, or of a function within it."""

    file: str
    names: dict[str, Bound]
    project: Project
    parent: Space | None = None
    package: str = ""
    """Dotted name of the package that the file is in, for relative imports."""
    module: str = ""
    owner: ast.ClassDef | None = None
    """The class whose body it is; its methods see nothing of it by name."""

    def find(self, name: str) -> tuple[Bound, Space] | None:
        """What a name is bound to, and in which space."""
        space: Space | None = self
        while space is not None:
            if name in space.names:
                return space.names[name], space
            space = space.parent
        return None

    def inner(self, tree: Callable_) -> Space:
        """The space of a function defined in this one."""
        body: Sequence[ast.AST] = [] if isinstance(tree, ast.Lambda) else tree.body
        names = _bindings(body, self.package)
        given = tree.args
        for each in [*given.posonlyargs, *given.args, *given.kwonlyargs]:
            names[each.arg] = None
        for star in (given.vararg, given.kwarg):
            if star is not None:
                names[star.arg] = None
        return Space(self.file, names, self.project, self, self.package, self.module)

    def resolved(self, expression: ast.expr) -> tuple[ast.AST, Space] | None:
        """The definition or expression that a name stands for, in whichever file it is."""
        if not isinstance(expression, ast.Name | ast.Attribute):
            return expression, self
        if isinstance(expression, ast.Attribute):
            own = self._method(expression)
            return own or self.project.definition(self.dotted(expression))
        found = self.find(expression.id)
        if found is None or found[0] is None:
            return None
        bound, space = found
        if isinstance(bound, str):
            return self.project.definition(bound)
        if isinstance(bound, ast.Name) and bound.id != expression.id:
            return space.resolved(bound)
        return (bound, space) if bound is not None else None

    def of_class(self, tree: ast.ClassDef) -> Space:
        """The space of the body of a class defined in this one."""
        return Space(self.file, {}, self.project, self, self.package, self.module, tree)

    def _method(self, expression: ast.Attribute) -> tuple[ast.AST, Space] | None:
        """The method that `self.name` stands for, in the class or in one it is made of."""
        match expression:
            case ast.Attribute(value=ast.Name(id=("self" | "cls") as own), attr=name):
                found = self.find(own)
            case _:
                return None
        owner = found[1].parent if found is not None and found[0] is None else None
        return owner.method(name) if owner is not None and owner.owner is not None else None

    def method(self, name: str, depth: int = 0) -> tuple[ast.AST, Space] | None:
        """A method of the class whose body this is; `None` for one that is left to others."""
        for each in self.owner.body if self.owner is not None else ():
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name == name:
                return None if _is_abstract(each) else (each, self)
        for base in self.owner.bases if self.owner is not None and depth < DEPTH else ():
            found = self.resolved(base)
            if found is not None and isinstance(found[0], ast.ClassDef):
                inherited = found[1].of_class(found[0]).method(name, depth + 1)
                if inherited is not None:
                    return inherited
        return None

    def dotted(self, expression: ast.expr) -> str:
        """The whole name of what an expression names."""
        match expression:
            case ast.Name(id=name):
                found = self.find(name)
                if found is None:
                    return name
                bound, space = found
                if isinstance(bound, str):
                    return _SAME.get(bound, bound)
                if isinstance(bound, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    return f"{space.module}.{name}" if space.module else name
                return name
            case ast.Attribute(value=ast.Name(id=owner) as inner, attr=name):
                found = self.find(owner)
                if found is not None and isinstance(found[0], str | ast.ClassDef):
                    whole = f"{self.dotted(inner)}.{name}"
                    return _SAME.get(whole, whole)
                return f".{name}"
            case ast.Attribute(value=ast.Attribute() as inner, attr=name):
                whole = self.dotted(inner)
                return f"{whole}.{name}" if whole and not whole.startswith(".") else f".{name}"
            case ast.Attribute(attr=name):
                return f".{name}"
            case ast.Subscript(value=inner):
                return self.dotted(inner)
            case _:
                return ""

    def value(self, expression: ast.expr) -> Any:
        """The constant that an expression gives; `MISSING` where it gives no constant."""
        match expression:
            case ast.Constant(value=value):
                return value
            case ast.Name() | ast.Attribute():
                known = _KNOWN.get(self.dotted(expression), MISSING)
                if known is not MISSING:
                    return known
                found = self.resolved(expression)
                if found is None or not isinstance(found[0], ast.Constant):
                    return MISSING
                return found[0].value
            case _:
                return MISSING


@dataclass
class SourceScope:
    """The scope of a function that was not imported."""

    space: Space
    depth: int = 0
    following: frozenset[int] = frozenset()

    def place(self, node: ast.AST) -> Place:
        """Where a part of the source stands."""
        return placed(self.space.file, node)

    def dotted(self, expression: ast.expr) -> str:
        """The whole name of what an expression names."""
        return self.space.dotted(expression)

    def value(self, expression: ast.expr) -> Any:
        """The constant that an expression gives."""
        return self.space.value(expression)

    def function(self, expression: ast.expr) -> Function | None:
        """What is known of a function of the project that an expression names."""
        if self.depth >= DEPTH:
            return None
        found = self.space.resolved(expression)
        if found is None or not isinstance(found[0], ast.FunctionDef | ast.AsyncFunctionDef):
            return None
        tree, space = found
        assert isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef)  # noqa: S101 - just seen
        if id(tree) in self.following:
            return None
        return read_in(tree, space, takes_state=False, depth=self.depth + 1, above=self.following)

    def container(self, name: ast.Name) -> bool:
        """Whether a name stands for a list, dictionary or set outside of the function."""
        found = self.space.find(name.id)
        if found is None or found[1] is self.space:
            return False
        bound = found[0]
        if isinstance(bound, ast.Call):
            return self.space.dotted(bound.func).rpartition(".")[2] in _CONTAINERS
        return isinstance(bound, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp)


def read_in(
    tree: Callable_,
    space: Space,
    *,
    takes_state: bool = True,
    depth: int = 0,
    above: frozenset[int] = frozenset(),
    bound: int = 0,
) -> Function:
    """Read a function that is defined in a space."""
    scope = SourceScope(space.inner(tree), depth, above | {id(tree)})
    wrapped = not isinstance(tree, ast.Lambda) and bool(tree.decorator_list)
    return read_function(tree, scope, takes_state=takes_state, bound=bound, wrapped=wrapped)


@dataclass
class Project:
    """The files that imports are followed into."""

    root: Path
    _spaces: dict[Path, Space | None] = field(default_factory=dict[Path, "Space | None"])

    def space(self, path: Path) -> Space | None:
        """The names of a file; `None` when it cannot be read."""
        if path not in self._spaces:
            self._spaces[path] = None  # an import cycle ends here
            source = read(str(path))
            if source is not None:
                self._spaces[path] = self.made(path, source.tree)
        return self._spaces[path]

    def made(self, path: Path, tree: ast.Module) -> Space:
        """The names of a file that has been parsed."""
        try:
            parts = path.relative_to(self.root).with_suffix("").parts
        except ValueError:
            parts = (path.stem,)
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        package = ".".join(parts[:-1])
        names = _bindings(tree.body, package)
        made = Space(str(path), names, self, package=package, module=module)
        self._spaces[path] = made
        return made

    def definition(self, dotted: str) -> tuple[ast.AST, Space] | None:
        """The definition of a dotted name in a file of the project."""
        module, _, name = dotted.rpartition(".")
        if not module or not name:
            return None
        file = self._file(module)
        space = self.space(file) if file is not None else None
        if space is None or name not in space.names:
            return None
        bound = space.names[name]
        if isinstance(bound, str):
            return self.definition(bound) if bound != dotted else None
        return (bound, space) if bound is not None else None

    def _file(self, module: str) -> Path | None:
        base = self.root.joinpath(*module.split("."))
        for path in (base.with_suffix(".py"), base / "__init__.py"):
            if path.is_file():
                return path
        return None


def _is_abstract(tree: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a method says only that another class has it."""
    *before, last = tree.body
    said = all(isinstance(each, ast.Expr) for each in before)
    return said and isinstance(last, ast.Raise | ast.Pass | ast.Expr)


def _bindings(body: Sequence[ast.AST], package: str) -> dict[str, Bound]:
    """What names a body binds; a name that is bound in several ways is not known."""
    found: dict[str, Bound] = {}
    for name, bound in _bound(body, package):
        known = name in found and not isinstance(bound, str)
        found[name] = None if known else bound
    return found


def _bound(body: Sequence[ast.AST], package: str) -> Iterator[tuple[str, Bound]]:
    for statement in body:
        match statement:
            case ast.Import(names=names):
                for each in names:
                    whole = each.name if each.asname else each.name.partition(".")[0]
                    yield each.asname or whole, whole
            case ast.ImportFrom(module=module, names=names, level=level):
                base = _absolute(module or "", level, package)
                for each in names:
                    yield each.asname or each.name, f"{base}.{each.name}" if base else each.name
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield statement.name, statement
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield from _assigned(target, value)
            case ast.AnnAssign(target=ast.Name(id=name), value=value):
                yield name, value
            case ast.AugAssign(target=ast.Name(id=name)):
                yield name, None
            case ast.For(target=target) | ast.AsyncFor(target=target):
                yield from _assigned(target, None)
                yield from _bound([*statement.body, *statement.orelse], package)
            case ast.If() | ast.While():
                yield from _bound([*statement.body, *statement.orelse], package)
            case ast.Try():
                handlers = [each for handler in statement.handlers for each in handler.body]
                inside = [*handlers, *statement.body, *statement.orelse, *statement.finalbody]
                yield from _bound(inside, package)
            case ast.With(items=items) | ast.AsyncWith(items=items):
                for item in items:
                    if item.optional_vars is not None:
                        yield from _assigned(item.optional_vars, None)
                yield from _bound(statement.body, package)
            case _:
                pass


def _assigned(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[str, Bound]]:
    if isinstance(target, ast.Name):
        yield target.id, value
        return
    for each in ast.walk(target):
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            yield each.id, None


def _absolute(module: str, level: int, package: str) -> str:
    if not level:
        return module
    parts = package.split(".") if package else []
    parts = parts[: len(parts) - (level - 1)] if level > 1 else parts
    return ".".join([*parts, *([module] if module else [])])
