"""Evaluates expressions on what is known of the state."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from stretto.check.bounds.changing import changed_elsewhere, stored_in
from stretto.check.bounds.known import ABSENT, ANY, STATE, UNKNOWN, Going, Perhaps, Sent, Way
from stretto.check.bounds.operations import (
    PURE,
    applied,
    called,
    contains,
    gone_over,
    holds,
    vague,
)
from stretto.check.reading.scope import MISSING
from stretto.check.reading.targets import COMMAND, SEND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from stretto.check.facts import Function


@dataclass
class Expressions:
    """Evaluates the expressions of one function on one state."""

    code: Function
    state: Mapping[str, Any]
    """What is known of its fields; a field that is missing here is unknown."""
    begun: Callable[[str], Any] = field(default=lambda _: UNKNOWN)
    """What a field is taken for that nobody has written and that is read without a default."""

    def choices(self, node: ast.expr, way: Way) -> Iterator[Any]:
        """What an expression may give, where a condition in it is not known."""
        match node:
            case ast.IfExp(test=test, body=one, orelse=other):
                known = self.value(test, way)
                if known is UNKNOWN or holds(known):
                    yield from self.choices(one, way)
                if known is UNKNOWN or not holds(known):
                    yield from self.choices(other, way)
            case ast.Call(func=func) if self.code.scope.dotted(func) in COMMAND:
                yield from self._commands(node, way)
            case _:
                yield self.value(node, way)

    def _commands(self, node: ast.Call, way: Way) -> Iterator[Going]:
        words = {word.arg: word.value for word in node.keywords if word.arg}
        goto = words.get("goto")
        update = words.get("update")
        for to in self.choices(goto, way) if goto is not None else [None]:
            for change in self.choices(update, way) if update is not None else [None]:
                yield Going(change, to, "graph" in words)

    def value(self, node: ast.expr, way: Way) -> Any:
        """What an expression gives; `UNKNOWN` where that is not known."""
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return self._named(name, node, way)
            case ast.Subscript(value=ast.Name(id=owner), slice=key) if self._is_state(owner, way):
                return self._read(self.value(key, way), way, sure=True)
            case ast.Attribute(value=ast.Name(id=owner), attr=attr) if self._is_state(owner, way):
                return self._read(attr, way, sure=True)
            case ast.Attribute():
                return self._constant(node)
            case ast.Call():
                return self._call(node, way)
            case ast.BoolOp(op=op, values=values):
                return self._boolean(op, [self.value(each, way) for each in values])
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.value(operand, way)
                return UNKNOWN if inner is UNKNOWN else not holds(inner)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.value(operand, way)
                return -inner if isinstance(inner, int | float) else UNKNOWN
            case ast.BinOp(left=left, op=op, right=right):
                return applied(type(op), self.value(left, way), self.value(right, way))
            case ast.Compare():
                return self._compare(node, way)
            case ast.IfExp(test=test, body=one, orelse=other):
                known = self.value(test, way)
                if known is UNKNOWN:
                    return UNKNOWN
                return self.value(one if holds(known) else other, way)
            case ast.Dict(keys=keys, values=values):
                return self._dict(keys, values, way)
            case ast.List(elts=parts) | ast.Tuple(elts=parts):
                return self._list(parts, way)
            case ast.ListComp(elt=inner) | ast.GeneratorExp(elt=inner):
                return self._each(inner, node.generators, way)
            case ast.Await(value=inner):
                return self.value(inner, way)
            case ast.NamedExpr(target=ast.Name(id=name), value=inner):
                way.local[name] = self.value(inner, way)
                return way.local[name]
            case _:
                return UNKNOWN

    def _each(self, inner: ast.expr, made: list[ast.comprehension], way: Way) -> Any:
        """As many `Send` as a comprehension makes at most."""
        inside = way.copy()
        inside.forget(stored_in([each.target for each in made]))
        each = self.value(inner, inside)
        if not isinstance(each, Sent) or each.per:
            return UNKNOWN
        per: list[str] = []
        often = each.often
        for over in made:
            known = self.value(over.iter, way)
            if isinstance(known, list) and not any(isinstance(one, Sent) for one in known):
                often *= len(known)
            elif (count := self._range(over.iter, way)) is not None:
                often *= count
            else:
                per.append(gone_over(over.iter))
        filtered = any(over.ifs for over in made)
        sent = Sent(each.node, tuple(sorted(per)), often)
        return [Perhaps(sent) if filtered or per else sent] if often else []

    def _range(self, iterated: ast.expr, way: Way) -> int | None:
        match iterated:
            case ast.Call(func=ast.Name(id="range"), args=args, keywords=[]):
                given = [self.value(each, way) for each in args]
                if all(isinstance(each, int) for each in given):
                    return len(range(*cast("list[int]", given)))
            case _:
                pass
        return None

    def _is_state(self, name: str, way: Way) -> bool:
        if name in way.local:
            return way.local[name] is STATE
        return name in self.code.parameters[self.code.bound :][:1]

    def _named(self, name: str, node: ast.expr, way: Way) -> Any:
        if name in changed_elsewhere(self.code.source):
            return UNKNOWN
        if name in way.local:
            return way.local[name]
        if self._is_state(name, way):
            return STATE
        return self._constant(node)

    def _constant(self, node: ast.expr) -> Any:
        last = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
        if last in changed_elsewhere(self.code.source):
            return UNKNOWN
        value = self.code.scope.value(node)
        if value is MISSING or not isinstance(value, str | int | float | bool | None):
            return UNKNOWN
        return value

    def _read(self, key: Any, way: Way, *, sure: bool, default: Any = None) -> Any:
        if not isinstance(key, str) or ANY in way.state:
            return UNKNOWN
        if key in way.state:
            return way.state[key]
        value = self.state.get(key, UNKNOWN)
        if value is ABSENT:
            return self.begun(key) if sure else default
        return list(value) if isinstance(value, tuple) else value

    def _call(self, node: ast.Call, way: Way) -> Any:
        func, args = node.func, node.args
        match func:
            case ast.Attribute(value=ast.Name(id=owner), attr="get") if self._is_state(owner, way):
                default = self.value(args[1], way) if len(args) > 1 else None
                return self._read(self.value(args[0], way), way, sure=False, default=default)
            case ast.Name(id=name) if name in PURE and not node.keywords:
                given = [self.value(each, way) for each in args]
                return UNKNOWN if any(vague(v) for v in given) else called(PURE[name], given)
            case _:
                pass
        dotted = self.code.scope.dotted(func)
        if dotted in COMMAND:
            made = list(self._commands(node, way))
            return made[0] if len(made) == 1 else UNKNOWN
        if dotted in SEND:
            to = (
                args[0] if args else next((k.value for k in node.keywords if k.arg == "node"), None)
            )
            return Sent(self.value(to, way)) if to is not None else UNKNOWN
        if dotted in {"dict", "builtins.dict"} and not args:
            return {k.arg: self.value(k.value, way) for k in node.keywords if k.arg}
        return UNKNOWN

    def _boolean(self, op: ast.boolop, values: list[Any]) -> Any:
        is_and = isinstance(op, ast.And)
        for at, value in enumerate(values[:-1]):
            if value is UNKNOWN:
                rest = [v for v in values[at:] if v is not UNKNOWN]
                if is_and:
                    return UNKNOWN if all(map(holds, rest)) else False
                return True if any(each is True for each in rest) else UNKNOWN
            if holds(value) is not is_and:
                return value
        return values[-1]

    def _compare(self, node: ast.Compare, way: Way) -> Any:
        left = self.value(node.left, way)
        result: Any = True
        for op, right_node in zip(node.ops, node.comparators, strict=True):
            right = self.value(right_node, way)
            if right is STATE and isinstance(left, str) and not way.state:
                there = self.state.get(left, UNKNOWN)
                right = UNKNOWN if there is UNKNOWN else [] if there is ABSENT else [left]
            held = (
                contains(op, left, right)
                if isinstance(op, ast.In | ast.NotIn)
                else applied(type(op), left, right)
            )
            if held is False:
                return False
            result = UNKNOWN if held is UNKNOWN else result
            left = right
        return result

    def _dict(self, keys: list[ast.expr | None], values: list[ast.expr], way: Way) -> Any:
        made: dict[str, Any] = {}
        for key, item in zip(keys, values, strict=True):
            if key is None:
                inner = self.value(item, way)
                if inner is STATE and not way.state:
                    continue
                if not isinstance(inner, dict):
                    return UNKNOWN
                made |= inner
                continue
            named = self.value(key, way)
            if not isinstance(named, str):
                return UNKNOWN
            made[named] = self.value(item, way)
        return made

    def _list(self, parts: Sequence[ast.expr], way: Way) -> Any:
        made: list[Any] = []
        for each in parts:
            if isinstance(each, ast.Starred):
                inner = self.value(each.value, way)
                if not isinstance(inner, list):
                    return UNKNOWN
                made += inner
            else:
                made.append(self.value(each, way))
        return made
