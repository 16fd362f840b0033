"""A small project, the command line run in it, and records to draw."""

from __future__ import annotations

import io
import json
import sys
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from stretto import records as r
from stretto.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TEAM = '''
"""A team of plain functions."""
import asyncio
from langchain_core.tools import tool
from stretto.patterns import plan
from stretto.state import Citation, Finding, Plan, Review, Task, TaskRevision

@tool
async def look(words: str, limit: int = 3) -> str:
    """Look."""
    return f"found {words}"

second = asyncio.Event()

def planner(state):
    """plans"""
    asked = state["messages"][-1].text
    if "hello" in asked:
        return Plan(reply="Hello to you.")
    return Plan(tasks=[
        Task(id="t1", goal="What is one?", executor="worker"),
        Task(id="t2", goal="What is two?", executor="worker"),
        Task(id="t3", goal="What is three?", executor="worker", needs=["t1", "t2"]),
    ])

async def worker(state):
    """works"""
    task = state["task"]
    if task.id == "t2":
        second.set()
    await second.wait()
    await look.ainvoke({"words": task.goal, "limit": 2})
    cited = Citation(path=__file__, line=9, symbol="look", quote="async def look")
    return Finding(found=True, answer=f"It is {task.id}.", citations=[cited])

def reviewer(state):
    """judges"""
    if "<round>1 " in state["messages"][0].text and "again" in state["messages"][0].text:
        return Review(verdict="revise", reason="t2 is thin",
                      revise=[TaskRevision(task="t2", why="look deeper")])
    return Review(verdict="accept", reason="all is proven")

graph = plan(planner, [worker], reviewer)
careful = plan(planner, [worker], reviewer, approve=["tasks"])
'''

TALK = '''
"""One agent that talks."""
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from stretto.testing import Reply, ScriptedModel, tool_call

def pay(to: str, amount: int) -> str:
    """Pay somebody."""
    return f"paid {amount} to {to}"

def answer(messages):
    last = messages[-1]
    if last.type == "tool":
        return "Done: " + " and ".join(m.text for m in messages if m.type == "tool") + "."
    if "pay" in last.text:
        calls = [tool_call("pay", to="Ann", amount=5), tool_call("pay", to="Bob", amount=7)]
        return Reply(tool_calls=calls)
    return f"You said: {last.text}."

graph = create_agent(ScriptedModel(answer), [pay], name="talk")
asks = create_agent(ScriptedModel(answer), [pay], name="asks",
                    middleware=[HumanInTheLoopMiddleware(interrupt_on={"pay": True})])
'''

STEPS = '''
"""Graphs of plain nodes that break, stop or are killed."""
import asyncio, os, signal, time
from pathlib import Path
from typing_extensions import TypedDict
from langgraph.graph import END, START, StateGraph
from stretto.state import ChatState

HERE = Path(__file__).parent

def first(state):
    with (HERE / "first").open("a") as log:
        log.write("x")
    return {"messages": [("ai", "first is done")]}

def second(state):
    if not (HERE / "mended").exists():
        raise TypeError("an int is no str")
    return {"messages": [("ai", "second is done")]}

def stops(state):
    os.kill(os.getpid(), signal.SIGINT)
    return {"messages": [("ai", "asked to stop")]}

async def hurries(state):
    for _ in range(2):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(20):
            await asyncio.sleep(0)
    await asyncio.to_thread(time.sleep, 100)

def dies(state):
    if not (HERE / "mended").exists():
        os.kill(os.getpid(), signal.SIGKILL)
    return {"messages": [("ai", "lived on")]}

def chain(*nodes):
    graph = StateGraph(ChatState)
    for node in nodes:
        graph.add_node(node.__name__, node)
    for one, two in zip([START, *[n.__name__ for n in nodes]], [*[n.__name__ for n in nodes], END]):
        graph.add_edge(one, two)
    return graph.compile()

breaks, stopped, killed = chain(first, second), chain(stops, first), chain(first, dies)
hurried = chain(first, hurries)

class Count(TypedDict):
    n: int

adds = StateGraph(Count).add_node("add", lambda s: {"n": s["n"] + 1})
adds = adds.add_edge(START, "add").add_edge("add", END).compile()
'''

GRAPHS = {
    "team": "./graphs/team.py:graph",
    "careful": "./graphs/team.py:careful",
    "talk": "./graphs/talk.py:graph",
    "asks": "./graphs/talk.py:asks",
    "breaks": "./graphs/steps.py:breaks",
    "stopped": "./graphs/steps.py:stopped",
    "hurried": "./graphs/steps.py:hurried",
    "killed": "./graphs/steps.py:killed",
    "adds": "./graphs/steps.py:adds",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with small teams, an agent and a tool; the working directory of the test."""
    root = tmp_path / "project"
    files = {
        "langgraph.json": json.dumps({"dependencies": ["."], "graphs": GRAPHS}),
        "graphs/team.py": TEAM,
        "graphs/talk.py": TALK,
        "graphs/steps.py": STEPS,
        "agents/echo.yaml": "role: says something\nprompt: echo\ntools: [sums.add]\nversion: '3'\n",
        "prompts/echo.md": "---\nversion: 2\n---\nYou say something.\n",
        "tools/sums.py": 'def add(a: int, b: int) -> int:\n    """Add two numbers."""\n    return a + b\n',
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip())
    monkeypatch.chdir(root)
    for name in ("STRETTO_DEBUG", "STRETTO_MODEL", "COLUMNS"):  # as wide as a pipe, wherever run
        monkeypatch.setenv(name, "")
    return root


@dataclass(frozen=True)
class Said:
    """What the command line printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on the standard output."""
        return json.loads(self.out)


@pytest.fixture
def stretto(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Said]:
    """Runs the command line in this process, with lines for its standard input."""

    def run(*arguments: str, stdin: str = "") -> Said:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(arguments)
        said = capsys.readouterr()
        return Said(int(end.value.code or 0), said.out, said.err)

    return run


class Tale:
    """Makes records as a run would, a second apart."""

    def __init__(self) -> None:
        self.records: list[r.AnyRecord] = []
        self.time = 1000.0

    def _add(self, kind: Any, **fields: Any) -> Any:
        self.time += 1.0
        record = kind(time=self.time, thread="thread-1", run="run-1", **fields)
        self.records.append(record)
        return record

    def start(self, **fields: Any) -> None:
        """A run begins."""
        told = {
            "team": "team",
            "question": "Why?",
            "limits": {"model_calls": 100},
            "model": "offline",
        }
        self._add(r.RunStarted, **{**told, **fields})

    def end(self, status: str = "done", **fields: Any) -> None:
        """A run ends."""
        self._add(r.RunEnded, status=status, seconds=5.0, **fields)

    def node(self, node: str, **fields: Any) -> str:
        """A node begins; gives its span."""
        span = f"span-{len(self.records)}"
        place = fields.pop("place", f"{node}:1")
        self._add(r.NodeStarted, node=node, span=span, place=place, **fields)
        return span

    def node_ended(self, node: str, span: str, status: str = "done", **fields: Any) -> None:
        """A node ends."""
        self._add(r.NodeEnded, node=node, span=span, status=status, seconds=2.0, **fields)

    def work(self, task: str, agent: str = "worker") -> str:
        """A task's executor begins."""
        return self.node(agent, task=task, place=f"execute:1|{task}:2|{agent}:3")

    def worked(self, task: str, span: str, status: str = "done", **fields: Any) -> None:
        """A task's executor ends."""
        self.node_ended(
            "worker", span, status, task=task, place=f"execute:1|{task}:2|w:3", **fields
        )

    def tool(self, tool: str, args: dict[str, Any], status: str = "done", **fields: Any) -> None:
        """A tool is called, and ends."""
        span = f"span-{len(self.records)}"
        self._add(r.ToolStarted, tool=tool, args=args, span=span, **fields)
        self._add(r.ToolEnded, tool=tool, span=span, status=status, seconds=0.5, **fields)

    def model(self, **fields: Any) -> None:
        """A model is called, and answers."""
        self._add(r.ModelStarted, model="offline", messages=2, **fields)
        self._add(
            r.ModelEnded, model="offline", input_tokens=10, output_tokens=3, seconds=0.1, **fields
        )

    def plan(self, *tasks: tuple[str, list[str]]) -> None:
        """The planner writes a plan."""
        told = [
            {"id": i, "goal": f"What is {i}?", "executor": "worker", "needs": n} for i, n in tasks
        ]
        self._add(r.Decided, by="planner", decision="plan", data={"tasks": told})

    def review(
        self, verdict: str, *again: str, reason: str = "because", goes_on: bool = True
    ) -> None:
        """The reviewer decides."""
        failed = [
            {"rule": "quoted", "task": t, "passed": False, "detail": "no quote"} for t in again
        ]
        checks = [{"rule": "answered", "task": "t1", "passed": True, "detail": ""}, *failed]
        review = {"verdict": verdict, "revise": [{"task": t, "why": f"mend {t}"} for t in again]}
        data = {
            "review": review,
            "checks": checks,
            "rules": {"answered": "each task has an answer", "quoted": "words stand there"},
            "round": 1,
            "max_rounds": 3,
            "goes_on": goes_on,
        }
        self._add(r.Decided, by="reviewer", decision=verdict, reason=reason, data=data)

    def ask(self, interrupt: str, task: str) -> None:
        """A person is asked about a task's result."""
        action = {"name": "task_result", "args": {"task": task, "text": "so"}, "description": "?"}
        value = {
            "action_requests": [action],
            "review_configs": [
                {"action_name": "task_result", "allowed_decisions": ["approve", "reject"]}
            ],
        }
        self._add(r.Interrupted, interrupt=interrupt, value=value)

    def answer(self, interrupt: str = "") -> None:
        """A person answers."""
        self._add(r.Answered, interrupt=interrupt, answer="yes", by="ann")

    def conclude(self, verdict: str = "accepted") -> None:
        """The team gives its answer."""
        told = {
            "question": "Why?",
            "text": "What is t1?\nBecause [1].",
            "verdict": verdict,
            "accepted": verdict == "accepted",
            "reason": "all is proven",
            "rounds": 1,
            "citations": [{"path": "/x/y.py", "line": 7, "symbol": "f", "quote": "so it\nis"}],
        }
        self._add(r.Decided, by="team", decision=verdict, reason="all is proven", data=told)


@pytest.fixture
def tale() -> Tale:
    """An empty tale of records."""
    return Tale()


@pytest.fixture
def drawn() -> Callable[..., str]:
    """Draws anything on a screen of so many columns, without colours."""

    def draw(thing: Any, width: int = 120) -> str:
        out = io.StringIO()
        Console(file=out, width=width, highlight=False, emoji=False, markup=False).print(thing)
        return "\n".join(line.rstrip() for line in out.getvalue().splitlines())

    return draw
