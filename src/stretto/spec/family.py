"""A tool family: the tools that one module of `tools/` defines."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, get_type_hints

from stretto.errors import BadDefinition
from stretto.spec.agent import tool_name
from stretto.spec.definition import refuse
from stretto.spec.module import load_module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import ModuleType

    from stretto.errors import StrettoError
    from stretto.spec.agent import Tool


def load_family(path: Path) -> dict[str, Tool]:
    """Give the tools of a module by name, in the order they stand.

    A tool is a public function which the module defines, or a LangChain tool it holds; where the
    module has `__all__`, only what that names.

    Raises:
        BadDefinition: A function has no docstring or lacks type hints, a model cannot be told its
            parameters, two tools share a name, or the file cannot be loaded.
    """
    family: dict[str, Tool] = {}
    faults: list[StrettoError] = []
    for tool in _tools(load_module(path)):
        name = tool_name(tool)
        fault = _fault(tool) if inspect.isfunction(tool) else None
        if family.setdefault(name, tool) is not tool:
            fault = f"two tools are called {name!r}", "Rename one"
        if fault:
            faults.append(BadDefinition(path, _line(tool), *fault))
    refuse(path, faults)
    return family


def _tools(module: ModuleType) -> Iterator[Any]:
    listed: list[str] | None = getattr(module, "__all__", None)
    for name in vars(module) if listed is None else listed:
        value = getattr(module, name, None)
        if inspect.isfunction(value):
            own = value.__module__ == module.__name__
            if listed is not None or (own and not name.startswith("_")):
                yield value
        elif not name.startswith("_") and _is_langchain_tool(value):
            yield value


def _is_langchain_tool(value: Any) -> bool:
    return (
        not isinstance(value, type) and hasattr(value, "args_schema") and hasattr(value, "ainvoke")
    )


def _line(tool: Any) -> int | None:
    function = inspect.unwrap(tool) if callable(tool) else getattr(tool, "func", None)
    code = getattr(function, "__code__", None)
    return code.co_firstlineno if code else None


def _fault(function: Callable[..., Any]) -> tuple[str, str] | None:
    """Say why a function cannot be a tool, and what to do; `None` when it can."""
    name = function.__name__
    if not (function.__doc__ or "").strip():
        return (
            f"the tool {name!r} has no docstring, and a model chooses tools by it",
            f"Write one, or call it '_{name}' if it is no tool",
        )
    if missing := _unhinted(function):
        return (
            f"the tool {name!r} has no type hint for {' and '.join(missing)}",
            f"Add it, or call the function '_{name}' if it is no tool",
        )
    try:
        get_type_hints(function)
    except NameError as error:
        return (
            f"a type hint of the tool {name!r} is not known when it runs: {error}",
            "Import the type, and not only under `if TYPE_CHECKING:`",
        )
    return _unspeakable(function)


def _unhinted(function: Callable[..., Any]) -> list[str]:
    signature = inspect.signature(function)
    missing = [
        repr(name)
        for name, parameter in signature.parameters.items()
        if parameter.annotation is parameter.empty
    ]
    if signature.return_annotation is signature.empty:
        missing.append("what it returns")
    return missing


def _unspeakable(function: Callable[..., Any]) -> tuple[str, str] | None:
    """Say why a model cannot be told the function's parameters."""
    from langchain_core.tools import tool

    try:
        schema: Any = tool(function).tool_call_schema
        if not isinstance(schema, dict):
            schema.model_json_schema()
    except Exception as error:  # noqa: BLE001 - pydantic and LangChain raise many kinds
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        return (
            f"a model cannot be told the parameters of the tool {function.__name__!r}: {first}",
            "Use types that JSON has, or a pydantic class",
        )
    return None
