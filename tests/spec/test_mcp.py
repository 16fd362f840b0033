"""Tools of MCP servers, from a real one."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from stretto.errors import BadDefinition, InvalidInput, MissingExtra, ToolFailed, UnknownName
from stretto.spec.mcp import load_mcp_tools, mcp_servers
from stretto.spec.tool import effect_of

SERVER = '''\
import os

from mcp.server.fastmcp import FastMCP
from mcp.types import ToolAnnotations

server = FastMCP("sums")


@server.tool(annotations=ToolAnnotations(readOnlyHint=True))
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@server.tool(annotations=ToolAnnotations(idempotentHint=True))
def store(value: str) -> str:
    """Store a value."""
    return f"{value} {os.environ['KEPT']}"


@server.tool()
def fail(why: str) -> str:
    """Fail."""
    raise ValueError(why)


server.run()
'''


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration of one server, as a project has it."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "server.py").write_text(SERVER)
    monkeypatch.setenv("SECRET", "kept")
    server = {"command": sys.executable, "args": ["server.py"], "env": {"KEPT": "${SECRET}"}}
    path = tmp_path / "tools" / "mcp.json"
    path.write_text(json.dumps({"mcpServers": {"sums": server}}))
    return path


async def test_tools_come_with_their_effects_and_work(config: Path) -> None:
    """Read-only, idempotent and unsaid; the environment is filled in; a failure is told."""
    pytest.importorskip("langchain_mcp_adapters")
    tools = {tool.name: tool for tool in await load_mcp_tools(config, "sums")}
    assert {name: effect_of(tool) for name, tool in tools.items()} == {
        "add": "reads",
        "store": "idempotent",
        "fail": "ask",
    }
    assert "5" in str(await tools["add"].ainvoke({"a": 2, "b": 3}))
    assert "x kept" in str(await tools["store"].ainvoke({"value": "x"}))
    assert "so it is" in str(await tools["fail"].ainvoke({"why": "so it is"}))


def test_servers_are_named_without_starting_them(config: Path, tmp_path: Path) -> None:
    """None where there is no file."""
    assert mcp_servers(config) == ["sums"]
    assert mcp_servers(tmp_path / "none.json") == []


async def test_an_unknown_server_is_told(config: Path) -> None:
    """With the one that may be meant."""
    with pytest.raises(UnknownName, match=r"no MCP server 'sum'. Did you mean 'sums'"):
        await load_mcp_tools(config, "sum")


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("{", "this is not JSON"),
        ("[]", "there is no mapping `mcpServers`"),
        ('{"mcpServers": []}', "there is no mapping `mcpServers`"),
        ('{"mcpServers": {"a": 1}}', "MCP server 'a' is not a mapping"),
        ('{"mcpServers": {"a": {}}}', "needs either a `command` or a `url`"),
        ('{"mcpServers": {"a": {"command": "x", "url": "y"}}}', "needs either"),
        ('{"mcpServers": {"a": {"command": "x", "args": "y"}}}', "`args` of MCP server 'a'"),
        ('{"mcpServers": {"a": {"url": "${NOT_SET_X}"}}}', "variable NOT_SET_X. Set NOT_SET_X"),
    ],
)
def test_a_wrong_configuration_is_named(tmp_path: Path, said: str, problem: str) -> None:
    """File and remedy."""
    path = tmp_path / "mcp.json"
    path.write_text(said)
    with pytest.raises(BadDefinition) as caught:
        mcp_servers(path)
    assert problem in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "server",
    [
        {"command": "no-such-program-x"},
        {"command": sys.executable, "args": ["-c", "pass"]},
        {"url": "http://127.0.0.1:9/mcp"},
        {"url": "http://127.0.0.1:9/sse", "transport": "sse"},
    ],
)
async def test_a_server_that_does_not_answer_is_named(server: dict[str, object]) -> None:
    """Not started, gone at once, or not there."""
    pytest.importorskip("langchain_mcp_adapters")
    with pytest.raises(ToolFailed, match=r"MCP server 'a' does not answer \(.+\)\. Check its"):
        await load_mcp_tools({"mcpServers": {"a": server}})


async def test_without_the_extra_the_error_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only when a server is wanted."""
    monkeypatch.setitem(sys.modules, "langchain_mcp_adapters.tools", None)
    with pytest.raises(MissingExtra, match=r"'\.\[mcp\]'"):
        await load_mcp_tools({"mcpServers": {"a": {"url": "http://x"}}})


def test_a_file_that_cannot_be_read_is_told(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its name."""

    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(InvalidInput, match=r"mcp\.json cannot be read \(Permission denied\)"):
        mcp_servers(config)
