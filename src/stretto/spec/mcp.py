"""Tools of MCP servers, from the configuration that MCP hosts share (`mcpServers`).

Each call of a tool opens a session of its own: a server keeps nothing between calls.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from stretto.errors import BadDefinition, InvalidInput, MissingExtra, ToolFailed, UnknownName
from stretto.spec.tool import EFFECT_KEY

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from langchain_core.tools import BaseTool

    from stretto.spec.tool import Effect

SECONDS = 60.0
"""For a server to start and to tell its tools."""

Config = Path | Mapping[str, Any]
"""A JSON file, or what one holds: `{"mcpServers": {"NAME": {"command": ..., "args": [...]}}}`."""

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_REMEDY = 'Write "mcpServers": {"NAME": {"command": "...", "args": [...]}} or {"url": "..."}'


def mcp_servers(config: Config) -> list[str]:
    """Names of the servers of a configuration; none when the file does not exist.

    Raises:
        BadDefinition: The configuration is wrong.
    """
    return sorted(_servers(config))


async def load_mcp_tools(config: Config, server: str | None = None) -> list[BaseTool]:
    """Ask MCP servers for their tools, each marked with its effect.

    A server is started by `command`, `args`, `env`, `cwd`, or reached at `url` with `headers` (over
    streamable HTTP; `"transport": "sse"` for the older way). `${NAME}` in their values is taken
    from the environment. Commands of a file run in the folder above the file's own.

    A tool's hints tell its effect: `readOnlyHint` is "reads", `idempotentHint` is "idempotent",
    anything else "ask".

    Args:
        config: A file, or what it holds.
        server: The only server to ask; all when `None`.

    Raises:
        BadDefinition: The configuration is wrong.
        UnknownName: It has no such server.
        MissingExtra: The extra `mcp` is not installed.
        ToolFailed: A server cannot be started or reached.
    """
    servers = await asyncio.to_thread(_servers, config)
    if server is not None:
        if server not in servers:
            raise UnknownName("MCP server", server, servers)
        servers = {server: servers[server]}
    load = await asyncio.to_thread(_loader)
    found = await asyncio.gather(*(_tools(load, name, servers[name]) for name in sorted(servers)))
    return [tool for tools in found for tool in tools]


def _loader() -> Callable[..., Awaitable[list[BaseTool]]]:
    """The adapter's loader; imported off the event loop, which it would hold up."""
    try:
        adapters = importlib.import_module("langchain_mcp_adapters.tools")
    except ImportError:
        raise MissingExtra("a tool of an MCP server", "mcp") from None
    loader: Callable[..., Awaitable[list[BaseTool]]] = adapters.load_mcp_tools
    return loader


async def _tools(
    load: Callable[..., Awaitable[list[BaseTool]]], name: str, connection: dict[str, Any]
) -> list[BaseTool]:
    try:
        async with asyncio.timeout(SECONDS):
            tools = await load(None, connection=connection, server_name=name)
    except Exception as error:
        raise ToolFailed(
            f"MCP server {name!r} does not answer ({_reason(error)})."
            f" Check its {'url' if 'url' in connection else 'command'}, or start it."
        ) from error
    return [_marked(tool) for tool in tools]


def _marked(tool: BaseTool) -> BaseTool:
    hints = tool.metadata or {}
    effect: Effect = "ask"
    if hints.get("readOnlyHint"):
        effect = "reads"
    elif hints.get("idempotentHint"):
        effect = "idempotent"
    return tool.model_copy(update={"metadata": {**hints, EFFECT_KEY: effect}})


def _reason(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    if isinstance(error, TimeoutError):
        return f"nothing came within {SECONDS:.0f} s"
    return str(error) or type(error).__name__


def _servers(config: Config) -> dict[str, dict[str, Any]]:
    """Connections by name, as langchain-mcp-adapters wants them."""
    path = config if isinstance(config, Path) else None
    if path is not None and not path.is_file():
        return {}
    data: Any = _parsed(path) if path is not None else config
    servers: Any = data.get("mcpServers") if isinstance(data, Mapping) else None
    if not isinstance(servers, Mapping):
        raise BadDefinition(path or "mcpServers", None, "there is no mapping `mcpServers`", _REMEDY)
    named = cast("Mapping[str, Any]", servers)
    return {name: _connection(name, said, path) for name, said in named.items()}


def _parsed(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read ({error.strerror}). Check it.") from error
    except ValueError as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        raise BadDefinition(path, line, f"this is not JSON: {error}", _REMEDY) from error


def _connection(name: str, said: Any, path: Path | None) -> dict[str, Any]:
    where = path or "mcpServers"
    if not isinstance(said, Mapping):
        raise BadDefinition(where, None, f"MCP server {name!r} is not a mapping", _REMEDY)
    given = cast("dict[str, Any]", _filled(dict(cast("Mapping[str, Any]", said)), name, where))
    command, url = given.get("command"), given.get("url")
    if isinstance(command, str) and command and url is None:
        args = given.get("args", [])
        if not isinstance(args, list):
            raise BadDefinition(where, None, f"`args` of MCP server {name!r} is no list", _REMEDY)
        started = {"transport": "stdio", "command": command, "args": args}
        started |= {key: given[key] for key in ("env", "cwd") if key in given}
        return started if path is None else {"cwd": str(path.absolute().parent.parent)} | started
    if isinstance(url, str) and url and command is None:
        old = given.get("transport", given.get("type")) == "sse"
        reached = {"transport": "sse" if old else "streamable_http", "url": url}
        return reached | ({"headers": given["headers"]} if "headers" in given else {})
    raise BadDefinition(
        where, None, f"MCP server {name!r} needs either a `command` or a `url`", _REMEDY
    )


def _filled(value: Any, name: str, where: object) -> Any:
    """A value with each `${NAME}` replaced from the environment."""
    match value:
        case str():
            for variable in _variables(value):
                if variable not in os.environ:
                    raise BadDefinition(
                        where,
                        None,
                        f"MCP server {name!r} wants the environment variable {variable}",
                        f"Set {variable}",
                    )
            return _VARIABLE.sub(lambda found: os.environ[found[1]], value)
        case list():
            items: list[Any] = value
            return [_filled(each, name, where) for each in items]
        case dict():
            pairs: dict[str, Any] = value
            return {key: _filled(each, name, where) for key, each in pairs.items()}
        case _:
            return value


def _variables(text: str) -> Iterator[str]:
    return (found[1] for found in _VARIABLE.finditer(text))
