"""What a function calls, and what of that the world keeps."""

from __future__ import annotations

import ast
import builtins
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stretto.check.facts import Call, Effect, Mutation, Read
from stretto.check.reading.effects import (
    ADDS,
    ASIDE,
    CHANGES,
    NOTES,
    is_keyed,
    keyed,
    looks_like_effect,
    told,
)
from stretto.check.reading.returning import Update
from stretto.check.reading.scope import MISSING
from stretto.check.reading.statements import Statements, parameters
from stretto.check.reading.targets import SEND, targets
from stretto.spec.tool import EFFECT_KEY, EFFECTS

if TYPE_CHECKING:
    from stretto.check.facts import Function
    from stretto.check.finding import Place
    from stretto.check.reading.scope import Scope
    from stretto.check.reading.source_files import Callable_

NAMES = 4
"""How many names deep a returned value is followed."""
_PLAIN = frozenset({"ainvoke", "batch", "copy", "invoke", "loads", "model_copy", "model_dump"})
INTERRUPT = ("langgraph.types.interrupt", "interrupt")
_THREADS = {"to_thread": 0, "run_in_threadpool": 0, "run_sync": 0, "run_in_executor": 1}
"""What calls a function in a thread, and which of its arguments that is."""
_TASKS = ("langgraph.func.task", "task")
_OURS = ("langgraph.", "langchain", "stretto.")
_DECLARED_EFFECTS = ("ask", "fail")
_READS = ("get", "items", "keys", "values", "copy")
_INVOKES = ("invoke", "ainvoke", "run", "arun")
"""How a tool is called in code."""
_ONCE = ("stretto.effect", "stretto.members.effects.effect")
"""What does a thing once, whatever it is given to do."""
_EXISTS = re.compile(r"exist|duplicate|integrity|conflict", re.IGNORECASE)
"""Names of exceptions that say that a thing was done before."""
_LEAVES = ("print", "len", "str", "repr", "dict", "list", "sorted", "json.dumps")
"""Functions that leave a dictionary as it is."""


class Calling(Statements):
    """Reads calls."""

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
                        self.mutations.append(Mutation(key, at, whole=True))
                else:
                    self.reads_all = True
                for argument in node.args[1:]:
                    self.visit(argument)
                return
            case ast.Attribute(value=inner, attr=method) if method in CHANGES:
                self.changed(inner, node)
            case ast.Name(id=called) if called in self.inner:
                self._inner_call(called)
            case _:
                pass
        self._passed_on(name, node)
        if self.is_command(node):
            self._command(node)
        elif name in SEND:
            found, whole = targets(node, self.scope, self.choices, 0, many=bool(self.looped))
            self.jumps += found
            self.jumps_all = self.jumps_all and whole
        self._called(name, node, at)
        if (there := _in_thread(node)) is not None:
            self._called(self.scope.dotted(there.func), there, at)
        if name not in _ONCE:
            self.generic_visit(node)
            return
        effects = list(self.effects)
        self.generic_visit(node)
        self.effects = effects

    def returned(self, value: ast.expr) -> None:
        """Note what a `return` gives, and what a function may that gives it."""
        super().returned(value)
        self._given_by(value, 0)

    def _given_by(self, value: ast.expr, depth: int) -> None:
        """Note the `Command` of a function that is called, or of a name that holds its result."""
        match value:
            case ast.Await(value=inner):
                self._given_by(inner, depth)
            case ast.Name(id=name) if name in self.choices and depth < NAMES:
                for each in self.choices[name] or ():
                    self._given_by(each, depth + 1)
            case ast.Call(func=func) if not (
                self.is_command(value) or self.scope.dotted(func) in SEND or self._plain(func)
            ):
                called = self.scope.function(func)
                if called is None:
                    self.jumps_all = False
                else:
                    self.jumps += called.jumps
                    self.jumps_all = self.jumps_all and called.jumps_all
                    self.parents_all = self.parents_all and called.parents_all
                    self.commands = self.commands or called.commands
            case _:
                pass

    def _plain(self, func: ast.expr) -> bool:
        """Whether a call gives no `Command`, as far as is usual."""
        last = self.scope.dotted(func).rpartition(".")[2]
        inner = isinstance(func, ast.Name) and func.id in self.inner
        return inner or last in _PLAIN or last[:1].isupper() or hasattr(builtins, last)

    def _passed_on(self, name: str, node: ast.Call) -> None:
        """A local dictionary that is given to others, or changed by a method, may get more keys."""
        changed: list[ast.expr] = []
        match node.func:
            case ast.Attribute(value=ast.Name() as owner, attr=attr) if attr not in _READS:
                changed.append(owner)
            case _:
                pass
        if not self.is_command(node) and name.removeprefix("builtins.") not in _LEAVES:
            changed += [*node.args, *(k.value for k in node.keywords)]
        for each in changed:
            if isinstance(each, ast.Name) and each.id in self.dicts:
                self.dicts[each.id].append(Update({}, whole=False))

    def _called(self, name: str, node: ast.Call, at: Place) -> None:
        looped, conditional = bool(self.looped), bool(self.conditional)
        self.calls.append(
            Call(name, at, node, self.caught, looped, conditional, swallows=self.swallows)
        )
        value = self.scope.value(node.func)
        found = told(name, node, self.scope.value)
        called = self._function(node.func)
        if found is not None:
            self._effect(name, at, found.kind, again=found.again or keyed(self._held(node)))
        elif called is not None:
            self._follow(name, called, at)
        elif _declared(value):
            self._effect(name, at, "declared")
        elif not name.startswith(_OURS) and looks_like_effect(name):
            self._effect(name, at, "named", again=is_keyed(node))

    def _held(self, node: ast.Call) -> list[ast.expr]:
        """What the local names are given that a call is given."""
        given = [*node.args, *(word.value for word in node.keywords)]
        names = [each.id for each in given if isinstance(each, ast.Name)]
        return [value for name in names for value in self.choices.get(name) or ()]

    def _function(self, func: ast.expr) -> Function | None:
        """The function of the user that is called, as itself or as a tool."""
        match func:
            case ast.Attribute(value=owner, attr=attr) if attr in _INVOKES:
                return self.scope.function(owner) or self.scope.function(func)
            case _:
                return self.scope.function(func)

    def _effect(self, name: str, at: Place, kind: Any, *, again: bool = False) -> None:
        known = {(e.at, e.kind) for e in self.effects}
        if (at, kind) not in known:
            caught = self.caught is not None
            again = again or any(_EXISTS.search(each) for each in self.caught or ())
            conditional = bool(self.conditional)
            self.effects.append(Effect(name, at, kind, conditional, caught, again))

    def _follow(self, name: str, called: Function, at: Place) -> None:
        """Take over what a function of the user does that is called here."""
        for call in called.calls:
            self.calls.append(
                replace(
                    call,
                    at=at,
                    caught=_both(call.caught, self.caught),
                    swallows=call.swallows if call.swallows is not None else self.swallows,
                    looped=call.looped or bool(self.looped),
                    conditional=call.conditional or bool(self.conditional),
                    within=called.name,
                )
            )
        if called.effect in _DECLARED_EFFECTS:
            self._effect(name, at, "declared")
        if called.effect:
            return
        notes = bool(NOTES.search(called.name))
        for effect in called.effects:
            self._effect(effect.call, at, effect.kind, again=effect.again or notes)
        says_nothing = not (called.effects or called.calls or called.returns)
        if says_nothing and looks_like_effect(name):
            self._effect(name, at, "named")

    def _inner_call(self, called: str) -> None:
        """Visit the body of a function defined within, where it is called."""
        tree = self.inner.pop(called)
        before = (list(self.returns), list(self.updates), self.writes_all, self.returns_state)
        state = set(self.state)
        self.state -= parameters(tree)
        body = [tree.body] if isinstance(tree, ast.Lambda) else tree.body
        for statement in body:
            self.visit(statement)
        self.state = state
        self.returns, self.updates, self.writes_all, self.returns_state = before
        self.inner[called] = tree

    def changed(self, target: ast.expr, node: ast.AST) -> None:
        """Note that something is changed in place: the state's, or an object outside."""
        super().changed(target, node)
        root = target
        while isinstance(root, ast.Attribute | ast.Subscript):
            root = root.value
        if not isinstance(root, ast.Name) or root.id in self.locals | self.state:
            return
        if self.scope.container(root):
            text = ast.unparse(node.func) if isinstance(node, ast.Call) else ast.unparse(target)
            again = text.rpartition(".")[2] not in ADDS or bool(ASIDE.search(text))
            self._effect(text, self.scope.place(node), "memory", again=again)

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
        found, whole = targets(goto, self.scope, self.choices, 0)
        self.jumps += [replace(j, parent=parent) for j in found]
        self.jumps_all = self.jumps_all and (whole or parent)
        self.parents_all = self.parents_all and (whole or not parent)


def _in_thread(node: ast.Call) -> ast.Call | None:
    """The call that a thread makes, as in `asyncio.to_thread(requests.post, url)`."""
    last = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    given = node.args[_THREADS[last] :] if last in _THREADS else []
    if not given or not isinstance(given[0], ast.Name | ast.Attribute):
        return None
    return ast.copy_location(ast.Call(given[0], given[1:], node.keywords), node)


def _both(inner: tuple[str, ...] | None, outer: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return outer if inner is None else (*inner, *(outer or ()))


def declared_effect(tree: Callable_, scope: Scope, live: Any) -> str:
    """What a function declares of its effect; "once" for a LangGraph task."""
    given = getattr(live, EFFECT_KEY, "")
    if given in EFFECTS:
        return str(given)
    for each in () if isinstance(tree, ast.Lambda) else tree.decorator_list:
        name = scope.dotted(each.func if isinstance(each, ast.Call) else each)
        if name in _TASKS:
            return "once"
        for word in each.keywords if isinstance(each, ast.Call) else ():
            if word.arg == "effect" and (value := scope.value(word.value)) in EFFECTS:
                return str(value)
    return ""


def _declared(value: Any) -> bool:
    return getattr(value, EFFECT_KEY, None) in _DECLARED_EFFECTS if value is not MISSING else False
