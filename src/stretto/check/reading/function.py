"""Reads a function's source: what it takes of the state, gives, calls, and where it sends to."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from langgraph.constants import END

from stretto.check.facts import Call, Effect, Function, Jump, Mutation, Read, Write
from stretto.check.reading.effects import CHANGES, is_effect, looks_like_effect
from stretto.check.reading.scope import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stretto.check.finding import Place
    from stretto.check.reading.scope import Scope
    from stretto.check.reading.source_files import Callable_

COMMAND = ("langgraph.types.Command", "Command")
SEND = ("langgraph.types.Send", "Send")
INTERRUPT = ("langgraph.types.interrupt", "interrupt")
UNREAD = ("self", "cls")
DEPTH = 3
"""How far functions of the user that are called are followed."""
_DECLARED_EFFECTS = ("ask", "fail")


def read_function(
    tree: Callable_, scope: Scope, *, live: Any = None, takes_state: bool = True
) -> Function:
    """Tell what a function's source says.

    Args:
        tree: Its definition, out of the tree of its whole file.
        scope: What its names mean.
        live: The function itself, where it was imported.
        takes_state: Whether its first parameter is the state: so with nodes and branches.
    """
    given = tree.args.posonlyargs + tree.args.args
    names = tuple(a.arg for a in given if a.arg not in UNREAD)
    state = frozenset(names[:1]) if takes_state else frozenset[str]()
    body: Sequence[ast.AST] = [tree.body] if isinstance(tree, ast.Lambda) else tree.body
    reader = _Reader(scope, set(state), choices=_local_values(tree))
    reader.locals.update(_assigned(body))
    if isinstance(tree, ast.Lambda):
        reader.returned(tree.body)
        reader.visit(tree.body)
    else:
        for statement in tree.body:
            reader.visit(statement)
    writes = reader.written()
    hint, hint_at = _hint(tree, scope)
    return Function(
        name="<lambda>" if isinstance(tree, ast.Lambda) else tree.name,
        place=_head(tree, scope),
        tree=tree,
        scope=scope,
        is_async=isinstance(tree, ast.AsyncFunctionDef),
        parameters=names,
        reads=tuple(reader.reads),
        reads_all=reader.reads_all,
        writes=writes,
        writes_all=reader.writes_all,
        returns=tuple(reader.returns),
        returns_state=reader.returns_state,
        jumps=tuple(reader.jumps),
        jumps_all=reader.jumps_all,
        commands=reader.commands,
        calls=tuple(reader.calls),
        interrupts=tuple(c for c in reader.calls if c.name in INTERRUPT),
        effects=tuple(reader.effects),
        mutations=reader.mutated(),
        hint=hint,
        hint_at=hint_at,
        live=live,
    )


def as_branch(function: Function) -> Function:
    """Read what a function of a conditional edge returns as the nodes it leads to."""
    jumps: list[Jump] = list(function.jumps)
    whole = function.jumps_all
    for value in function.returns:
        found, all_of_it = targets_of(value, function)
        known = {(j.target, j.at) for j in jumps}
        jumps += [j for j in found if (j.target, j.at) not in known]
        whole = whole and all_of_it
    if function.hint is not None:
        known_names = {j.target for j in jumps}
        at = function.hint_at or function.place
        jumps += [Jump(name, at) for name in function.hint if name not in known_names and not whole]
        whole = True
    return replace(function, jumps=tuple(jumps), jumps_all=whole)


def targets_of(value: ast.expr, function: Function) -> tuple[list[Jump], bool]:
    """The nodes that an expression names, and whether these are all."""
    scope = function.scope
    local = _local_values(function.tree)
    return _targets(value, scope, local, 0)


def _targets(
    value: ast.expr,
    scope: Scope,
    local: dict[str, list[ast.expr] | None],
    depth: int,
    *,
    many: bool = False,
) -> tuple[list[Jump], bool]:
    if depth > DEPTH * 2:
        return [], False
    match value:
        case ast.Constant(value=None):
            return [], True
        case ast.Constant(value=str() as name):
            return [Jump(name, scope.place(value), many=many)], True
        case ast.IfExp(body=one, orelse=other):
            return _joined([one, other], scope, local, depth, many=many)
        case ast.BoolOp(values=values):
            return _joined(values, scope, local, depth, many=many)
        case ast.List(elts=values) | ast.Tuple(elts=values) | ast.Set(elts=values):
            return _joined(values, scope, local, depth, many=many)
        case ast.ListComp(elt=inner) | ast.GeneratorExp(elt=inner) | ast.SetComp(elt=inner):
            return _targets(inner, scope, local, depth + 1, many=True)
        case ast.BinOp(left=one, op=ast.Add(), right=other):
            return _joined([one, other], scope, local, depth, many=many)
        case ast.Starred(value=inner):
            return _targets(inner, scope, local, depth + 1, many=many)
        case ast.Call(func=func, args=args) if scope.dotted(func) in SEND:
            where = (
                args[0]
                if args
                else next((k.value for k in value.keywords if k.arg == "node"), None)
            )
            payload = args[1] if len(args) > 1 else None
            if where is None:
                return [], False
            found, whole = _targets(where, scope, local, depth + 1, many=many)
            return [replace(j, kind="send", payload=payload) for j in found], whole
        case ast.Name(id=name) if name in local:
            values = local[name]
            if values is None:
                return [], False
            return _joined(values, scope, local, depth, many=many)
        case _:
            known = scope.value(value)
            if isinstance(known, str):
                return [Jump(str(known), scope.place(value), many=many)], True
            return [], False


def _joined(
    values: Sequence[ast.expr],
    scope: Scope,
    local: dict[str, list[ast.expr] | None],
    depth: int,
    *,
    many: bool,
) -> tuple[list[Jump], bool]:
    found: list[Jump] = []
    whole = True
    for each in values:
        more, all_of_it = _targets(each, scope, local, depth + 1, many=many)
        found += more
        whole = whole and all_of_it
    return found, whole


def _local_values(tree: ast.AST) -> dict[str, list[ast.expr] | None]:
    """What each local name is given; `None` where it is given something that cannot be listed."""
    found: dict[str, list[ast.expr] | None] = {}

    def give(name: str, value: ast.expr | None) -> None:
        known = found.get(name, [])
        found[name] = None if value is None or known is None else [*known, value]

    for node in _own_nodes(tree):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    if isinstance(target, ast.Name):
                        give(target.id, value)
                    else:
                        for each in ast.walk(target):
                            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                                give(each.id, None)
            case ast.AnnAssign(target=ast.Name(id=name), value=value):
                if value is not None:
                    give(name, value)
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                give(name, value)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[one]):
                give(name, ast.List([one], ast.Load()))
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                give(name, value)
            case (
                ast.For(target=target)
                | ast.AsyncFor(target=target)
                | ast.comprehension(target=target)
            ):
                for each in ast.walk(target):
                    if isinstance(each, ast.Name):
                        give(each.id, None)
            case ast.arg(arg=name):
                give(name, None)
            case _:
                pass
    return found


def _own_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions within it."""
    for child in ast.iter_child_nodes(tree):
        yield child
        if not isinstance(
            child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
        ):
            yield from _own_nodes(child)


def _assigned(body: Sequence[ast.AST]) -> Iterator[str]:
    for statement in body:
        for node in [statement, *_own_nodes(statement)]:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def _head(tree: Callable_, scope: Scope) -> Place:
    """The line of `def`, without the body."""
    at = scope.place(tree)
    if isinstance(tree, ast.Lambda):
        return at
    return replace(
        at,
        end_line=at.line,
        end_column=at.column
        + len("def ")
        + len(tree.name)
        + (6 if isinstance(tree, ast.AsyncFunctionDef) else 0),
    )


def _hint(tree: Callable_, scope: Scope) -> tuple[tuple[str, ...] | None, Place | None]:
    """The names in a `Literal[...]` or `Command[Literal[...]]` return annotation."""
    if isinstance(tree, ast.Lambda) or tree.returns is None:
        return None, None
    annotation: ast.expr = tree.returns
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            annotation = ast.parse(annotation.value, mode="eval").body
        except SyntaxError:
            return None, None
    for node in ast.walk(annotation):
        if (
            isinstance(node, ast.Subscript)
            and scope.dotted(node.value).rpartition(".")[2] == "Literal"
        ):
            inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            values = [scope.value(each) for each in inner]
            if all(isinstance(each, str) for each in values):
                return tuple(cast("list[str]", values)), scope.place(tree.returns)
            return None, None
    return None, None


@dataclass
class _Update:
    """Keys of one returned update."""

    keys: dict[str, tuple[Place, ast.expr | None, bool]]
    whole: bool


@dataclass
class _Reader(ast.NodeVisitor):
    """Walks a function's body once."""

    scope: Scope
    state: set[str]
    """Names that hold the state."""
    locals: set[str] = field(default_factory=set[str])
    reads: list[Read] = field(default_factory=list[Read])
    reads_all: bool = False
    returns: list[ast.expr] = field(default_factory=list[ast.expr])
    returns_state: bool = False
    updates: list[_Update] = field(default_factory=list[_Update])
    writes_all: bool = True
    jumps: list[Jump] = field(default_factory=list[Jump])
    jumps_all: bool = True
    commands: bool = False
    calls: list[Call] = field(default_factory=list[Call])
    effects: list[Effect] = field(default_factory=list[Effect])
    mutations: list[Mutation] = field(default_factory=list[Mutation])
    caught: tuple[str, ...] | None = None
    looped: int = 0
    conditional: int = 0
    dicts: dict[str, list[_Update]] = field(default_factory=dict[str, "list[_Update]"])
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

    # -- what is returned ---------------------------------------------------------------------

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
        if isinstance(value, ast.List | ast.Tuple) and any(self._is_command(e) for e in value.elts):
            for each in value.elts:
                self._note_update(each)
            return
        self._note_update(value)

    def _note_update(self, value: ast.expr) -> None:
        if self._is_command(value):
            assert isinstance(value, ast.Call)  # noqa: S101 - just seen
            given = next((k.value for k in value.keywords if k.arg == "update"), None)
            if len(value.args) > 1:
                given = value.args[1]
            if given is not None:
                self._note_update(given)
            return
        if isinstance(value, ast.Name) and value.id in self.state:
            self.returns_state = True
            self.writes_all = False
            return
        update = self._update(value)
        if update is None:
            self.writes_all = False
        else:
            self.updates.append(update)
            self.writes_all = self.writes_all and update.whole

    def _update(self, value: ast.expr) -> _Update | None:
        match value:
            case ast.Constant(value=None):
                return _Update({}, whole=True)
            case ast.Constant() | ast.JoinedStr():
                return _Update({}, whole=True)
            case ast.Dict():
                return self._dict(value)
            case ast.Call(func=ast.Name(id="dict"), args=[], keywords=words):
                named = {k.arg: (self.scope.place(k.value), k.value, True) for k in words if k.arg}
                return _Update(named, whole=all(k.arg for k in words))
            case ast.BinOp(left=one, op=ast.BitOr(), right=other):
                first, second = self._update(one), self._update(other)
                if first is None or second is None:
                    some = first or second
                    return None if some is None else replace(some, whole=False)
                return _Update({**first.keys, **second.keys}, first.whole and second.whole)
            case ast.Name(id=name) if name in self.dicts and name not in self.opaque_locals:
                updates = self.dicts[name]
                keys: dict[str, tuple[Place, ast.expr | None, bool]] = {}
                for each in updates:
                    keys.update({k: v for k, v in each.keys.items() if k not in keys})
                return _Update(keys, all(u.whole for u in updates))
            case _:
                return None

    def _dict(self, value: ast.Dict) -> _Update:
        keys: dict[str, tuple[Place, ast.expr | None, bool]] = {}
        whole = True
        for key, item in zip(value.keys, value.values, strict=True):
            if key is None:
                if isinstance(item, ast.Name) and item.id in self.state:
                    self.returns_state = True
                    whole = False
                    continue
                inner = self._update(item)
                keys |= inner.keys if inner else {}
                whole = whole and inner is not None and inner.whole
                continue
            named = self.scope.value(key)
            if isinstance(named, str):
                keys[named] = (self.scope.place(key), item, True)
            else:
                whole = False
        return _Update(keys, whole)

    def written(self) -> tuple[Write, ...]:
        """All keys of all updates."""
        found: dict[str, Write] = {}
        giving = [u for u in self.updates if u.keys]
        for update in giving:
            for key, (at, value, always) in update.keys.items():
                everywhere = always and all(key in u.keys for u in giving)
                found.setdefault(key, Write(key, at, value, everywhere))
        return tuple(found.values())

    def mutated(self) -> tuple[Mutation, ...]:
        """The changes in place, each with whether its key is returned, too."""
        keys = {key for update in self.updates for key in update.keys}
        return tuple(replace(m, returned=m.key in keys) for m in self.mutations)

    def _is_command(self, value: ast.expr) -> bool:
        return isinstance(value, ast.Call) and self.scope.dotted(value.func) in COMMAND

    # -- what is read --------------------------------------------------------------------------

    def visit_Subscript(self, node: ast.Subscript) -> None:
        key = self._key(node)
        if key is not None and isinstance(node.ctx, ast.Load):
            sure = key not in self.guarded
            self.reads.append(Read(key, self.scope.place(node), sure))
            self.visit(node.slice)
            return
        if key is not None:
            self.mutations.append(Mutation(key, self.scope.place(node)))
            return
        if not isinstance(node.ctx, ast.Load):
            self._changed(node.value, node)
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.value, ast.Name) and node.value.id in self.state:
            if node.attr.startswith(("model_", "__")) or node.attr in {
                "items",
                "values",
                "keys",
                "copy",
            }:
                self.reads_all = True
                return
            if isinstance(node.ctx, ast.Load):
                self.reads.append(Read(node.attr, self.scope.place(node), sure=False))
            else:
                self.mutations.append(Mutation(node.attr, self.scope.place(node)))
            return
        if not isinstance(node.ctx, ast.Load):
            self._changed(node.value, node)
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        match node:
            case ast.Compare(
                left=ast.Constant(value=str() as key),
                ops=[ast.In() | ast.NotIn()],
                comparators=[ast.Name(id=name)],
            ) if name in self.state:
                self.reads.append(Read(key, self.scope.place(node), sure=False))
                self.guarded.add(key)
            case _:
                self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in self.state and isinstance(node.ctx, ast.Load):
            self.reads_all = True

    def _key(self, node: ast.expr) -> str | None:
        """The key of `state["key"]`, or of a local name that holds it."""
        match node:
            case ast.Subscript(value=ast.Name(id=name), slice=key) if name in self.state:
                value = self.scope.value(key)
                return value if isinstance(value, str) else None
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if name in self.state:
                return attr
            case _:
                return None

    def _held_key(self, node: ast.expr) -> str | None:
        """The key of the state whose value an expression gives, not a copy of it."""
        if (key := self._key(node)) is not None:
            return key
        match node:
            case ast.Name(id=name):
                return self.held.get(name)
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="get" | "setdefault"),
                args=[key_node, *_],
            ) if name in self.state:
                value = self.scope.value(key_node)
                return value if isinstance(value, str) else None
            case ast.Subscript(value=inner) | ast.Attribute(value=inner):
                return self._held_key(inner)
            case ast.BoolOp(op=ast.Or(), values=[first, *_]):
                return self._held_key(first)
            case _:
                return None

    # -- statements ----------------------------------------------------------------------------

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self._assign(target, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)
            self._assign(node.target, node.value)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self._assign(node.target, node.value)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        match target:
            case ast.Name(id=name):
                if isinstance(value, ast.Name) and value.id in self.state:
                    self.state.add(name)
                    return
                if (key := self._held_key(value)) is not None:
                    self.held[name] = key
                else:
                    self.held.pop(name, None)
                update = self._update(value)
                if isinstance(value, ast.Dict | ast.Call | ast.BinOp) and update is not None:
                    self.dicts.setdefault(name, []).append(update)
                else:
                    self.opaque_locals.add(name)
            case ast.Subscript(value=ast.Name(id=name), slice=key) if name in self.dicts:
                named = self.scope.value(key)
                if isinstance(named, str):
                    at = self.scope.place(target)
                    always = not self.conditional
                    self.dicts[name].append(_Update({named: (at, value, always)}, whole=True))
                else:
                    self.dicts[name].append(_Update({}, whole=False))
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                for each in elements:
                    self._assign(each, ast.Constant(...))
            case _:
                self.visit(target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.visit(node.value)
        match node.target:
            case ast.Name(id=name):
                if name in self.dicts:
                    self.opaque_locals.add(name)
                key = self.held.get(name)
                if key is not None and isinstance(node.value, ast.List | ast.ListComp | ast.Tuple):
                    self.mutations.append(Mutation(key, self.scope.place(node)))
            case target:
                key = self._key(target)
                if key is not None:
                    self.reads.append(Read(key, self.scope.place(target)))
                    self.mutations.append(Mutation(key, self.scope.place(node)))
                else:
                    self.visit(target)

    def visit_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self.visit(target)

    def visit_If(self, node: ast.If) -> None:
        before = set(self.guarded)
        self.visit(node.test)
        self._under(node.body)
        self.guarded = before if not _leaves(node.body) else self.guarded
        self._under(node.orelse)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.visit(node.test)
        self.conditional += 1
        self.visit(node.body)
        self.visit(node.orelse)
        self.conditional -= 1

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        for case in node.cases:
            self._under(case.body)

    def _under(self, body: Sequence[ast.AST]) -> None:
        self.conditional += 1
        for statement in body:
            self.visit(statement)
        self.conditional -= 1

    def visit_Try(self, node: ast.Try) -> None:
        before = self.caught
        kinds = tuple(
            name
            for handler in node.handlers
            if not _raises_again(handler)
            for name in _exceptions(handler, self.scope)
        )
        if kinds:
            self.caught = kinds
        for statement in node.body:
            self.visit(statement)
        self.caught = before
        for handler in node.handlers:
            self._under(handler.body)
        self._under(node.orelse)
        for statement in node.finalbody:
            self.visit(statement)

    def visit_TryStar(self, node: ast.TryStar) -> None:
        self.visit_Try(cast("ast.Try", node))

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While) -> None:
        if isinstance(node, ast.While):
            self.looped += 1
            self.visit(node.test)
        else:
            self.visit(node.iter)
            key = self._held_key(node.iter)
            if key is not None and isinstance(node.target, ast.Name):
                self.held[node.target.id] = key
            self.looped += 1
        self._under([*node.body, *node.orelse])
        self.looped -= 1

    def visit_For(self, node: ast.For) -> None:
        self._loop(node)

    def visit_AsyncFor(self, node: ast.AsyncFor) -> None:
        self._loop(node)

    def visit_While(self, node: ast.While) -> None:
        self._loop(node)

    def _comprehension(self, node: ast.AST) -> None:
        self.looped += 1
        self.generic_visit(node)
        self.looped -= 1

    def visit_ListComp(self, node: ast.ListComp) -> None:
        self._comprehension(node)

    def visit_SetComp(self, node: ast.SetComp) -> None:
        self._comprehension(node)

    def visit_DictComp(self, node: ast.DictComp) -> None:
        self._comprehension(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        self._comprehension(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.inner[node.name] = node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.inner[node.name] = node

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        pass

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.conditional += 1
        self.visit(node.body)
        self.conditional -= 1

    # -- calls ---------------------------------------------------------------------------------

    def visit_Call(self, node: ast.Call) -> None:
        name = self.scope.dotted(node.func)
        if name.rpartition(".")[0] and name in INTERRUPT:
            name = INTERRUPT[0]
        at = self.scope.place(node)
        match node.func:
            case ast.Attribute(
                value=ast.Name(id=owner), attr="get" | "pop" | "setdefault" as method
            ) if owner in self.state and node.args:
                key = self.scope.value(node.args[0])
                if isinstance(key, str):
                    self.reads.append(Read(key, at, sure=False))
                    if method != "get":
                        self.mutations.append(Mutation(key, at))
                else:
                    self.reads_all = True
                for argument in node.args[1:]:
                    self.visit(argument)
                return
            case ast.Attribute(value=inner, attr=method) if method in CHANGES:
                self._changed(inner, node)
            case ast.Name(id=called) if called in self.inner:
                self._inner_call(called, node)
            case _:
                pass
        if self._is_command(node):
            self._command(node)
        elif name in SEND:
            found, whole = _targets(node, self.scope, self.choices, 0, many=bool(self.looped))
            self.jumps += found
            self.jumps_all = self.jumps_all and whole
        self._called(name, node, at)
        self.generic_visit(node)

    def _called(self, name: str, node: ast.Call, at: Place) -> None:
        looped, conditional = bool(self.looped), bool(self.conditional)
        self.calls.append(Call(name, at, node, self.caught, looped, conditional))
        called = self.scope.function(node.func)
        if is_effect(name, node):
            self._effect(name, at, "world")
        elif called is not None:
            self._follow(name, called, node, at)
        elif _declared(self.scope.value(node.func)):
            self._effect(name, at, "declared")
        elif not name.startswith(("langgraph.", "langchain", "stretto.")) and looks_like_effect(
            name
        ):
            self._effect(name, at, "named")

    def _effect(self, name: str, at: Place, kind: Any) -> None:
        known = {(e.at.line, e.at.column, e.kind) for e in self.effects}
        if (at.line, at.column, kind) not in known:
            caught = self.caught is not None
            self.effects.append(Effect(name, at, kind, bool(self.conditional), caught))

    def _follow(self, name: str, called: Function, node: ast.Call, at: Place) -> None:
        """Take over what a function of the user does that is called here."""
        if _declared(called.live):
            self._effect(name, at, "declared")
            return
        for call in called.calls:
            self.calls.append(
                replace(
                    call,
                    at=at,
                    caught=call.caught if call.caught is not None else self.caught,
                    looped=call.looped or bool(self.looped),
                    conditional=call.conditional or bool(self.conditional),
                    within=called.name,
                )
            )
        for effect in called.effects:
            self._effect(effect.call, at, effect.kind)
        if (
            not called.effects
            and looks_like_effect(name)
            and not called.calls
            and not called.returns
        ):
            self._effect(name, at, "named")

    def _inner_call(self, called: str, node: ast.Call) -> None:
        """Visit the body of a function defined within, where it is called."""
        tree = self.inner.pop(called)
        before = (list(self.returns), list(self.updates), self.writes_all, self.returns_state)
        body = [tree.body] if isinstance(tree, ast.Lambda) else tree.body
        for statement in body:
            self.visit(statement)
        self.returns, self.updates, self.writes_all, self.returns_state = before
        self.inner[called] = tree
        _ = node

    def _changed(self, target: ast.expr, node: ast.AST) -> None:
        """Something is changed in place: the state's, or an object outside of the function."""
        key = self._held_key(target)
        if key is not None:
            self.mutations.append(Mutation(key, self.scope.place(node)))
            return
        root = target
        while isinstance(root, ast.Attribute | ast.Subscript):
            root = root.value
        if isinstance(root, ast.Name) and root.id not in self.locals and root.id not in self.state:
            value = self.scope.value(root)
            if (
                value is MISSING
                or isinstance(value, list | dict | set)
                or isinstance(root, ast.Name)
            ):
                text = ast.unparse(node.func) if isinstance(node, ast.Call) else ast.unparse(target)
                if isinstance(value, list | dict | set):
                    self._effect(text, self.scope.place(node), "memory")

    def _command(self, node: ast.Call) -> None:
        self.commands = True
        words = {k.arg: k.value for k in node.keywords}
        parent = "graph" in words and self.scope.dotted(words["graph"]).rpartition(".")[2] in {
            "PARENT",
            "",
        }
        if "graph" in words and not parent:
            parent = self.scope.value(words["graph"]) == "__parent__"
        goto = words.get("goto")
        if goto is None:
            return
        found, whole = _targets(goto, self.scope, self.choices, 0)
        self.jumps += [replace(j, parent=parent) for j in found]
        self.jumps_all = self.jumps_all and (whole or parent)


def _declared(value: Any) -> bool:
    from stretto.spec.tool import EFFECT_KEY

    return getattr(value, EFFECT_KEY, None) in _DECLARED_EFFECTS if value is not MISSING else False


def _leaves(body: Sequence[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[-1], ast.Return | ast.Raise | ast.Continue | ast.Break)


def _raises_again(handler: ast.ExceptHandler) -> bool:
    """Whether a handler always ends in a bare `raise` or in raising what it caught."""
    last = handler.body[-1] if handler.body else None
    if not isinstance(last, ast.Raise):
        return False
    return last.exc is None or (isinstance(last.exc, ast.Name) and last.exc.id == handler.name)


def _exceptions(handler: ast.ExceptHandler, scope: Scope) -> Iterator[str]:
    if handler.type is None:
        yield ""
        return
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    for kind in kinds:
        yield scope.dotted(kind).removeprefix("builtins.")


__all__ = ["END", "as_branch", "read_function", "targets_of"]
