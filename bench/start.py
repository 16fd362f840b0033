"""What it costs to begin: help, import, the first result, and the size of the default install.

    python -m bench.start [--repeats 9] [--no-install]

CPU seconds (user and system) of fresh processes, medians of alternating repeats. The smallest team
is one node on SQLite with `durability="sync"`: through `stretto.run` with the journal on, against
the same graph by hand. The install is made in a new virtual environment from pyproject.toml and
constraints.txt with pip, and counted without pip and setuptools; byte code does not count.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent.parent
HELP = [str(Path(sys.executable).with_name("stretto")), "--help"]

GRAPH = """
import asyncio
from langchain_core.messages import AIMessage
from langgraph.graph import END, START, MessagesState, StateGraph

async def talk(state):
    return {"messages": [AIMessage("hello")]}

graph = StateGraph(MessagesState)
graph.add_node("talk", talk)
graph.add_edge(START, "talk")
graph.add_edge("talk", END)
"""
OURS = f"""{GRAPH}
import stretto
print(stretto.invoke(graph.compile(name="talk"), "hi").text)
"""
BY_HAND = f"""{GRAPH}
import sys, uuid
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

async def main():
    async with AsyncSqliteSaver.from_conn_string("hand.sqlite") as saver:
        config = {{"configurable": {{"thread_id": str(uuid.uuid4())}}}}
        given = {{"messages": [HumanMessage("hi")]}}
        out = await graph.compile(checkpointer=saver).ainvoke(given, config, durability="sync")
        print(out["messages"][-1].text)

asyncio.run(main())
"""
COMMANDS = {
    "nothing": [sys.executable, "-c", "pass"],
    "import": [sys.executable, "-c", "import stretto, sys; assert 'langgraph' not in sys.modules"],
    "help": HELP,
    "by_hand": [sys.executable, "-c", BY_HAND],
    "ours": [sys.executable, "-c", OURS],
}


def cpu(command: list[str], folder: str) -> float:
    """User and system seconds of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    env = {**os.environ, "STRETTO_HOME": folder, "LANGSMITH_TRACING": "false"}
    subprocess.run(command, check=True, capture_output=True, cwd=folder, env=env)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def measure(repeats: int) -> dict[str, float]:
    """Median CPU of each command, all alternating."""
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as folder:
        for command in COMMANDS.values():
            cpu(command, folder)  # once for the byte code and the state files
        for _ in range(repeats):
            for name, command in COMMANDS.items():
                seconds[name].append(cpu(command, folder))
    return {name: statistics.median(values) for name, values in seconds.items()}


def install() -> tuple[int, float]:
    """Packages and megabytes of the default install."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder, "bin", "python"))
        source = Path(folder, "source")
        source.mkdir()
        for name in ("pyproject.toml", "constraints.txt", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, source)
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "src", source / "src", ignore=ignore)
        pip = [python, "-m", "pip", "--disable-pip-version-check"]
        subprocess.run(
            [
                *pip,
                "install",
                "--quiet",
                "--no-compile",
                "-c",
                str(source / "constraints.txt"),
                str(source),
            ],
            check=True,
            stderr=subprocess.DEVNULL,
        )
        listed = subprocess.run([*pip, "list", "--format=json"], check=True, capture_output=True)
        subprocess.run([*pip, "uninstall", "--quiet", "-y", "setuptools", "pip"], check=True)
        site = next(Path(folder, "lib").glob("python*/site-packages"))
        kept = [p for p in site.rglob("*") if p.is_file() and p.suffix != ".pyc"]
        names = {p["name"] for p in json.loads(listed.stdout)} - {"pip", "setuptools"}
        return len(names), sum(p.stat().st_size for p in kept) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--no-install", action="store_true", help="leave out the fresh install")
    given = parser.parse_args()
    seconds = measure(given.repeats)
    told: dict[str, float | int] = {
        "help_cpu": round(seconds["help"], 3),
        "import_cpu": round(seconds["import"] - seconds["nothing"], 3),
        "first_result_ratio": round(seconds["ours"] / seconds["by_hand"], 3),
    }
    if not given.no_install:
        packages, megabytes = install()
        told |= {"packages": packages, "megabytes": round(megabytes, 1)}
    limits = {
        "help_cpu": 0.25,
        "import_cpu": 0.15,
        "first_result_ratio": 1.15,
        "packages": 60,
        "megabytes": 110,
    }
    table = Table("figure", "measured", "at most")
    for name, value in told.items():
        table.add_row(name, str(value), str(limits[name]))
    console = Console()
    console.print(table)
    console.print({name: round(value, 3) for name, value in seconds.items()})
    print(json.dumps(told))


if __name__ == "__main__":
    main()
