"""What a function returns: the keys of its updates."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from stretto.check.facts import Call, Effect, Jump, Mutation, Read, Write
from stretto.check.reading.targets import COMMAND

if TYPE_CHECKING:
    from stretto.check.finding import Place
    from stretto.check.reading.scope import Scope
    from stretto.check.reading.source_files import Callable_


@dataclass
class Update:
    """Keys of one returned update."""

    keys: dict[str, tuple[Place, ast.expr | None, bool]]
    whole: bool
    parent: bool = False
    """Whether it goes to the graph above."""


@dataclass
class Returning(ast.NodeVisitor):
    """Reads what is returned; and keeps all that is learned of a function."""

    scope: Scope
    state: set[str]
    """Names that hold the state."""
    locals: set[str] = field(default_factory=set[str])
    reads: list[Read] = field(default_factory=list[Read])
    reads_all: bool = False
    returns: list[ast.expr] = field(default_factory=list[ast.expr])
    returns_state: bool = False
    updates: list[Update] = field(default_factory=list[Update])
    writes_all: bool = True
    jumps: list[Jump] = field(default_factory=list[Jump])
    jumps_all: bool = True
    parents_all: bool = True
    commands: bool = False
    calls: list[Call] = field(default_factory=list[Call])
    effects: list[Effect] = field(default_factory=list[Effect])
    mutations: list[Mutation] = field(default_factory=list[Mutation])
    caught: tuple[str, ...] | None = None
    swallows: str | None = None
    looped: int = 0
    conditional: int = 0
    dicts: dict[str, list[Update]] = field(default_factory=dict[str, "list[Update]"])
    """Local names that hold dictionaries, and the keys they are given."""
    opaque_locals: set[str] = field(default_factory=set[str])
    guarded: set[str] = field(default_factory=set[str])
    """Keys that an enclosing `if "key" in state` has looked for."""
    held: dict[str, str] = field(default_factory=dict[str, str])
    """Local names that hold what stands under a key of the state."""
    inner: dict[str, Callable_] = field(default_factory=dict[str, "Callable_"])
    choices: dict[str, list[ast.expr] | None] = field(
        default_factory=dict[str, "list[ast.expr] | None"]
    )
    """What each local name is given."""

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is not None:
            self.returned(node.value)
            self.visit(node.value)

    def visit_Yield(self, node: ast.Yield) -> None:
        if node.value is not None:
            self.returned(node.value)
        self.generic_visit(node)

    def returned(self, value: ast.expr) -> None:
        """Note what a `return` gives."""
        match value:
            case ast.IfExp(body=one, orelse=other):
                self.returned(one)
                self.returned(other)
                return
            case ast.Await(value=inner) if not isinstance(inner, ast.Call):
                self.returned(inner)
                return
            case _:
                pass
        self.returns.append(value)
        if isinstance(value, ast.List | ast.Tuple) and any(self.is_command(e) for e in value.elts):
            for each in value.elts:
                self._note_update(each)
            return
        self._note_update(value)

    def _note_update(self, value: ast.expr, *, parent: bool = False) -> None:
        if self.is_command(value):
            assert isinstance(value, ast.Call)  # noqa: S101 - just seen
            given = next((k.value for k in value.keywords if k.arg == "update"), None)
            if len(value.args) > 1:
                given = value.args[1]
            if given is not None:
                self._note_update(given, parent=any(k.arg == "graph" for k in value.keywords))
            else:
                self.updates.append(Update({}, whole=True))
            return
        if isinstance(value, ast.Name) and value.id in self.state:
            self.returns_state = True
            self.writes_all = False
            return
        update = self.update_of(value)
        if update is None:
            self.writes_all = False
        else:
            self.updates.append(replace(update, parent=parent))
            self.writes_all = self.writes_all and update.whole

    def update_of(self, value: ast.expr) -> Update | None:
        match value:
            case ast.Constant(value=None):
                return Update({}, whole=True)
            case ast.Constant() | ast.JoinedStr():
                return Update({}, whole=True)
            case ast.Dict():
                return self._dict(value)
            case ast.Call(func=ast.Name(id="dict"), args=[], keywords=words):
                named: dict[str, tuple[Place, ast.expr | None, bool]] = {
                    k.arg: (self.scope.place(k.value), k.value, True) for k in words if k.arg
                }
                return Update(named, whole=all(k.arg for k in words))
            case ast.BinOp(left=one, op=ast.BitOr(), right=other):
                first, second = self.update_of(one), self.update_of(other)
                if first is None or second is None:
                    some = first or second
                    return None if some is None else replace(some, whole=False)
                return Update({**first.keys, **second.keys}, first.whole and second.whole)
            case ast.Name(id=name) if name in self.dicts and name not in self.opaque_locals:
                updates = self.dicts[name]
                keys: dict[str, tuple[Place, ast.expr | None, bool]] = {}
                for each in updates:
                    keys.update({k: v for k, v in each.keys.items() if k not in keys})
                return Update(keys, all(u.whole for u in updates))
            case _:
                return None

    def _dict(self, value: ast.Dict) -> Update:
        keys: dict[str, tuple[Place, ast.expr | None, bool]] = {}
        whole = True
        for key, item in zip(value.keys, value.values, strict=True):
            if key is None:
                if isinstance(item, ast.Name) and item.id in self.state:
                    self.returns_state = True
                    whole = False
                    continue
                inner = self.update_of(item)
                keys |= inner.keys if inner else {}
                whole = whole and inner is not None and inner.whole
                continue
            named = self.scope.value(key)
            if isinstance(named, str):
                keys[named] = (self.scope.place(key), item, True)
            else:
                whole = False
        return Update(keys, whole)

    def written(self) -> tuple[Write, ...]:
        """All keys of all updates."""
        found: dict[tuple[str, bool], Write] = {}
        giving = [u for u in self.updates if u.keys]
        for update in giving:
            for key, (at, value, always) in update.keys.items():
                everywhere = always and all(key in u.keys for u in giving)
                every = everywhere and self.writes_all and len(giving) == len(self.updates)
                given = Write(key, at, value, everywhere, every, parent=update.parent)
                known = found.setdefault((key, update.parent), given)
                more = () if value is None else (value,)
                found[key, update.parent] = replace(known, values=(*known.values, *more))
        return tuple(found.values())

    def mutated(self) -> tuple[Mutation, ...]:
        """The changes in place, each with whether its key is returned, too."""
        keys = {key for update in self.updates for key in update.keys}
        return tuple(replace(m, returned=m.key in keys) for m in self.mutations)

    def is_command(self, value: ast.expr) -> bool:
        return isinstance(value, ast.Call) and self.scope.dotted(value.func) in COMMAND
