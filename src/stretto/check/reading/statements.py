"""What is around each expression of a function: conditions, loops, `try`; what names hold."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeGuard, cast

from stretto.check.facts import Mutation, Read
from stretto.check.reading.handlers import INTERRUPTS, caught_by, suppressed_by, swallower
from stretto.check.reading.returning import Update
from stretto.check.reading.taking import Taking
from stretto.check.reading.targets import own_nodes

if TYPE_CHECKING:
    from collections.abc import Sequence


class Statements(Taking):
    """Walks the statements of a function."""

    def visit_Assign(self, node: ast.Assign) -> None:
        if not self._is_state(node.value):
            self.visit(node.value)
        for target in node.targets:
            self._assign(target, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            if not self._is_state(node.value):
                self.visit(node.value)
            self._assign(node.target, node.value)

    def _is_state(self, value: ast.expr) -> bool:
        return isinstance(value, ast.Name) and value.id in self.state

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self._assign(node.target, node.value)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        match target:
            case ast.Name(id=name):
                if isinstance(value, ast.Name) and value.id in self.state:
                    self.state.add(name)
                    return
                self.forget({name})
                if (key := self.held_key(value)) is not None:
                    self.held[name] = key
                else:
                    self.held.pop(name, None)
                update = self.update_of(value)
                if isinstance(value, ast.Dict | ast.Call | ast.BinOp) and update is not None:
                    self.dicts.setdefault(name, []).append(update)
                else:
                    self.opaque_locals.add(name)
            case ast.Subscript(value=ast.Name(id=name), slice=key) if name in self.dicts:
                named = self.scope.value(key)
                if isinstance(named, str):
                    at = self.scope.place(target)
                    always = not self.conditional
                    self.dicts[name].append(Update({named: (at, value, always)}, whole=True))
                else:
                    self.dicts[name].append(Update({}, whole=False))
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
                key = self.key_of(target)
                if key is not None:
                    self.reads.append(Read(key, self.scope.place(target)))
                    whole = not isinstance(node.value, ast.List | ast.ListComp | ast.Tuple)
                    self.mutations.append(Mutation(key, self.scope.place(node), whole=whole))
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
        self._caught(node.body, caught_by(node, self.scope), swallower(node, self.scope))
        for handler in node.handlers:
            self._under(handler.body)
        self._under(node.orelse)
        for statement in node.finalbody:
            self.visit(statement)

    def _caught(self, body: list[ast.stmt], kinds: tuple[str, ...], swallows: str | None) -> None:
        """Visit a body around which something is caught."""
        before = self.caught, self.swallows
        self.caught = (*kinds, *(self.caught or ())) or None
        self.swallows = self.swallows if swallows is None else swallows
        for statement in body:
            self.visit(statement)
        self.caught, self.swallows = before

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            self.visit(item)
        kinds = suppressed_by(node, self.scope)
        names = {kind.rpartition(".")[2] for kind in kinds}
        self._caught(node.body, kinds, min(names & INTERRUPTS, default=None))

    def visit_AsyncWith(self, node: ast.AsyncWith) -> None:
        self.visit_With(node)

    def visit_TryStar(self, node: ast.TryStar) -> None:
        self.visit_Try(cast("ast.Try", node))

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While) -> None:
        if isinstance(node, ast.While):
            self.looped += 1
            self.visit(node.test)
        else:
            self.visit(node.iter)
            key = self.held_key(node.iter)
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
        self.forget({n.id for n in own_nodes(node) if _stored(n)})
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
        self._define(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._define(node)

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.inner[node.name] = node
        named = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        self.reads_all = self.reads_all or bool(named & self.state)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        pass

    def visit_Lambda(self, node: ast.Lambda) -> None:
        before = set(self.state)
        self.state -= parameters(node)
        self.conditional += 1
        self.visit(node.body)
        self.conditional -= 1
        self.state = before


def _stored(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def parameters(tree: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> set[str]:
    """The names of a function's parameters."""
    given = tree.args
    return {each.arg for each in [*given.posonlyargs, *given.args, *given.kwonlyargs]}


def _leaves(body: Sequence[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[-1], ast.Return | ast.Raise | ast.Continue | ast.Break)
