"""Runs a function's source on what is known of the state: each way it may go, and what it gives.

Only what decides where a graph goes is looked at: comparisons, `and`, `or`, `not`, `in`, sums of
constants and counters, lengths of lists. All else is unknown, and a condition that is unknown goes
both ways.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from stretto.check.bounds.changing import changed_in, passed_on, stored_in
from stretto.check.bounds.expressions import Expressions
from stretto.check.bounds.known import ANY, FAILED, UNKNOWN, Way
from stretto.check.bounds.operations import applied, holds

if TYPE_CHECKING:
    from collections.abc import Sequence

PATHS = 64
"""How many ways through one function are told apart."""


class TooMany(Exception):
    """Raised when a function has more ways through it than are told apart."""


@dataclass
class Evaluator(Expressions):
    """Evaluates one function on one state."""

    def results(self) -> list[Any]:
        """What it may give, each way through it.

        Raises:
            TooMany: There are more than `PATHS` ways.
        """
        tree = self.code.tree
        if isinstance(tree, ast.Lambda):
            return list(self.choices(tree.body, Way()))
        ways = self._body(tree.body, [Way()])
        return [way.given for way in ways]

    def _body(self, body: Sequence[ast.stmt], ways: list[Way]) -> list[Way]:
        for statement in body:
            going = [way for way in ways if not way.done]
            if not going:
                break
            ended = [way for way in ways if way.done]
            ways = ended + [after for way in going for after in self._statement(statement, way)]
            if len(ways) > PATHS:
                raise TooMany
        return ways

    def _statement(self, node: ast.stmt, way: Way) -> list[Way]:
        if isinstance(node, ast.Return | ast.Assign | ast.AnnAssign | ast.Expr | ast.If):
            way.touch(passed_on(node.test if isinstance(node, ast.If) else node))
        match node:
            case ast.Return(value=value):
                given = self.choices(value, way) if value is not None else [None]
                return [way.ended(each) for each in given]
            case ast.Raise():
                return [way.ended(FAILED)]
            case ast.Expr(value=value):
                return self._done(value, way)
            case ast.If(test=test, body=body, orelse=orelse):
                return self._if(self.value(test, way), body, orelse, way)
            case ast.Assign(targets=targets, value=value):
                return self._assign(targets, value, way)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                return self._assign([target], value, way)
            case ast.AugAssign(target=ast.Name(id=name), op=op, value=value):
                changed = applied(type(op), way.local.get(name, UNKNOWN), self.value(value, way))
                way.local[name] = changed
                return [way]
            case ast.For() | ast.AsyncFor() | ast.While():
                return self._loop(node, way)
            case ast.Try() | ast.TryStar():
                return self._try(node, way)
            case ast.With() | ast.AsyncWith():
                return self._with(node, way)
            case ast.Match(subject=subject, cases=cases):
                return self._match(self.value(subject, way), cases, way)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                way.local[node.name] = UNKNOWN
                return [way]
            case ast.AugAssign(target=target):
                self._give(target, UNKNOWN, way)
                return [way]
            case _:
                return [way]

    def _done(self, value: ast.expr, way: Way) -> list[Way]:
        """A call whose result nobody takes: it may change what it is called on, or is given."""
        match value:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[one]):
                known = way.local.get(name)
                if isinstance(known, list) and not passed_on(one):
                    same = [n for n, each in way.local.items() if each is known]
                    longer = [*known, self.value(one, way)]
                    way.local.update(dict.fromkeys(same, longer))
                    return [way]
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name))) if self._is_state(name, way):
                way.state[ANY] = UNKNOWN
            case _:
                pass
        self.value(value, way)
        way.touch(changed_in(value))
        return [way]

    def _with(self, node: ast.With | ast.AsyncWith, way: Way) -> list[Way]:
        """What is done within, and where errors are suppressed, only a part of it."""
        way.forget(stored_in([item.optional_vars for item in node.items if item.optional_vars]))
        before = way.copy()
        ways = self._body(node.body, [way])
        names = [ast.unparse(item.context_expr) for item in node.items]
        if any("suppress" in name or "raises" in name for name in names):
            before.forget(stored_in(node.body))
            before.touch(changed_in(node))
            ways.append(before)
        return ways

    def _if(
        self, test: Any, body: Sequence[ast.stmt], orelse: Sequence[ast.stmt], way: Way
    ) -> list[Way]:
        if test is UNKNOWN:
            other = way.copy()
            return self._body(body, [way]) + self._body(orelse, [other])
        return self._body(body if holds(test) else orelse, [way])

    def _assign(self, targets: Sequence[ast.expr], value: ast.expr, way: Way) -> list[Way]:
        ways: list[Way] = []
        for each in self.choices(value, way):
            after = way.copy()
            for target in targets:
                self._give(target, each, after)
            ways.append(after)
        return ways

    def _give(self, target: ast.expr, value: Any, way: Way) -> None:
        match target:
            case ast.Name(id=name):
                way.local[name] = value
            case ast.Subscript(value=ast.Name(id=name), slice=key) if self._is_state(name, way):
                named = self.value(key, way)
                way.state[named if isinstance(named, str) else ANY] = value
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if self._is_state(name, way):
                way.state[attr] = value
            case ast.Subscript(value=ast.Name(id=name), slice=key):
                known, named = way.local.get(name), self.value(key, way)
                if isinstance(known, dict) and isinstance(named, str):
                    way.local[name] = {**known, named: value}
                else:
                    way.local[name] = UNKNOWN
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                for each in parts:
                    self._give(each, UNKNOWN, way)
            case _:
                pass

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, way: Way) -> list[Way]:
        """A loop may not run; where it does, what it changes is not known."""
        way.forget(stored_in([node]))
        way.touch(changed_in(node))
        inside, broken = way.copy(), way.copy()
        returns = [w for w in self._body(node.body, [inside]) if w.done]
        if not node.orelse:
            return [*returns, way]
        return [*returns, broken, *self._body(node.orelse, [way])]

    def _try(self, node: ast.Try | ast.TryStar, way: Way) -> list[Way]:
        """What is done within, or a part of it and then a handler."""
        before = way.copy()
        before.forget(stored_in(node.body))
        before.touch(changed_in(*node.body))
        ways = self._body([*node.body, *node.orelse], [way])
        for handler in node.handlers:
            caught = before.copy()
            caught.forget([handler.name] if handler.name else [])
            ways += self._body(handler.body, [caught])
        if not node.finalbody:
            return ways
        last = [after for w in ways for after in self._finally(node.finalbody, w)]
        return [*last, *self._body(node.finalbody, [before])] if not node.handlers else last

    def _finally(self, body: Sequence[ast.stmt], way: Way) -> list[Way]:
        """What a `finally` makes of a way: the same, unless it returns, too."""
        after = self._body(body, [replace(way, done=False)])
        return [w if w.done else replace(w, given=way.given, done=way.done) for w in after]

    def _match(self, subject: Any, cases: Sequence[ast.match_case], way: Way) -> list[Way]:
        ways: list[Way] = []
        for case in cases:
            fits = self._fits(subject, case, way)
            if fits is not False:
                inside = way.copy()
                inside.forget(_captured(case))
                ways += self._body(case.body, [inside])
            if fits is True:
                return ways
        return [*ways, way]

    def _fits(self, subject: Any, case: ast.match_case, way: Way) -> Any:
        if case.guard is not None or subject is UNKNOWN:
            anything = isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
            return True if anything and case.guard is None else UNKNOWN
        match case.pattern:
            case ast.MatchValue(value=value):
                return applied(ast.Eq, subject, self.value(value, way))
            case ast.MatchSingleton(value=value):
                return subject is value
            case ast.MatchAs(pattern=None):
                return True
            case ast.MatchOr(patterns=patterns):
                each = [self._fits(subject, ast.match_case(p, None, []), way) for p in patterns]
                return True if True in each else UNKNOWN if UNKNOWN in each else False
            case _:
                return UNKNOWN


def _captured(case: ast.match_case) -> set[str]:
    """The names that a pattern gives values."""
    found = [getattr(each, "name", None) for each in ast.walk(case.pattern)]
    rest = [getattr(each, "rest", None) for each in ast.walk(case.pattern)]
    return {name for name in (*found, *rest) if isinstance(name, str)}
