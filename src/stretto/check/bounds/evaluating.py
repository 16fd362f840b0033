"""Runs a function's source on what is known of the state: each way it may go, and what it gives.

Only what decides where a graph goes is looked at: comparisons, `and`, `or`, `not`, `in`, sums of
constants and counters, lengths of lists. All else is unknown, and a condition that is unknown goes
both ways.
"""

from __future__ import annotations

import ast
import operator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, cast

from stretto.check.bounds.changing import changed_elsewhere, changed_in, passed_on, stored_in
from stretto.check.reading.scope import MISSING
from stretto.check.reading.targets import COMMAND, SEND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from stretto.check.facts import Function

PATHS = 64
"""How many ways through one function are told apart."""


class _Unknown:
    def __repr__(self) -> str:
        return "?"


UNKNOWN: Final = _Unknown()
ABSENT: Final = object()
"""A field that nobody has written."""


@dataclass(frozen=True)
class Going:
    """A `Command`: what it updates, and where it goes."""

    update: Any = None
    goto: Any = None
    parent: bool = False


@dataclass(frozen=True)
class Sent:
    """A `Send`, or as many as there are of something."""

    node: Any
    per: tuple[str, ...] = ()
    """What there may be any number of: as often as there are of all of them, multiplied."""
    often: int = 1


FAILED: Final = object()
"""Stands for what a function gives that raises."""


@dataclass
class Way:
    """One way through a function."""

    local: dict[str, Any] = field(default_factory=dict[str, Any])
    given: Any = None
    done: bool = False
    state: dict[str, Any] = field(default_factory=dict[str, Any])
    """Fields that the function has given other values in place."""

    def copy(self) -> Way:
        """The same, to go on from."""
        return Way(dict(self.local), self.given, self.done, dict(self.state))

    def ended(self, given: Any) -> Way:
        """The same, at its end."""
        return Way(self.local, given, done=True, state=self.state)

    def forget(self, names: Iterable[str]) -> None:
        """Know no longer what local names hold."""
        self.local.update(dict.fromkeys(names, UNKNOWN))

    def touch(self, names: Iterable[str]) -> None:
        """Know no longer what is in the lists and dictionaries that local names hold."""
        held = [self.local[n] for n in names if isinstance(self.local.get(n), list | dict)]
        for name, value in list(self.local.items()):
            if any(value is each for each in held):
                self.local[name] = UNKNOWN


_OPERATIONS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
_PURE: dict[str, Callable[..., Any]] = {
    "len": len,
    "min": min,
    "max": max,
    "bool": bool,
    "abs": abs,
    "int": int,
    "str": str,
}


class TooMany(Exception):
    """Raised when a function has more ways through it than are told apart."""


@dataclass
class Evaluator:
    """Evaluates one function on one state."""

    code: Function
    state: Mapping[str, Any]
    """What is known of its fields; a field that is missing here is unknown."""
    begun: Callable[[str], Any] = field(default=lambda _: UNKNOWN)
    """What a field is taken for that nobody has written and that is read without a default."""

    def results(self) -> list[Any]:
        """What it may give, each way through it.

        Raises:
            TooMany: There are more than `PATHS` ways.
        """
        tree = self.code.tree
        if isinstance(tree, ast.Lambda):
            return list(self._choices(tree.body, Way()))
        ways = self._body(tree.body, [Way()])
        return [way.given for way in ways]

    # Statements.

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
                given = self._choices(value, way) if value is not None else [None]
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
                changed = _applied(type(op), way.local.get(name, UNKNOWN), self.value(value, way))
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
        return self._body(body if _holds(test) else orelse, [way])

    def _assign(self, targets: Sequence[ast.expr], value: ast.expr, way: Way) -> list[Way]:
        ways: list[Way] = []
        for each in self._choices(value, way):
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
                return _applied(ast.Eq, subject, self.value(value, way))
            case ast.MatchSingleton(value=value):
                return subject is value
            case ast.MatchAs(pattern=None):
                return True
            case ast.MatchOr(patterns=patterns):
                each = [self._fits(subject, ast.match_case(p, None, []), way) for p in patterns]
                return True if True in each else UNKNOWN if UNKNOWN in each else False
            case _:
                return UNKNOWN

    # Expressions.

    def _choices(self, node: ast.expr, way: Way) -> Iterator[Any]:
        """What an expression may give, where a condition in it is not known."""
        match node:
            case ast.IfExp(test=test, body=one, orelse=other):
                known = self.value(test, way)
                if known is UNKNOWN or _holds(known):
                    yield from self._choices(one, way)
                if known is UNKNOWN or not _holds(known):
                    yield from self._choices(other, way)
            case ast.Call(func=func) if self.code.scope.dotted(func) in COMMAND:
                yield from self._commands(node, way)
            case _:
                yield self.value(node, way)

    def _commands(self, node: ast.Call, way: Way) -> Iterator[Going]:
        words = {word.arg: word.value for word in node.keywords if word.arg}
        goto = words.get("goto")
        update = words.get("update")
        for to in self._choices(goto, way) if goto is not None else [None]:
            for change in self._choices(update, way) if update is not None else [None]:
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
                return UNKNOWN if inner is UNKNOWN else not _holds(inner)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.value(operand, way)
                return -inner if isinstance(inner, int | float) else UNKNOWN
            case ast.BinOp(left=left, op=op, right=right):
                return _applied(type(op), self.value(left, way), self.value(right, way))
            case ast.Compare():
                return self._compare(node, way)
            case ast.IfExp(test=test, body=one, orelse=other):
                known = self.value(test, way)
                if known is UNKNOWN:
                    return UNKNOWN
                return self.value(one if _holds(known) else other, way)
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
                per.append(_per(over.iter))
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
            case ast.Name(id=name) if name in _PURE and not node.keywords:
                given = [self.value(each, way) for each in args]
                return UNKNOWN if any(_vague(v) for v in given) else _called(_PURE[name], given)
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
                    return UNKNOWN if all(map(_holds, rest)) else False
                return True if any(each is True for each in rest) else UNKNOWN
            if _holds(value) is not is_and:
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
                _contains(op, left, right)
                if isinstance(op, ast.In | ast.NotIn)
                else _applied(type(op), left, right)
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


STATE: Final = object()
"""The state itself."""


ANY: Final = "*"
"""Stands for a field that is changed in place, whichever it is."""


@dataclass(frozen=True)
class Perhaps:
    """As many `Send` as there are of something, or none."""

    sent: Sent


def _captured(case: ast.match_case) -> set[str]:
    """The names that a pattern gives values."""
    found = [getattr(each, "name", None) for each in ast.walk(case.pattern)]
    rest = [getattr(each, "rest", None) for each in ast.walk(case.pattern)]
    return {name for name in (*found, *rest) if isinstance(name, str)}


def _per(iterated: ast.expr) -> str:
    """What a comprehension goes over, in a word."""
    match iterated:
        case ast.Subscript(slice=ast.Constant(value=str() as key)):
            return key
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case ast.Call(args=[first, *_]):
            return _per(first)
        case _:
            return "items"


def _vague(value: Any) -> bool:
    return value is UNKNOWN or value is STATE or isinstance(value, dict | Sent | Perhaps | Going)


def _holds(value: Any) -> bool:
    return bool(value)


def _applied(op: type[ast.AST], left: Any, right: Any) -> Any:
    if op in (ast.Is, ast.IsNot) and right is None and not _vague(left):
        return (left is None) is (op is ast.Is)
    if _vague(left) or _vague(right) or op not in _OPERATIONS:
        return UNKNOWN
    if isinstance(left, list) and UNKNOWN in left and op is not ast.Add:
        return UNKNOWN
    try:
        return _OPERATIONS[op](left, right)
    except (TypeError, ValueError, ArithmeticError):
        return UNKNOWN


def _contains(op: ast.cmpop, left: Any, right: Any) -> Any:
    if _vague(left) or _vague(right) or not isinstance(right, list | str):
        return UNKNOWN
    if isinstance(right, list) and any(each is UNKNOWN for each in right):
        return UNKNOWN
    try:
        found = left in right
    except TypeError:
        return UNKNOWN
    return found if isinstance(op, ast.In) else not found


def _called(function: Callable[..., Any], given: list[Any]) -> Any:
    if function is not len and any(isinstance(v, list) and UNKNOWN in v for v in given):
        return UNKNOWN
    try:
        return function(*given)
    except (TypeError, ValueError):
        return UNKNOWN
