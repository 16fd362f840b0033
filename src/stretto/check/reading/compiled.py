"""Learns the facts of a graph from the graph itself, compiled or not."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args, get_origin

from langchain_core.runnables import RunnableLambda
from langchain_core.runnables.base import RunnableBindingBase, RunnableSequence
from langgraph.channels.base import BaseChannel
from langgraph.channels.binop import BinaryOperatorAggregate
from langgraph.channels.last_value import LastValue
from langgraph.graph import StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.pregel import Pregel
from langgraph.types import RetryPolicy
from pydantic import BaseModel
from typing_extensions import get_type_hints, is_typeddict

from stretto.check.facts import Branch, Field, Graph, Node, Retry, Schema
from stretto.check.finding import Unknown
from stretto.check.reading.agents import agent_in, tools_of_node
from stretto.check.reading.classes import classes_of
from stretto.check.reading.function import as_branch
from stretto.check.reading.live import LIBRARIES, definition, is_library, plain, read_live
from stretto.check.reading.places import Places
from stretto.check.reading.scope import name_of, placed
from stretto.check.reading.source_files import read
from stretto.check.stored import held_in_memory
from stretto.members.node import MEMBER_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stretto.check.facts import Checkpointing, Function

AnyGraph = StateGraph[Any, Any, Any, Any] | Pregel[Any, Any, Any, Any]
Builder = StateGraph[Any, Any, Any, Any]


def read_graph(graph: AnyGraph, *, name: str = "", file: str = "", served: bool = False) -> Graph:
    """Learn the facts of a graph and of all graphs within it.

    Args:
        graph: A `StateGraph`, or what `compile` made of one. Of other graphs (the functional API, a
            Pregel made by hand) only what they call themselves is known.
        name: What to call it; by default its own name.
        file: The file it was asked for in: the first that its parts are looked for in.
        served: Whether langgraph.json names it.
    """
    read = _Reader(file, served).graph(graph, name=name, path=(), above=())
    stored = held_in_memory(read, getattr(graph, "checkpointer", None))
    return replace(read, stored=stored) if stored else read


@dataclass(frozen=True)
class _Reader:
    file: str
    served: bool

    def graph(
        self, graph: AnyGraph, *, name: str, path: tuple[str, ...], above: tuple[int, ...]
    ) -> Graph:
        compiled = None if isinstance(graph, StateGraph) else graph
        builder = graph if isinstance(graph, StateGraph) else getattr(graph, "builder", None)
        own = compiled.get_name() if compiled is not None else ""
        called = name or (own if own != "LangGraph" else "") or "graph"
        if not isinstance(builder, StateGraph):
            why = "it is no StateGraph, so its nodes cannot be told apart"
            return Graph(
                called, path, live=graph, file=self.file, unknown=(Unknown(called, "", why),)
            )
        known: Builder = builder
        return self._of(known, compiled, called, path, (*above, id(builder)))

    def _of(
        self,
        builder: Builder,
        compiled: Pregel[Any, Any, Any, Any] | None,
        name: str,
        path: tuple[str, ...],
        above: tuple[int, ...],
    ) -> Graph:
        places = Places(_files(builder, self.file))
        unknown: list[Unknown] = []
        title = "/".join((path[0], *path[1:], name)) if path else name
        nodes: dict[str, Node] = {}
        for each, spec in _specs(builder).items():
            nodes[each] = self._node(each, spec, places, path, above)
            if nodes[each].opaque:
                unknown.append(Unknown(title, each, nodes[each].opaque))
        config = cast("Mapping[str, Any]", getattr(compiled, "config", None) or {})
        made = Graph(
            name=name,
            path=path,
            nodes=nodes,
            edges=frozenset(builder.edges),
            joins=frozenset((tuple(sources), to) for sources, to in builder.waiting_edges),
            branches=tuple(_branches(builder, places)),
            fields=_fields(builder, places),
            schemas=tuple(_schema(each) for each in builder.schemas),
            input=frozenset(builder.schemas.get(builder.input_schema, {})),
            output=frozenset(builder.schemas.get(builder.output_schema, {})),
            checkpointing=_checkpointing(compiled),
            remembers=getattr(compiled, "checkpointer", None) is True,
            compiled=compiled is not None,
            recursion_limit=config.get("recursion_limit"),
            max_concurrency=config.get("max_concurrency"),
            interrupts_before=_named(getattr(compiled, "interrupt_before_nodes", ()), nodes),
            interrupts_after=_named(getattr(compiled, "interrupt_after_nodes", ()), nodes),
            served=self.served and not path,
            unknown=tuple(unknown),
            live=compiled,
            builder=builder,
            places=places,
            place=places.compiled() or places.assigned(name),
            file=self.file,
        )
        return replace(made, agent=agent_in(made))

    def _node(
        self, name: str, spec: Any, places: Places, path: tuple[str, ...], above: tuple[int, ...]
    ) -> Node:
        runnable = spec.runnable
        function = _function(runnable)
        member = getattr(function, MEMBER_KEY, None)
        inner = _subgraph(runnable, function, member)
        graph, recursive = None, False
        if inner is not None:
            key = id(getattr(inner, "builder", inner))
            recursive = key in above
            if not recursive:
                graph = self.graph(
                    inner, name=_inner_name(inner, name), path=(*path, name), above=above
                )
                graph = replace(graph, path=(*path, name))
        source = member.source if member is not None and inner is None else function
        code = None if inner is not None and member is not None else _code(source)
        if member is not None and code is not None:  # what a member gives leads nowhere by itself
            code = replace(code, jumps=(), jumps_all=True, commands=False)
        return Node(
            name=name,
            code=code,
            graph=graph,
            agent=_agent(graph, member),
            tools=tools_of_node(runnable),
            retry=_retries(spec.retry_policy, places, name),
            timeout=spec.timeout,
            handler=spec.error_handler_node or "",
            is_handler=spec.is_error_handler,
            defer=spec.defer,
            ends=_ends(spec.ends),
            metadata=spec.metadata or {},
            sync=_is_sync(runnable),
            reads=_reads(spec),
            policy=getattr(member, "policy", None),
            member=member,
            live=spec,
            place=places.node(name),
            opaque="the graph contains itself"
            if recursive
            else _opaque(function, code, graph, runnable),
        )


def _specs(builder: Builder) -> dict[str, Any]:
    """The nodes, with the defaults that compiling would give them."""
    defaults: Any = getattr(builder, "_node_defaults", None)
    specs: dict[str, Any] = dict(builder.nodes)
    if defaults is None:
        return specs
    for name, spec in specs.items():
        specs[name] = dataclasses.replace(
            spec,
            retry_policy=spec.retry_policy or defaults.retry_policy,
            timeout=spec.timeout or defaults.timeout,
        )
    return specs


def _files(builder: Builder, file: str) -> tuple[str, ...]:
    """The files that a graph is likely written in."""
    found = [file] if file else []
    for spec in builder.nodes.values():
        function = plain(_function(spec.runnable))
        if function is not None and not is_library(function):
            found.append(function.__code__.co_filename)
    for schema in builder.schemas:
        if (getattr(schema, "__module__", "") or "").partition(".")[0] in LIBRARIES:
            continue
        try:
            found.append(inspect.getsourcefile(schema) or "")
        except (TypeError, OSError):
            continue
    return tuple(dict.fromkeys(each for each in found if each))


def _function(runnable: Any) -> Any:
    """The function of a node or branch."""
    while isinstance(runnable, RunnableBindingBase):
        runnable = cast("Any", runnable).bound
    if isinstance(runnable, RunnableLambda):
        return cast("Any", getattr(runnable, "func", None) or getattr(runnable, "afunc", None))
    sync, asynchronous = getattr(runnable, "func", None), getattr(runnable, "afunc", None)
    if sync is None and plain(asynchronous) is None and asynchronous is not None:
        return getattr(asynchronous, "func", asynchronous)
    return sync or asynchronous


def _code(function: Any) -> Function | None:
    return read_live(function) if function is not None else None


def _subgraph(runnable: Any, function: Any, member: Any) -> Any:
    """The graph that a node is, or that its function closes over or names."""
    while isinstance(runnable, RunnableBindingBase):
        runnable = cast("Any", runnable).bound
    if isinstance(runnable, Pregel | StateGraph):
        return cast("Any", runnable)
    if isinstance(runnable, RunnableSequence):
        for step in cast("Any", runnable).steps:
            if isinstance(step, Pregel):
                return cast("Any", step)
        return None
    if member is not None:
        return member.runnable if isinstance(member.runnable, Pregel) else None
    found = plain(function)
    if found is None:
        return None
    closed = inspect.getclosurevars(found) if found.__closure__ or found.__globals__ else None
    if closed is None:
        return None
    named = [*closed.nonlocals.values(), *closed.globals.values()]
    graphs = [each for each in named if isinstance(each, Pregel)]
    graphs += [
        each.__self__
        for each in named
        if inspect.ismethod(each) and isinstance(each.__self__, Pregel)
    ]
    return graphs[0] if graphs else None


def _inner_name(inner: Any, node: str) -> str:
    own = inner.get_name() if isinstance(inner, Pregel) else ""
    return own if own and own != "LangGraph" else node


def _agent(graph: Graph | None, member: Any) -> Any:
    found = graph.agent if graph is not None else None
    spec = getattr(member, "agent", None)
    if found is None or spec is None:
        return found
    return replace(found, name=spec.name, spec=spec)


def _opaque(function: Any, code: Function | None, graph: Graph | None, runnable: Any) -> str:
    if code is not None or graph is not None:
        return ""
    found = plain(function)
    if found is None:
        kind = type(runnable).__name__
        if hasattr(runnable, "tools_by_name") or type(runnable).__module__.startswith("lang"):
            return (
                ""
                if function is None or hasattr(runnable, "tools_by_name")
                else f"{kind} has no source"
            )
        return f"{kind} is no function whose source can be read"
    if is_library(found):
        return ""
    return f"the source of {found.__qualname__} is not to be had"


def _is_sync(runnable: Any) -> bool | None:
    while isinstance(runnable, RunnableBindingBase):
        runnable = cast("Any", runnable).bound
    if isinstance(runnable, Pregel):
        return False
    if not (hasattr(runnable, "func") or hasattr(runnable, "afunc")):
        return None
    asynchronous = getattr(runnable, "afunc", None)
    in_a_thread = isinstance(asynchronous, functools.partial) and name_of(
        asynchronous.func
    ).endswith("run_in_executor")
    return asynchronous is None or in_a_thread


def _retries(policy: Any, places: Places, node: str) -> tuple[Retry, ...]:
    if policy is None:
        return ()
    given = [policy] if isinstance(policy, RetryPolicy) else list(policy)
    at = places.keyword(places.node(node), "retry_policy")
    made: list[Retry] = []
    for each in given:
        on = each.retry_on
        classes = (
            [on] if isinstance(on, type) else list(on) if isinstance(on, list | tuple) else None
        )
        names = tuple(c.__name__ for c in classes) if classes is not None else None
        default = name_of(on).endswith("default_retry_on")
        made.append(Retry(each.max_attempts, None if default else on, names, at))
    return tuple(made)


def _ends(ends: Any) -> tuple[str, ...] | None:
    if not ends:
        return None
    return tuple(ends)


def _reads(spec: Any) -> frozenset[str] | None:
    try:
        return frozenset(get_type_hints(spec.input_schema))
    except (TypeError, NameError):
        return None


def _branches(builder: Builder, places: Places) -> list[Branch]:
    found: list[Branch] = []
    for source, branches in builder.branches.items():
        for name, spec in branches.items():
            function = _function(spec.path)
            code = _code(function)
            code = as_branch(code) if code is not None else None
            call = places.call("add_conditional_edges", source)
            explicit = call is not None and (
                len(call[1].args) > 2 or any(k.arg == "path_map" for k in call[1].keywords)
            )
            ends = cast("Mapping[str, str] | None", spec.ends)
            place = call[0] if call else None
            reads = _given(builder, source, spec.input_schema)
            found.append(Branch(source, name, ends, code, place, explicit, reads))
    return found


def _given(builder: Builder, source: str, own: Any) -> frozenset[str] | None:
    """The fields that a branch is given, of its own schema or else of its source's."""
    spec = builder.nodes.get(source)
    schema = own or (spec.input_schema if spec is not None else builder.state_schema)
    fields = builder.schemas.get(schema)
    return None if fields is None else frozenset(fields)


def _fields(builder: Builder, places: Places) -> dict[str, Field]:
    kinds: dict[str, Any] = {}
    owners: dict[str, set[str]] = {}
    for schema in builder.schemas:
        try:
            hints = get_type_hints(schema, include_extras=True)
        except (TypeError, NameError):
            hints = dict[str, Any]()
        for name, kind in hints.items():
            kinds.setdefault(name, kind)
            owners.setdefault(name, set()).add(getattr(schema, "__name__", str(schema)))
    made: dict[str, Field] = {}
    for name, channel in {**builder.channels, **builder.managed}.items():
        kind = kinds.get(name)
        bare = get_args(kind)[0] if get_origin(kind) is Annotated else kind
        classes = frozenset(owners.get(name, ()))
        reducer: Any = getattr(channel, "operator", None) or getattr(channel, "reducer", None)
        made[name] = Field(
            name=name,
            type=bare,
            text=str(bare) if bare is not None else "",
            reducer=name_of(reducer).replace("._add_messages", ".add_messages"),
            code=_definition(reducer),
            kind=type(cast("Any", channel)).__name__ if name in builder.channels else "",
            merges=merges(channel),
            managed=name in builder.managed,
            live=reducer,
            channel=channel,
            place=places.field(name, sorted(classes)),
            has_default=isinstance(channel, BinaryOperatorAggregate),
            schemas=classes,
            classes=classes_of(bare),
        )
    return made


def _schema(kind: Any) -> Schema:
    """What is known of a class that a graph takes its fields from."""
    name = getattr(kind, "__name__", str(kind))
    base = ""
    if is_typeddict(kind):
        base = f"{type(kind).__module__}.TypedDict"
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        base = "pydantic"
    elif dataclasses.is_dataclass(kind):
        base = "dataclass"
    try:
        source = read(inspect.getsourcefile(cast("Any", kind)) or "")
    except (TypeError, OSError):
        source = None
    found = [each for each in source.classes if each.name == name] if source else []
    return Schema(name, base, placed(source.path, found[0]) if source and found else None)


def _definition(reducer: Any) -> Any:
    function = plain(reducer)
    return None if function is None or is_library(function) else definition(function)


def merges(channel: Any) -> bool:
    """Whether LangGraph's channel takes several writes in one step."""
    if isinstance(channel, LastValue):
        return False
    if not isinstance(channel, BaseChannel):
        return True
    kind = type(cast("Any", channel)).__name__
    return kind not in {"EphemeralValue", "LastValueAfterFinish", "UntrackedValue"} or not getattr(
        cast("Any", channel), "guard", True
    )


def _checkpointing(compiled: Any) -> Checkpointing:
    if compiled is None:
        return "unknown"
    saver = getattr(compiled, "checkpointer", None)
    if saver is False:
        return "off"
    return "none" if saver is None else "own"


def _named(given: Any, nodes: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(nodes) if given == "*" else frozenset(given or ())


__all__ = ["CompiledStateGraph", "read_graph"]
