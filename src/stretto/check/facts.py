"""What is known of a graph, however it was learned: from the compiled graph or from source alone.

Rules read these facts and nothing else, so that one rule serves both ways in. A fact that could not
be learned is `None`, or marked as not whole: a rule must then keep silent or say "possible".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, cast

from langgraph.constants import END, START

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator, Mapping

    from stretto.check.finding import Place, Unknown
    from stretto.check.reading.scope import Scope

Checkpointing = Literal["own", "off", "none", "unknown"]
"""A saver of its own; `False`; none given (inherited, or by whoever runs it); not compiled yet."""


@dataclass(frozen=True, slots=True)
class Read:
    """A key of the state that a function reads."""

    key: str
    at: Place
    sure: bool = True
    """Whether a missing key raises, as in `state["key"]`; `False` for `.get`, under `in`, and where
    a `try` catches it."""
    always: bool = True
    """Whether it stands under no condition and in no loop."""


@dataclass(frozen=True, slots=True)
class Write:
    """A key of the state that a function returns."""

    key: str
    at: Place
    value: ast.expr | None = None
    """The expression it is given, where it stands there."""
    always: bool = True
    """Whether each return that gives an update gives this key."""
    every: bool = False
    """Whether the function always gives it, however it ends."""
    values: tuple[ast.expr, ...] = ()
    """All the expressions that it is given, here and there."""
    parent: bool = False
    """Whether it is sent to the graph above (`graph=Command.PARENT`)."""


@dataclass(frozen=True, slots=True)
class Jump:
    """A `Command(goto=...)` or a `Send(...)` of a function."""

    target: str
    at: Place
    kind: Literal["goto", "send"] = "goto"
    parent: bool = False
    """Whether it is sent to the graph above (`graph=Command.PARENT`)."""
    many: bool = False
    """Whether there may be any number at once, as in a comprehension."""
    payload: ast.expr | None = None
    """What a `Send` gives the node."""
    sure: bool = True
    """Whether it stands right there, or in a local name that is given nothing else."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call within a function, in the order of the source."""

    name: str
    """Dotted and as whole as can be told: "requests.post", "langgraph.types.interrupt"; a method of
    something unknown is ".name"."""
    at: Place
    tree: ast.Call
    caught: tuple[str, ...] | None = None
    """Names of the exceptions that a `try` around it catches ("" for a bare `except`); `None`
    outside of any. An except that always raises again does not count."""
    looped: bool = False
    """Whether it stands in a loop or comprehension."""
    conditional: bool = False
    """Whether it stands under an `if`, an `except` or the like."""
    within: str = ""
    """The function of the user that it was found in, when that is one called from here."""
    swallows: str | None = None
    """The exception by whose handler an interrupt that is raised here is caught ("" for a bare
    `except`, "@retry" for a decorator); `None` where it gets through all handlers around it."""


@dataclass(frozen=True, slots=True)
class Effect:
    """A call, or a change of something outside, that the world keeps."""

    call: str
    """What is called: "requests.post", "open", "orders.append"."""
    at: Place
    kind: Literal["world", "memory", "declared", "named"] = "world"
    """`world`: a known function that writes; `memory`: it changes an object outside of the
    function; `declared`: a function that declares the effect "ask" or "fail"; `named`: only its
    name says so, such as `send_mail`, and a finding about it is "possible"."""
    conditional: bool = False
    caught: bool = False
    """Whether a `try` with a handler stands around it."""
    again: bool = False
    """Whether doing it twice is as doing it once: a file written anew, an upsert."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """A change of the given state in place."""

    key: str
    at: Place
    returned: bool = False
    """Whether the changed object is returned under its key, too."""
    whole: bool = False
    """Whether the key is only given another value, which changes no object."""


@dataclass(frozen=True)
class Function:
    """What the source of a function says."""

    name: str
    place: Place
    tree: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope
    """Gives names of what the source calls their meaning."""
    is_async: bool = False
    parameters: tuple[str, ...] = ()
    """Without `self`."""
    bound: int = 0
    """How many of them are given before, as by `functools.partial`."""
    reads: tuple[Read, ...] = ()
    reads_all: bool = False
    """Whether the whole state is passed on, so that other keys may be read, too."""
    writes: tuple[Write, ...] = ()
    writes_all: bool = True
    """Whether `writes` has all keys that it can return."""
    returns: tuple[ast.expr, ...] = ()
    """Each value that it may return, choices (`a if x else b`) apart."""
    returns_state: bool = False
    """Whether it returns the state that it was given."""
    wrapped: bool = False
    """Whether something of the user's stands around it, which may take and give something else."""
    jumps: tuple[Jump, ...] = ()
    jumps_all: bool = True
    """Whether `jumps` has all targets that it can name."""
    parents_all: bool = True
    """Whether `jumps` has all targets that it can name in the graph above."""
    commands: bool = False
    """Whether it returns a `Command`."""
    calls: tuple[Call, ...] = ()
    """Those of the functions of the user that it calls are among them (`within`)."""
    interrupts: tuple[Call, ...] = ()
    effects: tuple[Effect, ...] = ()
    effect: str = ""
    """What it declares by `stretto.tool(effect=)`; "once" for a LangGraph task."""
    mutations: tuple[Mutation, ...] = ()
    hint: tuple[str, ...] | None = None
    """What a `Literal` or `Command[Literal[...]]` return annotation names."""
    hint_at: Place | None = None
    live: Any = None
    """The function itself; `None` when only source was read."""

    def at(self, node: ast.AST) -> Place:
        """Where a part of its source stands."""
        return self.scope.place(node)

    @property
    def source(self) -> str:
        """The file it stands in."""
        return self.place.file


@dataclass(frozen=True, slots=True)
class Class:
    """A class that the type of a field names."""

    name: str
    """Dotted and whole: "threading.Lock"; one defined in a function has "<locals>" in it."""
    kind: Literal["", "dict", "record", "plain"] = ""
    """`dict`: a TypedDict; `record`: a pydantic model, dataclass, named tuple or enum, which
    LangGraph stores with its name; `plain`: any other class of the user's; empty: not known."""
    file: str = ""
    """Where it is defined, as far as known."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a graph's state."""

    name: str
    type: Any = None
    """Its type without `Annotated`, live; `None` from source alone."""
    text: str = ""
    """Its annotation as written, as far as known."""
    reducer: str = ""
    """Dotted name of what merges writes, such as "operator.add"; empty: the last write counts."""
    code: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | None = None
    """The definition of the reducer, where it is the user's own and can be read."""
    kind: str = ""
    """Name of LangGraph's channel class, such as "DeltaChannel", where it is known."""
    merges: bool = False
    """Whether two writes in one step can be merged."""
    managed: bool = False
    live: Any = None
    """The reducer itself."""
    channel: Any = None
    """LangGraph's channel; `None` from source alone."""
    place: Place | None = None
    has_default: bool = False
    """Whether it has a value before anybody writes it: a reducer's empty one, a class's default."""
    schemas: frozenset[str] = frozenset()
    """Names of the classes that have it."""
    classes: tuple[Class, ...] = ()
    """All that its type names, those within brackets included."""


@dataclass(frozen=True, slots=True)
class Schema:
    """A class that a graph takes its fields from."""

    name: str
    base: str = ""
    """"typing.TypedDict", "typing_extensions.TypedDict", "pydantic" or "dataclass"."""
    place: Place | None = None


@dataclass(frozen=True)
class Tool:
    """A tool that an agent or a ToolNode may call."""

    name: str
    description: str = ""
    effect: str = ""
    """"reads", "idempotent", "ask" or "fail" where it is declared; empty when it is not."""
    undo: bool = False
    code: Function | None = None
    live: Any = None
    untyped: tuple[str, ...] = ()
    """Parameters without a type."""
    workers: tuple[tuple[str, frozenset[str]], ...] = ()
    """Agents that it may ask, each with the names of its tools."""
    place: Place | None = None


@dataclass(frozen=True)
class Agent:
    """An agent at work in a node: our own, or a `create_agent`."""

    name: str
    tools: tuple[Tool, ...] = ()
    model: str = ""
    """Its name, where it is known."""
    middleware: tuple[Any, ...] = ()
    """Objects where the graph is compiled, dotted names from source alone; "" for what is not
    known."""
    max_calls: int | None = None
    """Model calls a run may make; `None` when nothing limits them."""
    max_tool_calls: int | None = None
    spec: Any = None
    """The `stretto.Agent`, where it is one."""
    prompt: str = ""
    output: Any = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """A LangGraph retry policy of a node."""

    max_attempts: int = 3
    on: Any = None
    """An exception class, several, or a function; `None` for LangGraph's default."""
    on_names: tuple[str, ...] | None = None
    """Names of the classes; `None` for a function or the default."""
    at: Place | None = None


@dataclass(frozen=True)
class Node:
    """A node of a graph."""

    name: str
    code: Function | None = None
    """`None` when its source is not to be had, or it is a graph."""
    graph: Graph | None = None
    """The subgraph that it is or closes over."""
    agent: Agent | None = None
    tools: tuple[Tool, ...] = ()
    """Of a ToolNode."""
    retry: tuple[Retry, ...] = ()
    timeout: Any = None
    """LangGraph's `TimeoutPolicy` or seconds; `None` for none."""
    handler: str = ""
    """The node that is its error handler."""
    is_handler: bool = False
    defer: bool = False
    ends: tuple[str, ...] | None = None
    """Targets that `destinations=` or its annotation declares; `None` when it declares none."""
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    sync: bool | None = None
    """Whether it runs synchronously only; `None` when not known."""
    reads: frozenset[str] | None = None
    """Fields of its input schema; `None` for all of the state."""
    policy: Any = None
    """The `stretto.Policy` around a member."""
    member: Any = None
    """The `stretto` member that the node was made of."""
    live: Any = None
    """LangGraph's `StateNodeSpec`; `None` from source alone."""
    place: Place | None = None
    """Of the `add_node` call."""
    opaque: str = ""
    """Why nothing is known of what it does; empty when something is."""

    @property
    def writes(self) -> frozenset[str] | None:
        """The fields that it may write; `None` when not all are known."""
        declared = self.metadata.get("writes")
        if isinstance(declared, list | tuple | set | frozenset):
            return frozenset(map(str, cast("list[Any]", declared)))
        if self.member is not None or (self.code is not None and self.code.wrapped):
            return None
        if self.code is not None and self.graph is None:
            own = frozenset(w.key for w in self.code.writes if not w.parent)
            return own if self.code.writes_all else None
        if self.graph is not None and self.code is None:
            return self.graph.output
        return None


@dataclass(frozen=True)
class Branch:
    """A conditional edge."""

    source: str
    name: str
    ends: Mapping[str, str] | None = None
    """What its function returns, to nodes; `None` without a path_map or `Literal`."""
    code: Function | None = None
    place: Place | None = None
    explicit: bool = False
    """Whether a path_map stands in the call, rather than a `Literal` on the function."""
    reads: frozenset[str] | None = None
    """Fields that it is given: of its own schema, else of its source's; `None` for all."""

    @property
    def sends(self) -> tuple[Jump, ...]:
        """What of its function's jumps names nodes, rather than keys of a path_map."""
        jumps = self.code.jumps if self.code is not None else ()
        return tuple(j for j in jumps if self.ends is None or j.kind == "send")

    @property
    def targets(self) -> frozenset[str] | None:
        """The nodes it may lead to; `None` when not all are known."""
        if self.ends is not None:
            return frozenset(self.ends.values())
        if self.code is not None and self.code.jumps_all and self.code.jumps:
            return frozenset(jump.target for jump in self.code.jumps)
        return None


@dataclass(frozen=True, slots=True)
class Stored:
    """A thread that a checkpointer holds and that waits to go on."""

    thread: str
    nodes: tuple[str, ...]
    """Names of the nodes that it goes on with."""
    path: tuple[str, ...] = ()
    """The nodes that lead to the graph it waits in, the outermost first."""
    known: bool = True
    """Whether nodes of the graph have run in it, so that it is a thread of this graph for sure."""


@dataclass(frozen=True)
class Graph:
    """A graph, and within its nodes its subgraphs."""

    name: str
    path: tuple[str, ...] = ()
    """The nodes above it that lead to it, the outermost first; empty for the root."""
    nodes: Mapping[str, Node] = field(default_factory=dict[str, "Node"])
    edges: frozenset[tuple[str, str]] = frozenset()
    """Static edges, those from START and to END included; joins apart."""
    joins: frozenset[tuple[tuple[str, ...], str]] = frozenset()
    """List edges: all the sources, and what they lead to."""
    branches: tuple[Branch, ...] = ()
    fields: Mapping[str, Field] = field(default_factory=dict[str, "Field"])
    schemas: tuple[Schema, ...] = ()
    """Of its state, input and output, and of what its nodes take."""
    input: frozenset[str] = frozenset()
    output: frozenset[str] = frozenset()
    checkpointing: Checkpointing = "unknown"
    remembers: bool = False
    """Whether it is compiled with `checkpointer=True`, and as a subgraph keeps its state between
    its runs."""
    compiled: bool = False
    recursion_limit: int | None = None
    """As `with_config` sets it; `None` when it is left as it is."""
    max_concurrency: int | None = None
    interrupts_before: frozenset[str] = frozenset()
    interrupts_after: frozenset[str] = frozenset()
    served: bool = False
    """Whether langgraph.json names it, so that a server gives it a checkpointer."""
    agent: Agent | None = None
    """What is known of it as an agent, where `create_agent` made it."""
    unknown: tuple[Unknown, ...] = ()
    stored: tuple[Stored, ...] = ()
    """Threads that wait in it or in a graph within it, where its checkpointer was looked into."""
    live: Any = None
    """The compiled graph."""
    builder: Any = None
    """The `StateGraph`; `None` from source alone."""
    places: Any = None
    """Where its parts stand in the source; see `reading.places`."""
    place: Place | None = None
    file: str = ""
    """The file it was asked for in."""

    @property
    def title(self) -> str:
        """Its name, and those of the nodes that lead to it."""
        return "/".join((self.name, *self.path)) if self.path else self.name

    def below(self) -> Iterator[Graph]:
        """Itself and all graphs within."""
        yield self
        for node in self.nodes.values():
            if node.graph is not None:
                yield from node.graph.below()

    @cached_property
    def handoffs(self) -> frozenset[str] | None:
        """The nodes of the graph above that its own nodes and tools go to by `Command.PARENT`.

        `None` when not all are known.
        """
        found: set[str] = set()
        for node in self.nodes.values():
            codes = [t.code for t in (*node.tools, *(node.agent.tools if node.agent else ()))]
            known = [code for code in (node.code, *codes) if code is not None]
            if node.opaque or not all(code.parents_all for code in known):
                return None
            found |= {j.target for code in known for j in code.jumps if j.parent}
        return frozenset(found)

    @cached_property
    def ways(self) -> Mapping[str, Ways]:
        """Where each node, and START, leads to."""
        return {name: self._ways(name) for name in (START, *self.nodes)}

    def _ways(self, name: str) -> Ways:
        static = frozenset(to for source, to in self.edges if source == name)
        joined = frozenset(to for sources, to in self.joins if name in sources)
        chosen: set[str] = set()
        whole = True
        for branch in self.branches:
            if branch.source == name:
                targets = branch.targets
                whole = whole and targets is not None
                chosen |= targets or frozenset()
                chosen |= {j.target for j in branch.sends}
        jumps: set[str] = set()
        node = self.nodes.get(name)
        if node is not None:
            if node.ends is not None:
                jumps |= set(node.ends)
            if node.code is not None:  # a function may run a graph, and then go on where it likes
                jumps |= {j.target for j in node.code.jumps if not j.parent}
                whole = whole and (node.code.jumps_all or node.ends is not None)
            if node.opaque and node.ends is None:
                whole = False
            if node.graph is not None:
                handed = node.graph.handoffs
                jumps |= handed or frozenset()
                whole = whole and (handed is not None or node.ends is not None)
            jumps |= {j.target for t in node.tools if t.code for j in t.code.jumps if not j.parent}
            if node.handler:
                jumps.add(node.handler)
        return Ways(static, joined, frozenset(chosen), frozenset(jumps), whole)


@dataclass(frozen=True, slots=True)
class Ways:
    """Where a node leads to."""

    static: frozenset[str]
    joined: frozenset[str]
    """Through a list edge that waits for others, too."""
    chosen: frozenset[str]
    """By a conditional edge."""
    jumps: frozenset[str]
    """By `Command(goto=)`, `Send` from a node, or an error handler."""
    whole: bool
    """Whether these are all."""

    @property
    def all(self) -> frozenset[str]:
        """All of them."""
        return self.static | self.joined | self.chosen | self.jumps


__all__ = [
    "END",
    "START",
    "Agent",
    "Branch",
    "Call",
    "Checkpointing",
    "Class",
    "Effect",
    "Field",
    "Function",
    "Graph",
    "Jump",
    "Mutation",
    "Node",
    "Read",
    "Retry",
    "Schema",
    "Stored",
    "Tool",
    "Ways",
    "Write",
    "replace",
]
