"""Learns the facts of graphs from source alone, importing nothing of it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from langgraph.constants import END, START

from stretto.check.facts import Branch, Field, Graph, Node, Schema
from stretto.check.finding import Unknown
from stretto.check.reading.building import Built, Found, graphs_of
from stretto.check.reading.function import as_branch
from stretto.check.reading.hints import aliased, fields_hinted, hint_of
from stretto.check.reading.made_agents import agent_in
from stretto.check.reading.places import Places
from stretto.check.reading.retries import retries_in
from stretto.check.reading.schemas import fields_of
from stretto.check.reading.scope import MISSING, placed
from stretto.check.reading.source_files import Callable_, keep, parsed
from stretto.check.reading.spaces import Project, Space, read_in
from stretto.check.reading.tools import is_given, tools_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from stretto.check.facts import Checkpointing, Function

CREATE_AGENT = ("create_agent", "create_react_agent")
_SCHEMAS = ("input_schema", "output_schema", "input", "output")


def graphs_in_source(
    path: Path, text: str | None = None, *, root: Path | None = None
) -> list[Graph]:
    """Learn the facts of the graphs that a file builds, at its top or in a function of it.

    Imports of other files below `root` are followed; nothing is run. Of a graph of which not all
    can be told only that is said, in `unknown`.

    Args:
        path: The file.
        text: What is in it; read from it by default.
        root: The folder that imports begin at; the file's own by default.

    Raises:
        SyntaxError: It is no Python.
        ValueError: It cannot be decoded, or holds null bytes.
        OSError: It cannot be read.
    """
    source = path.read_text(encoding="utf-8") if text is None else text
    if not any(word in source for word in ("StateGraph", *CREATE_AGENT)):
        return []
    if text is not None:
        keep(str(path), text)
    file = parsed(str(path), source)
    space = Project(root or path.parent).made(path, file.tree)
    graphs = list(_found(file.tree.body, space, ""))
    named = [each for each in graphs if each.nodes or each.unknown or each.agent]
    return list({(g.name, g.place): g for g in named}.values())


def _found(body: list[ast.stmt], space: Space, name: str) -> Iterator[Graph]:
    found = graphs_of(body, space, name=name)
    for built in found.all():
        yield _Maker(space, found).graph(built, ())
    yield from _agents(body, space, found)
    for statement in _definitions(body):
        if isinstance(statement, ast.ClassDef):
            yield from _found_in_class(statement, space)
        else:
            yield from _found(statement.body, space.inner(statement), statement.name)


def _agents(body: list[ast.stmt], space: Space, found: Found) -> Iterator[Graph]:
    """The agents that a body makes and does nothing with: those are graphs of their own."""
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=func) as call):
                made = space.dotted(func).rpartition(".")[2] in CREATE_AGENT
                if made and not _is_used(name, body):
                    yield _Maker(space, found).agent_graph(name, call)
            case _:
                pass


def _is_used(name: str, body: list[ast.stmt]) -> bool:
    named = (node for each in body for node in ast.walk(each) if isinstance(node, ast.Name))
    return any(node.id == name and isinstance(node.ctx, ast.Load) for node in named)


def _found_in_class(tree: ast.ClassDef, space: Space) -> Iterator[Graph]:
    for each in tree.body:
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = space.of_class(tree).inner(each)
            yield from _found(each.body, inner, f"{tree.name}.{each.name}")


def _definitions(
    body: Iterable[ast.stmt],
) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement
        elif isinstance(statement, ast.If | ast.Try | ast.With):
            yield from _definitions(statement.body)


@dataclass
class _Adding:
    """What has been gathered of a graph."""

    nodes: dict[str, Node]
    edges: set[tuple[str, str]]
    joins: set[tuple[tuple[str, ...], str]]
    branches: list[Branch]
    unclear: str = ""


@dataclass
class _Maker:
    """Makes the facts of what was built in one body."""

    space: Space
    found: Found

    def graph(self, built: Built, path: tuple[str, ...]) -> Graph:
        """The facts of one graph."""
        name = built.name or "graph"
        place = placed(self.space.file, built.compiled or built.made)
        base = Graph(name, path, place=place, file=self.space.file)
        adding = _Adding({}, set(), set(), [], built.unclear)
        for step in built.steps:
            self._add(step, adding, path)
        self._defaults(built, adding)
        if adding.unclear:
            return replace(base, unknown=(Unknown(base.title, "", adding.unclear),))
        words = {k.arg: k.value for k in built.made.keywords if k.arg}
        state = built.made.args[0] if built.made.args else words.get("state_schema")
        fields, known = self._fields(state, words, adding)
        unknown = [Unknown(base.title, n.name, n.opaque) for n in adding.nodes.values() if n.opaque]
        if not known:
            unknown.append(Unknown(base.title, "", "the class of its state is not in these files"))
        return replace(
            base,
            nodes=adding.nodes,
            edges=frozenset(adding.edges),
            joins=frozenset(adding.joins),
            branches=tuple(adding.branches),
            fields=fields,
            schemas=tuple(self._schemas(state, words, adding)),
            input=self._keys(words.get("input_schema") or words.get("input"), fields),
            output=self._keys(words.get("output_schema") or words.get("output"), fields),
            checkpointing=_checkpointing(built, self.space),
            remembers=_remembers(built, self.space),
            compiled=built.compiled is not None,
            recursion_limit=self._configured(built, "recursion_limit"),
            max_concurrency=self._configured(built, "max_concurrency"),
            interrupts_before=self._names(built, "interrupt_before"),
            interrupts_after=self._names(built, "interrupt_after"),
            unknown=tuple(unknown),
            places=Places(tuple(dict.fromkeys([self.space.file, *_files(adding)]))),
        )

    def _add(self, step: ast.Call, adding: _Adding, path: tuple[str, ...]) -> None:
        method = step.func.attr if isinstance(step.func, ast.Attribute) else ""
        words = {k.arg: k.value for k in step.keywords if k.arg}
        given = list(step.args)
        match method:
            case "add_node":
                self._node(step, given, words, adding, path)
            case "add_edge":
                ends = [*given, *(words[k] for k in ("start_key", "end_key") if k in words)]
                self._edge(ends, adding)
            case "set_entry_point" | "set_finish_point":
                key = self._name(given[0] if given else words.get("key"))
                self._static(
                    START if "entry" in method else key, END if "finish" in method else key, adding
                )
            case "add_conditional_edges":
                self._branch(
                    self._name(given[0] if given else words.get("source")),
                    given[1:],
                    words,
                    step,
                    adding,
                )
            case "set_conditional_entry_point":
                self._branch(START, given, words, step, adding)
            case "add_sequence":
                self._sequence(step, given, adding, path)
            case _:
                pass

    def _defaults(self, built: Built, adding: _Adding) -> None:
        """Give what `set_node_defaults` says to the nodes that say nothing."""
        for step in built.steps:
            words = {k.arg: k.value for k in step.keywords if k.arg}
            if not (isinstance(step.func, ast.Attribute) and step.func.attr == "set_node_defaults"):
                continue
            retry = retries_in(words.get("retry_policy"), self.space)
            timeout = ast.unparse(words["timeout"]) if is_given(words.get("timeout")) else None
            for name, node in adding.nodes.items():
                adding.nodes[name] = replace(
                    node, retry=node.retry or retry, timeout=node.timeout or timeout
                )

    def _name(self, expression: ast.expr | None) -> str | None:
        if expression is None:
            return None
        value = self.space.value(expression)
        return value if isinstance(value, str) else None

    def _static(self, source: str | None, target: str | None, adding: _Adding) -> None:
        if source is None or target is None:
            adding.unclear = "the ends of an edge are not known"
        else:
            adding.edges.add((source, target))

    def _edge(self, ends: list[ast.expr], adding: _Adding) -> None:
        if len(ends) != 2:
            adding.unclear = "the ends of an edge are not known"
            return
        first = self.space.resolved(ends[0])
        if first is not None and isinstance(first[0], ast.List | ast.Tuple):
            sources = [first[1].value(each) for each in first[0].elts]
            target = self._name(ends[1])
            if target is None or not all(isinstance(each, str) for each in sources):
                adding.unclear = "the ends of an edge are not known"
            else:
                adding.joins.add((tuple(cast("list[str]", sources)), target))
            return
        self._static(self._name(ends[0]), self._name(ends[1]), adding)

    def _branch(
        self,
        source: str | None,
        given: list[ast.expr],
        words: dict[str, ast.expr],
        step: ast.Call,
        adding: _Adding,
    ) -> None:
        path = given[0] if given else words.get("path")
        mapped = given[1] if len(given) > 1 else words.get("path_map")
        if source is None or path is None:
            adding.unclear = "a conditional edge's source is not known"
            return
        code = self._function(path)
        code = as_branch(code) if code is not None else None
        ends = self._mapped(mapped)
        if ends is None and self.space.dotted(path).endswith("tools_condition"):
            ends = {"tools": "tools", END: END}
        if ends is None and code is not None:
            hint = code.hint or aliased(code)
            ends = {each: each for each in hint} if hint else None
        name = code.name if code is not None else "condition"
        place = placed(self.space.file, step)
        adding.branches.append(Branch(source, name, ends, code, place, mapped is not None))

    def _mapped(self, mapped: ast.expr | None) -> dict[str, str] | None:
        found = self.space.resolved(mapped) if mapped is not None else None
        if found is None:
            return None
        tree, space = found
        if isinstance(tree, ast.Dict):
            pairs = [
                (
                    k.value if isinstance(k, ast.Constant) else space.value(k) if k else MISSING,
                    space.value(v),
                )
                for k, v in zip(tree.keys, tree.values, strict=True)
            ]
            if all(k is not MISSING and isinstance(v, str) for k, v in pairs):
                return {str(k): str(v) for k, v in pairs}
        if isinstance(tree, ast.List | ast.Tuple):
            names = [space.value(each) for each in tree.elts]
            if all(isinstance(each, str) for each in names):
                return {each: each for each in cast("list[str]", names)}
        return None

    def _sequence(
        self, step: ast.Call, given: list[ast.expr], adding: _Adding, path: tuple[str, ...]
    ) -> None:
        listed = self.space.resolved(given[0]) if given else None
        if listed is None or not isinstance(listed[0], ast.List | ast.Tuple):
            adding.unclear = "the nodes of a sequence are not known"
            return
        before: str | None = None
        for each in listed[0].elts:
            pair = list(each.elts) if isinstance(each, ast.Tuple) else [each]
            known = set(adding.nodes)
            self._node(step, pair, {}, adding, path)
            added = [name for name in adding.nodes if name not in known]
            if before is not None and added:
                adding.edges.add((before, added[0]))
            before = added[0] if added else None

    def _node(
        self,
        step: ast.Call,
        given: list[ast.expr],
        words: dict[str, ast.expr],
        adding: _Adding,
        path: tuple[str, ...],
    ) -> None:
        first = given[0] if given else words.get("node")
        action = given[1] if len(given) > 1 else words.get("action")
        name = self._name(first)
        if action is None:
            action, name = first, self._named_after(first)
        if name is None or action is None or any(isinstance(each, ast.Starred) for each in given):
            adding.unclear = "the name of a node is not known"
            return
        node = self._made(name, action, (*path, name))
        handler = words.get("error_handler")
        if handler is not None:
            called = f"__error_handler__{name}"
            made = self._made(called, handler, (*path, called))
            adding.nodes[called] = replace(made, is_handler=True)
            node = replace(node, handler=called)
        adding.nodes[name] = replace(
            node,
            retry=retries_in(words.get("retry_policy") or words.get("retry"), self.space),
            timeout=ast.unparse(words["timeout"]) if is_given(words.get("timeout")) else None,
            defer=self.space.value(words["defer"]) is True if "defer" in words else False,
            ends=self._ends(words.get("destinations"), node),
            reads=self._reads(words.get("input_schema")),
            place=placed(self.space.file, step),
        )

    def _named_after(self, action: ast.expr | None) -> str | None:
        match action:
            case ast.Name(id=name):
                found = self.space.resolved(action)
                return (
                    found[0].name
                    if found and isinstance(found[0], ast.FunctionDef | ast.AsyncFunctionDef)
                    else name
                    if found is None
                    else None
                )
            case _:
                return None

    def _made(self, name: str, action: ast.expr, path: tuple[str, ...]) -> Node:
        inner = self._subgraph(action, path)
        if inner is not None:
            return Node(name, graph=inner, sync=False)
        made = self._called(name, action)
        if made is not None:
            return made
        code = self._function(action)
        if code is None:
            return Node(
                name, opaque=f"what {ast.unparse(action)[:60]!r} does is not in these files"
            )
        graph = self._closed_over(code, path)
        return Node(name, code=code, graph=graph, sync=self._is_sync(action, code))

    def _is_sync(self, action: ast.expr, code: Function) -> bool | None:
        """Whether a node has no async way; a Runnable or a decorator may give it one."""
        found = self.space.resolved(action)
        tree, space = found if found is not None else (action, self.space)
        called = space.dotted(tree.func) if isinstance(tree, ast.Call) else "partial"
        if code.wrapped or called.rpartition(".")[2] != "partial":
            return False if code.is_async else None
        return not code.is_async

    def _called(self, name: str, action: ast.expr) -> Node | None:
        """A node that `create_agent` or `ToolNode` makes; `None` for others."""
        found = self.space.resolved(action)
        if found is None or not isinstance(found[0], ast.Call):
            return None
        call, space = found
        assert isinstance(call, ast.Call)  # noqa: S101 - just seen
        match space.dotted(call.func).rpartition(".")[2]:
            case called if called in CREATE_AGENT:
                return Node(name, agent=agent_in(call, name, space), sync=False)
            case "ToolNode":
                words = {k.arg: k.value for k in call.keywords}
                tools = call.args[0] if call.args else words.get("tools")
                return Node(name, tools=tools_in(tools, space))
            case _:
                return None

    def _closed_over(self, code: Function, path: tuple[str, ...]) -> Graph | None:
        for each in ast.walk(code.tree):
            if isinstance(each, ast.Name) and each.id in self.found.graphs:
                return self._subgraph(each, path)
        return None

    def _subgraph(self, action: ast.expr, path: tuple[str, ...]) -> Graph | None:
        if len(path) > 20:
            return None
        root: ast.expr = action
        if (
            isinstance(action, ast.Call)
            and isinstance(action.func, ast.Attribute)
            and action.func.attr == "compile"
        ):
            root = action.func.value
        if isinstance(root, ast.Name):
            if root.id in self.found.graphs:
                return self.graph(self.found.graphs[root.id], path)
            if root.id in self.found.built:
                return self.graph(self.found.built[root.id], path)
            bound = self.space.find(root.id)
            elsewhere = (
                self.space.project.definition(bound[0])
                if (bound is not None and isinstance(bound[0], str))
                else None
            )
            space = elsewhere[1] if elsewhere else bound[1] if bound else None
            if space is not None and space is not self.space:
                return self._of_space(root.id, elsewhere, space, path)
        return None

    def _of_space(
        self,
        name: str,
        elsewhere: tuple[ast.AST, Space] | None,
        space: Space,
        path: tuple[str, ...],
    ) -> Graph | None:
        """A graph that stands at the top of this file or of another."""
        from stretto.check.reading.source_files import read

        file = read(space.file)
        if file is None or space.parent is not None:
            return None
        found = graphs_of(file.tree.body, space)
        bound = self.space.find(name)
        inner = name
        if elsewhere is not None and bound is not None and isinstance(bound[0], str):
            inner = bound[0].rpartition(".")[2]
        built = found.graphs.get(inner) or found.built.get(inner)
        return _Maker(space, found).graph(built, path) if built is not None else None

    def _function(self, action: ast.expr, bound: int = 0) -> Function | None:
        if isinstance(action, ast.Lambda):
            return read_in(action, self.space, bound=bound)
        if isinstance(action, ast.Call) and action.args:
            called = self.space.dotted(action.func).rpartition(".")[2]
            if called in {"partial", "RunnableLambda"}:
                return self._function(action.args[0], bound + len(action.args) - 1)
        found = (
            self.space.resolved(action) if isinstance(action, ast.Name | ast.Attribute) else None
        )
        if found is None:
            return None
        tree, space = found
        if isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            if _replaced(tree, space):
                return None
            return read_in(tree, space, bound=bound)
        if isinstance(tree, ast.Call) and tree is not action:
            return _Maker(space, self.found)._function(tree, bound)  # noqa: SLF001 - its own kind
        return None

    def agent_graph(self, name: str, call: ast.Call) -> Graph:
        """An agent that is a graph of its own: of its nodes nothing is told."""
        agent, file = agent_in(call, name, self.space), self.space.file
        return Graph(name, agent=agent, place=agent.place, file=file, places=Places((file,)))

    def _ends(self, given: ast.expr | None, node: Node) -> tuple[str, ...] | None:
        found = self.space.resolved(given) if given is not None else None
        if found is not None:
            tree, space = found
            parts = tree.keys if isinstance(tree, ast.Dict) else getattr(tree, "elts", [])
            names = [space.value(each) for each in parts if each is not None]
            if all(isinstance(each, str) for each in names):
                return tuple(cast("list[str]", names))
        if node.code is not None and node.code.hint is not None:
            return node.code.hint
        return None

    def _reads(self, given: ast.expr | None) -> frozenset[str] | None:
        fields = fields_of(given, self.space) if given is not None else None
        return None if fields is None else frozenset(fields)

    def _fields(
        self, state: ast.expr | None, words: dict[str, ast.expr], adding: _Adding
    ) -> tuple[dict[str, Field], bool]:
        whole = fields_of(state, self.space)
        given = [
            words[k] for k in ("input_schema", "output_schema", "input", "output") if k in words
        ]
        more = [fields_of(each, self.space) for each in given]
        hinted = [
            fields for n in adding.nodes.values() if n.code and (fields := fields_hinted(n.code))
        ]
        if whole is None or any(each is None for each in more):
            return _anything(adding), False
        for each in [*more, *hinted]:
            whole = {**(each or {}), **whole}
        return whole, True

    def _schemas(
        self, state: ast.expr | None, words: dict[str, ast.expr], adding: _Adding
    ) -> Iterator[Schema]:
        named = [(state, self.space)] if state is not None else []
        named += [(words[k], self.space) for k in _SCHEMAS if k in words]
        for node in adding.nodes.values():
            hint = hint_of(node.code) if node.code is not None else None
            named += [hint] if hint is not None else []
        for expression, space in named:
            found = space.resolved(expression)
            if found is not None and isinstance(found[0], ast.ClassDef):
                tree, where = found
                assert isinstance(tree, ast.ClassDef)  # noqa: S101 - just seen
                base = next((where.dotted(b) for b in tree.bases), "")
                yield Schema(tree.name, base, placed(where.file, tree))

    def _keys(self, given: ast.expr | None, fields: dict[str, Field]) -> frozenset[str]:
        own = fields_of(given, self.space) if given is not None else None
        return frozenset(fields if own is None else own)

    def _configured(self, built: Built, key: str) -> int | None:
        for call in built.configured:
            words = {k.arg: k.value for k in call.keywords if k.arg}
            inner = words.get(key)
            config = call.args[0] if call.args else words.get("config")
            if isinstance(config, ast.Dict):
                for k, v in zip(config.keys, config.values, strict=True):
                    if isinstance(k, ast.Constant) and k.value == key:
                        inner = v
            value = self.space.value(inner) if inner is not None else None
            if isinstance(value, int):
                return value
            if inner is not None:
                return 0  # it is set, though not known to what
        return None

    def _names(self, built: Built, key: str) -> frozenset[str]:
        words = {
            k.arg: k.value for k in (built.compiled.keywords if built.compiled else []) if k.arg
        }
        given = words.get(key)
        listed = given.elts if isinstance(given, ast.List | ast.Tuple) else []
        names = [self.space.value(each) for each in listed]
        return frozenset(each for each in names if isinstance(each, str))


def _files(adding: _Adding) -> list[str]:
    return [node.code.source for node in adding.nodes.values() if node.code is not None]


def _replaced(tree: Callable_, space: Space) -> bool:
    """Whether a decorator may put something else in a function's place."""
    if isinstance(tree, ast.Lambda):
        return False
    names = {space.dotted(d.func if isinstance(d, ast.Call) else d) for d in tree.decorator_list}
    return any(name.rpartition(".")[2] in {"entrypoint", "chain"} for name in names)


def _anything(adding: _Adding) -> dict[str, Field]:
    """Fields of which nothing is known, so that nothing is said of them."""
    keys: set[str] = set()
    for node in adding.nodes.values():
        if node.code is not None:
            keys |= {w.key for w in node.code.writes} | {r.key for r in node.code.reads}
    return {key: Field(key, merges=True, has_default=True) for key in keys}


def _checkpointing(built: Built, space: Space) -> Checkpointing:
    if built.compiled is None:
        return "unknown"
    words = {k.arg: k.value for k in built.compiled.keywords if k.arg}
    given = words.get("checkpointer") or (built.compiled.args[0] if built.compiled.args else None)
    if given is None:
        return "none"
    value = space.value(given)
    if value is False:
        return "off"
    return "none" if value is None else "own"


def _remembers(built: Built, space: Space) -> bool:
    words = built.compiled.keywords if built.compiled is not None else []
    return any(k.arg == "checkpointer" and space.value(k.value) is True for k in words)
