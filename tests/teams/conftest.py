"""A real `langgraph dev` on a copy of the project, started once for all tests of this folder."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from stretto.testing import openai_server
from tests.conftest import absent
from tests.teams.pottery import DOCUMENTS
from tests.teams.shipped import ROOT, use_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator, Iterator

    from langgraph_sdk.client import LangGraphClient

    from stretto.testing import OpenAIServer

UNSET = (
    *("OPENAI_API_KEY", "LANGSMITH_API_KEY", "LANGCHAIN_API_KEY", "LANGCHAIN_TRACING_V2"),
    "LANGGRAPH_STRICT_MSGPACK",  # langgraph-api 0.16 cannot copy its wrapper of a checkpointer
)
QUIET = {
    "LANGSMITH_TRACING": "false",
    "LANGGRAPH_CLI_NO_ANALYTICS": "1",
    "LANGGRAPH_NO_VERSION_CHECK": "true",
    "NO_COLOR": "1",
}
PATTERNS = (
    *("approve", "board", "boss", "chain", "fan", "group_chat", "hierarchy", "map_reduce"),
    *("pipeline", "plan", "publish", "refine", "route", "saga", "scatter", "swarm"),
)
"""The graphs of `pattern_graphs.py`."""
STARTS = 90.0
"""Seconds a server may take to answer."""

GARDEN = """# Garden

## Tomatoes

Tomatoes are sown in March. Tomatoes need full sun.

## Leeks

Leeks are planted in June. Leeks tolerate frost.
"""

ASKING = '''"""The research team, asking a person about each result and about the answer."""

from stretto import Project, ResearchContext, answered, cited, covers, plan, quoted

project = Project.at(__file__)

graph = plan(
    project.agent("planner"),
    [project.agent("researcher")],
    project.agent("reviewer"),
    rules=[answered, cited, quoted, covers],
    approve=["tasks", "answer"],
    context=ResearchContext,
).compile(name="asking")
'''

REMOTE = '''"""Small graphs that know nothing of Stretto."""

from langchain_core.messages import AIMessage
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import interrupt


async def say(state: MessagesState) -> dict:
    """Say what was said, and how long the conversation is."""
    return {"messages": [AIMessage(f"{len(state['messages'])}: {state['messages'][-1].text}")]}


async def ask(state: MessagesState) -> dict:
    """Ask a person, and say the answer."""
    return {"messages": [AIMessage(f"told {interrupt({'ask': state['messages'][-1].text})}")]}


def one(node, name):
    """A graph of one node."""
    graph = StateGraph(MessagesState).add_node(name, node)
    return graph.add_edge(START, name).add_edge(name, END).compile(name=name)


echo = one(say, "echo")
doubt = one(ask, "doubt")
'''


SHOP = '''"""An agent of `create_agent` and a node, both with effects; the server can die in any of them."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Annotated, Any

from langchain.agents import create_agent
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

from stretto import EffectsOnce, effect, idempotency_key, tool
from stretto.testing import Reply, ScriptedModel, tool_call

HERE = Path(__file__).parent.parent


def happen(what: str) -> None:
    """Let it happen in the world, and end the process if it is to end here."""
    with (HERE / "world.log").open("a") as log:
        log.write(f"{what} {idempotency_key()}\\n")
        log.flush()
        os.fsync(log.fileno())
    end(what)


def end(where: str) -> None:
    """End the process if it is to end here."""
    deadly = HERE / f"die-{where}"
    if deadly.exists():
        deadly.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


@tool(effect="reads")
def look(what: str) -> str:
    """Look at a thing."""
    happen(f"look-{what}")
    return f"{what} is red"


@tool(effect="idempotent")
def reserve(what: str) -> str:
    """Reserve a thing."""
    happen(f"reserve-{what}")
    return f"{what} is reserved"


def order(what: str) -> str:
    """Order a thing."""
    happen(f"order-{what}")
    return f"{what} is ordered"


def answer(messages):
    """Look, reserve and order, then say so."""
    calls = [
        Reply(tool_calls=[tool_call("look", what="cup")]),
        Reply(tool_calls=[tool_call("reserve", what="cup"), tool_call("order", what="plate")]),
        Reply(tool_calls=[tool_call("order", what="cup")]),
        Reply("All is ordered."),
    ]
    return calls[sum(m.type == "ai" for m in messages)]


shop = create_agent(
    ScriptedModel(answer), [look, reserve, order], middleware=[EffectsOnce()], name="shop"
)


class Ledgered(TypedDict):
    """What was given."""

    given: Annotated[list[Any], lambda a, b: [*a, *b]]


async def first(state: Ledgered) -> dict:
    """Settle one effect, then die behind it once."""
    given = await effect("order", order, "first")
    await asyncio.to_thread(end, "behind")
    return {"given": [given, await effect("order", order, "second")]}


async def last(state: Ledgered) -> dict:
    """One more, in a step of its own."""
    return {"given": [await effect("order", order, "third")]}


_graph = StateGraph(Ledgered)
_graph.add_node("first", first)
_graph.add_node("last", last)
_graph.add_edge(START, "first")
_graph.add_edge("first", "last")
_graph.add_edge("last", END)
steps = _graph.compile(name="steps")
'''


class DevServer:
    """`langgraph dev` in a folder; it can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "server.log"
        self.port = _free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def state(self) -> Path:
        """The folder of the project's state."""
        return self.folder / ".stretto"

    def output(self) -> str:
        """What it has written so far, in all its lives."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def start(self) -> None:
        """Start it and wait until it answers."""
        kept = {k: v for k, v in os.environ.items() if k not in UNSET and "STRETTO" not in k}
        command = [sys.executable, "-m", "langgraph_cli", "dev", "--no-browser", "--no-reload"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--host", "127.0.0.1", "--port", str(self.port)],
                cwd=self.folder,
                env={**kept, **QUIET},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + STARTS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.end(signal.SIGKILL)
                pytest.fail(f"langgraph dev does not start:\n{self.output()[-4000:]}")
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=0.1)

    def end(self, how: signal.Signals) -> None:
        """End it with all its children, and wait until it is gone."""
        process, self.process = self.process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/ok", timeout=2) as response:
                return response.status == 200
        except (urllib.error.URLError, OSError):
            return False


@pytest.fixture(scope="session")
def dev_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevServer]:
    """A running server; also the graphs `asking`, `echo`, `doubt` and one of each pattern are on it."""
    if importlib.util.find_spec("langgraph_api") is None:
        absent("langgraph-cli[inmem] is not installed (the extra `dev-server`)")
    server = DevServer(_project_copy(tmp_path_factory.mktemp("dev") / "project"))
    try:
        server.start()
        yield server
    finally:
        server.end(signal.SIGTERM)


@pytest.fixture
async def client(dev_server: DevServer) -> AsyncIterator[LangGraphClient]:
    """The server over its SDK."""
    from langgraph_sdk import get_client

    async with get_client(url=dev_server.url) as opened:
        yield opened


@pytest.fixture
def garden(dev_server: DevServer) -> dict[str, Any]:
    """The context of a run over two small sections."""
    return {"sources": [str(dev_server.folder / "documents")]}


@pytest.fixture
def sources(tmp_path: Path) -> list[str]:
    """A folder of the documents about pottery."""
    folder = tmp_path / "pottery"
    folder.mkdir()
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text)
    return [str(folder)]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[list[Any], OpenAIServer]]:
    """The teams' model is a server that replies what stands in the list, one after the other."""
    replies: list[Any] = []
    with openai_server(lambda _: replies.pop(0)) as server:
        use_server(monkeypatch, server.url)
        yield replies, server


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the end of the server's output with a test that failed."""
    report = yield
    server = getattr(item, "funcargs", {}).get("dev_server")
    if report.failed and server is not None:
        report.sections.append(("langgraph dev", server.output()[-6000:]))
    return report


def _project_copy(folder: Path) -> Path:
    for name in ("graphs", "agents", "tools", "prompts", "steps"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    (folder / "documents").mkdir()
    (folder / "documents" / "garden.md").write_text(GARDEN)
    (folder / "graphs" / "asking.py").write_text(ASKING)
    (folder / "graphs" / "small.py").write_text(REMOTE)
    (folder / "graphs" / "shop.py").write_text(SHOP)
    shutil.copy(Path(__file__).with_name("pattern_graphs.py"), folder / "graphs" / "patterns.py")
    config = json.loads((ROOT / "langgraph.json").read_text())
    config["graphs"] |= {
        "asking": "./graphs/asking.py:graph",
        "echo": "./graphs/small.py:echo",
        "doubt": "./graphs/small.py:doubt",
        "shop": "./graphs/shop.py:shop",
        "steps": "./graphs/shop.py:steps",
        **{name: f"./graphs/patterns.py:{name}" for name in PATTERNS},
    }
    (folder / "langgraph.json").write_text(json.dumps(config))
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
