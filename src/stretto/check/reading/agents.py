"""Agents and tools within a graph: what `create_agent`, `ToolNode` and our own members carry."""

from __future__ import annotations

import inspect
from types import FunctionType
from typing import TYPE_CHECKING, Any, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool
from langgraph.pregel import Pregel

from stretto.check.facts import Agent, Tool
from stretto.check.reading.live import plain, read_live
from stretto.check.reading.reacting import MODEL, react_agent_in
from stretto.spec.tool import EFFECT_KEY, EFFECTS
from stretto.spec.undo import UNDO_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph

CLOSURES = 6
"""How many closures deep middleware is looked for."""
_LIBRARIES = frozenset({"langchain", "langchain_core"})
_NOT_TOLD = frozenset({"self", "cls", "callbacks", "run_manager"})
_NAMED = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.KEYWORD_ONLY,
)


def read_tool(thing: Any) -> Tool:
    """What is known of a tool: a function, a `BaseTool`, or a dictionary of a provider's own."""
    if isinstance(thing, dict):
        given = cast("dict[str, Any]", thing)
        inner = cast("dict[str, Any]", given.get("function") or given)
        called = str(inner.get("name") or given.get("type") or "tool")
        return Tool(called, str(inner.get("description", "")), "reads", live=given)
    code = read_live(thing, takes_state=False)
    name: Any = getattr(thing, "name", None) or getattr(thing, "__name__", type(thing).__name__)
    is_tool = isinstance(thing, BaseTool)
    description = thing.description if is_tool else inspect.getdoc(thing) or ""
    return Tool(
        name=str(name),
        description=description,
        effect=_declared(thing),
        undo=_undo(thing),
        code=code,
        live=thing,
        untyped=_untyped(thing),
        workers=tuple(_workers(thing)),
        place=code.place if code else None,
    )


def _layers(thing: Any) -> Iterator[Any]:
    yield thing
    for name in ("coroutine", "func"):
        if (inner := getattr(thing, name, None)) is not None:
            yield inner


def _declared(thing: Any) -> str:
    metadata = cast("dict[str, Any]", getattr(thing, "metadata", None) or {})
    given = [
        metadata.get(EFFECT_KEY),
        *(getattr(each, EFFECT_KEY, None) for each in _layers(thing)),
    ]
    if metadata.get("readOnlyHint") is True:
        given.append("reads")
    if metadata.get("idempotentHint") is True:
        given.append("idempotent")
    return next((str(each) for each in given if each in EFFECTS), "")


def _undo(thing: Any) -> bool:
    metadata = cast("dict[str, Any]", getattr(thing, "metadata", None) or {})
    return UNDO_KEY in metadata or any(hasattr(each, UNDO_KEY) for each in _layers(thing))


def _workers(thing: Any) -> Iterator[tuple[str, frozenset[str]]]:
    """The agents that the function of a tool names."""
    function = plain(thing)
    if function is None or (function.__module__ or "").partition(".")[0] in _LIBRARIES:
        return
    closed = inspect.getclosurevars(function)
    for name, each in {**closed.globals, **closed.nonlocals}.items():
        builder = getattr(each, "builder", None) if isinstance(each, Pregel) else None
        node = getattr(builder, "nodes", {}).get("tools")
        by_name = getattr(getattr(node, "runnable", None), "tools_by_name", None)
        if by_name:
            own = str(cast("Pregel[Any, Any, Any, Any]", each).get_name())
            yield own if own != "LangGraph" else name, frozenset(map(str, by_name))


def _untyped(thing: Any) -> tuple[str, ...]:
    """The parameters that the model is told of, without a type."""
    function = plain(thing)
    if function is None or (function.__module__ or "").partition(".")[0] in _LIBRARIES:
        return ()
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return ()
    told = _any_fields(thing) if isinstance(thing, BaseTool) else None
    return tuple(
        p.name
        for p in parameters
        if p.annotation is p.empty
        and p.kind in _NAMED
        and p.name not in _NOT_TOLD
        and (told is None or p.name in told)
    )


def _any_fields(tool: BaseTool) -> set[str]:
    """The fields of its schema that may be anything; a schema may be given beside the function."""
    schema: Any = tool.args_schema
    fields = cast("dict[str, Any]", getattr(schema, "model_fields", None) or {})
    return {name for name, each in fields.items() if each.annotation is Any}


def tools_of_node(runnable: Any) -> tuple[Tool, ...]:
    """The tools of a `ToolNode`."""
    by_name = getattr(runnable, "tools_by_name", None) or getattr(runnable, "_tools_by_name", None)
    if not isinstance(by_name, dict):
        return ()
    return tuple(read_tool(each) for each in cast("dict[str, Any]", by_name).values())


def agent_in(graph: Graph) -> Agent | None:
    """The agent that a graph of `create_agent` (or our own) is; `None` for other graphs."""
    if MODEL in graph.nodes and "model" not in graph.nodes:
        return react_agent_in(graph, model_name)
    live = graph.live
    config = cast("dict[str, Any]", getattr(live, "config", None) or {})
    about = cast("dict[str, Any]", config.get("metadata") or {})
    ours = about.get("ls_integration") == "langchain_create_agent" or "model" in graph.nodes
    if not ours or "model" not in graph.nodes:
        return None
    runnable = getattr(graph.nodes["model"].live, "runnable", None)
    function = plain(getattr(runnable, "afunc", None) or getattr(runnable, "func", None))
    if function is None or not (function.__module__ or "").startswith("langchain.agents"):
        return None
    closed = _nonlocals(function)
    model = closed.get("model")
    middleware = _middleware(graph, function)
    given: Any = closed.get("default_tools")
    kept = graph.nodes["tools"].tools if "tools" in graph.nodes else ()
    tools = tuple(read_tool(each) for each in given) if isinstance(given, list) else kept
    return Agent(
        name=str(about.get("lc_agent_name") or graph.name),
        tools=tools,
        model=model_name(model),
        middleware=middleware,
        max_calls=_limit(middleware, "ModelCallLimitMiddleware", "CallLimit"),
        max_tool_calls=_limit(middleware, "ToolCallLimitMiddleware"),
        prompt=str(getattr(closed.get("system_message"), "text", "") or ""),
        output=closed.get("initial_response_format"),
    )


def model_of(graph: Graph) -> Any:
    """The model of a graph that `create_agent` made; `None` for other graphs."""
    node = graph.nodes.get("model")
    runnable = getattr(getattr(node, "live", None), "runnable", None)
    function = plain(getattr(runnable, "afunc", None) or getattr(runnable, "func", None))
    return None if function is None else _nonlocals(function).get("model")


def model_name(model: Any) -> str:
    """What a model is called, where it says so."""
    if isinstance(model, str):
        return model
    if isinstance(model, BaseChatModel):
        named = getattr(model, "model_name", None) or getattr(model, "model", None)
        return str(named or type(model).__name__)
    return ""


def _limit(middleware: tuple[Any, ...], *kinds: str) -> int | None:
    """The least that middleware of some kinds lets through in a run."""
    limits = [
        getattr(each, name, None)
        for each in middleware
        if type(each).__name__ in kinds and getattr(each, "tool_name", None) is None
        for name in ("run_limit", "calls")
    ]
    return min((each for each in limits if isinstance(each, int)), default=None)


def _middleware(graph: Graph, model: FunctionType) -> tuple[Any, ...]:
    """All middleware: what is wrapped around its calls, outermost first, and of its nodes."""
    found: dict[int, Any] = {}
    seen: set[int] = set()
    _look(model, 0, found, seen)
    for node in graph.nodes.values():
        runnable = getattr(node.live, "runnable", None)
        for name in ("func", "afunc", "_wrap_tool_call", "_awrap_tool_call"):
            _look(getattr(runnable, name, None), 0, found, seen)
        for tool in node.tools:  # some bring tools and do nothing else
            _look(plain(tool.live), 0, found, seen)
    return tuple(found.values())


def _look(thing: Any, depth: int, found: dict[int, Any], seen: set[int]) -> None:
    """Note the middleware that a method, a list or a function's closure holds."""
    from langchain.agents.middleware import AgentMiddleware

    if id(thing) in seen or depth > CLOSURES:
        return
    seen.add(id(thing))
    inner: list[Any] = []
    if isinstance(thing, AgentMiddleware):
        found.setdefault(id(thing), thing)
    elif inspect.ismethod(thing):
        inner = [thing.__self__]
    elif isinstance(thing, list | tuple):
        inner = list(cast("list[Any]", thing))
    elif isinstance(thing, FunctionType):
        inner = [each for _, each in sorted(_nonlocals(thing).items(), reverse=True)]
        # what composes two calls them "outer" and "inner"
    for each in inner:
        _look(each, depth + 1, found, seen)


def _nonlocals(function: FunctionType) -> dict[str, Any]:
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=False)
    found: dict[str, Any] = {}
    for name, cell in cells:
        try:
            found[name] = cell.cell_contents
        except ValueError:
            continue
    return found
