"""What a node does before it asks: that is done again at each answer, for it starts from its top.

Follows the ways through a function. An effect counts where some way leads from it to an interrupt;
it is sure where all ways to the interrupt do.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stretto.check.facts import Effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stretto.check.facts import Function
    from stretto.check.finding import Place

ROUNDS = 3
"""How often a loop is gone through until nothing new is learned."""
_DONE_BEFORE = re.compile(
    r"already|\bsent|_sent|done|exist|seen|processed|paid|charged|found|handled|booked|is_new|first"
)
"""Words of a condition that looks whether a thing was done before."""
_PLAIN = frozenset({
    "len", "isinstance", "str", "int", "bool", "any", "all", "get", "lower", "upper", "strip",
    "startswith", "endswith", "interrupt",
})  # fmt: skip
"""Calls that tell nothing of the world."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """An effect that comes before an interrupt."""

    effect: Effect
    asked: Place
    sure: bool
    """Whether it always does."""


@dataclass(frozen=True, slots=True)
class _Done:
    """What has been done where a way has come to."""

    may: frozenset[Effect] = frozenset()
    must: frozenset[Effect] = frozenset()

    def __add__(self, effects: frozenset[Effect]) -> _Done:
        return _Done(self.may | effects, self.must | effects)


def _either(*ways: _Done | None) -> _Done | None:
    """What has been done where several ways meet; `None` is a way that leads nowhere."""
    open_ = [way for way in ways if way is not None]
    if not open_:
        return None
    may = frozenset[Effect]().union(*(way.may for way in open_))
    return _Done(may, open_[0].must.intersection(*(way.must for way in open_)))


def repeated(code: Function, asked: Iterable[Place]) -> list[Repeated]:
    """Tell the effects of a function that come before a place where it asks.

    Args:
        code: The function.
        asked: Where it asks.
    """
    places = frozenset(asked)
    if not places or not code.effects:
        return []
    walk = _Walk(code, places)
    walk.whole()
    found = {
        effect: Repeated(effect, place, effect in done.must)
        for place, done in reversed(walk.met.items())
        for effect in sorted(done.may, key=lambda each: each.at)
    }
    return [*found.values(), *walk.within]


@dataclass
class _Walk:
    code: Function
    asked: frozenset[Place]
    met: dict[Place, _Done] = field(default_factory=dict["Place", _Done])
    """What has been done at each interrupt."""
    within: list[Repeated] = field(default_factory=list[Repeated])
    """What functions that are called do before they ask."""
    inner: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = field(
        default_factory=dict[str, "ast.FunctionDef | ast.AsyncFunctionDef"]
    )
    tests: list[ast.expr] = field(default_factory=list[ast.expr])
    """The conditions around what is looked at."""
    left: list[_Done] = field(default_factory=list[_Done])
    breaks: list[_Done] = field(default_factory=list[_Done])
    continues: list[_Done] = field(default_factory=list[_Done])
    trails: list[set[Effect]] = field(default_factory=list["set[Effect]"])
    """What is done within each `try` around."""

    def whole(self) -> None:
        """Go through the function."""
        tree = self.code.tree
        if isinstance(tree, ast.Lambda):
            self.expression(tree.body, _Done())
        else:
            self.body(tree.body, _Done())

    def body(self, statements: Sequence[ast.stmt], done: _Done | None) -> _Done | None:
        """Go through statements in their order."""
        depth = len(self.tests)
        for each in statements:
            if done is None:
                break
            done = self.statement(each, done)
            if isinstance(each, ast.If) and _DONE_BEFORE.search(ast.unparse(each.test)):
                self.tests.append(each.test)  # what follows may be for what was not done before
        del self.tests[depth:]
        return done

    def statement(self, node: ast.stmt, done: _Done) -> _Done | None:
        """Go through a statement; `None` when nothing behind it is come to."""
        after: _Done | None = done
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.inner[node.name] = node
            case ast.ClassDef():
                pass
            case ast.If():
                after = self._if(node, done)
            case ast.For() | ast.AsyncFor() | ast.While():
                after = self._loop(node, done)
            case ast.Try() | ast.TryStar():
                after = self._try(node, done)
            case ast.With() | ast.AsyncWith():
                after = self.body(node.body, self.all(node.items, done))
            case ast.Match():
                after = self._match(node, done)
            case _:
                after = self._simple(node, done)
        return after

    def _simple(self, node: ast.stmt, done: _Done) -> _Done | None:
        parts = list(ast.iter_child_nodes(node))
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            parts = [each for each in parts if each is not node.value]
            parts = [*([node.value] if node.value is not None else []), *parts]
        done = self.all(parts, done)
        match node:
            case ast.Return():
                self.left.append(done)
            case ast.Break():
                self.breaks.append(done)
            case ast.Continue():
                self.continues.append(done)
            case ast.Raise():
                pass
            case _:
                return done
        return None

    def _if(self, node: ast.If, done: _Done) -> _Done | None:
        done = self.expression(node.test, done)
        self.tests.append(node.test)
        ways = self.body(node.body, done), self.body(node.orelse, done)
        self.tests.pop()
        return _either(*ways)

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, done: _Done) -> _Done | None:
        around = self.breaks, self.continues
        forever = isinstance(node, ast.While) and isinstance(node.test, ast.Constant)
        entry = done if isinstance(node, ast.While) else self.expression(node.iter, done)
        self.breaks = []
        for _ in range(ROUNDS):
            self.continues = []
            first = self.expression(node.test, entry) if isinstance(node, ast.While) else entry
            end = self.body(node.body, first)
            met = _either(entry, end, *self.continues)
            if met is None or met == entry:
                break
            entry = met
        after = None if forever else self.body(node.orelse, entry)
        after = _either(after, *self.breaks)
        self.breaks, self.continues = around
        return after

    def _try(self, node: ast.Try | ast.TryStar, done: _Done) -> _Done | None:
        trail: set[Effect] = set()
        self.trails.append(trail)
        end = self.body(node.body, done)
        self.trails.pop()
        thrown = _Done(done.may | trail, done.must)
        ways = [self.body(handler.body, thrown) for handler in node.handlers]
        after = _either(self.body(node.orelse, end), *ways)
        return self.body(node.finalbody, after)

    def _match(self, node: ast.Match, done: _Done) -> _Done | None:
        done = self.expression(node.subject, done)
        ways = [self.body(case.body, done) for case in node.cases]
        whole = isinstance(node.cases[-1].pattern, ast.MatchAs)
        return _either(*ways, *([] if whole else [done]))

    def all(self, nodes: Iterable[ast.AST], done: _Done) -> _Done:
        """Go through expressions in their order."""
        for each in nodes:
            done = self.expression(each, done)
        return done

    def expression(self, node: ast.AST, done: _Done) -> _Done:
        """Go through an expression in the order in which it is evaluated."""
        match node:
            case ast.Lambda():
                return done
            case ast.IfExp(test=test, body=one, orelse=other):
                done = self.expression(test, done)
                self.tests.append(test)
                ways = self.expression(one, done), self.expression(other, done)
                self.tests.pop()
                return _either(*ways) or done
            case ast.BoolOp(values=[first, *others]):
                done = self.expression(first, done)
                self.tests.append(first)
                rest = self.all(others, done)
                self.tests.pop()
                return _either(done, rest) or done
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                parts = [*node.generators, *(c for c in ast.iter_child_nodes(node))]
                once = self.all(parts, done)
                return _either(done, self.all(parts, once)) or done
            case ast.Call():
                return self._call(node, self.all(ast.iter_child_nodes(node), done))
            case _:
                done = self.all(ast.iter_child_nodes(node), done)
                return self._does(self.code.at(node), done) if hasattr(node, "lineno") else done

    def _call(self, node: ast.Call, done: _Done) -> _Done:
        if isinstance(node.func, ast.Name) and node.func.id in self.inner:
            return self._inner(node.func.id, done)
        at = self.code.at(node)
        if at in self.asked:
            self.met.pop(at, None)
            self.met[at] = done
            called = self.code.scope.function(node.func)
            if called is not None and called.effects:
                self.within += repeated(called, [each.at for each in called.interrupts])
        return self._does(at, done)

    def _inner(self, name: str, done: _Done) -> _Done:
        tree = self.inner.pop(name)
        before, self.left = self.left, []
        after = _either(self.body(tree.body, done), *self.left) or done
        self.left = before
        self.inner[name] = tree
        return after

    def _does(self, at: Place, done: _Done) -> _Done:
        effects = {each for each in self.code.effects if each.at == at and not each.again}
        if not effects or any(self._asks_the_world(test) for test in self.tests):
            return done
        for trail in self.trails:
            trail.update(effects)
        return done + frozenset(effects)

    def _asks_the_world(self, test: ast.expr) -> bool:
        """Whether a condition may look for what was done before."""
        if _DONE_BEFORE.search(text := ast.unparse(test)):
            return not any(re.search(rf"\b{name}\b", text) for name in self.code.parameters[:1])
        calls = [each for each in ast.walk(test) if isinstance(each, ast.Call)]
        names = {
            func.attr if isinstance(func := each.func, ast.Attribute) else getattr(func, "id", "")
            for each in calls
            if self.code.at(each) not in self.asked
        }
        return bool(names - _PLAIN)
