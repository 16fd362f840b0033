"""What `stretto check` costs: a graph of 30 nodes, one of 5,000, a tree of 1,000 files.

    python -m bench.check_speed [--repeats 5] [--files 1000] [--nodes 5000]

CPU seconds after imports, medians of repeats, all rules, with nothing kept of the repeat before:
neither sources nor what was parsed of them. The tree is made of the graphs of tests/check/graphs,
some of which take their nodes from modules beside them, and of as many modules without a graph; it
is read from source alone.
"""

from __future__ import annotations

import argparse
import json
import linecache
import operator
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from langgraph.graph import END, START, StateGraph
from rich.console import Console
from rich.table import Table
from typing_extensions import TypedDict

from stretto.check import check
from stretto.check.checking import found_in
from stretto.check.reading import source_files
from stretto.check.reading.source import graphs_in_source
from stretto.check.rules import all_rules
from tests.check.handwritten import FOLDER, handwritten

if TYPE_CHECKING:
    from collections.abc import Callable

LIMITS = {"thirty": 0.3, "thousands": 30.0, "tree": 10.0}
"""CPU seconds that are allowed."""
PLAIN = '''"""A module without a graph, number {number}."""

from dataclasses import dataclass


@dataclass
class Order{number}:
    """What somebody wants."""

    item: str
    amount: int = 1

    def total(self, price: float) -> float:
        """What it costs."""
        if self.amount > 10:
            price *= 0.9
        return round(price * self.amount, 2)


def take_{number}(state):
    """A node of some graph."""
    return {{"text": state["text"] + "{number}"}}
'''
USING = '''"""Graph number {number}, whose nodes stand elsewhere."""

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

from .plain_{number} import take_{number}


class State(TypedDict):
    text: str


builder = StateGraph(State)
builder.add_node("take", take_{number})
builder.add_edge(START, "take")
builder.add_edge("take", END)
graph = builder.compile()
'''


class Work(TypedDict):
    """What the thousands have in common."""

    done: Annotated[list[str], operator.add]
    stage: int


def large(nodes: int) -> Any:
    """Stages of ten nodes: one leads, eight work beside one another, one gathers and decides."""

    def lead(state: Work) -> dict[str, int]:
        return {"stage": state["stage"] + 1}

    def work(state: Work) -> dict[str, list[str]]:
        return {"done": [f"part of {state['stage']}"]}

    def gather(state: Work) -> dict[str, list[str]]:
        return {"done": [f"all of {state['stage']}"]}

    def onward(state: Work) -> str:
        return "on" if len(state["done"]) > state["stage"] else "stop"

    builder = StateGraph(Work)
    last = nodes // 10 - 1
    for stage in range(last + 1):
        workers = [f"work_{stage}_{number}" for number in range(8)]
        builder.add_node(f"lead_{stage}", lead)
        for worker in workers:
            builder.add_node(worker, work)
            builder.add_edge(f"lead_{stage}", worker)
        builder.add_node(f"gather_{stage}", gather)
        builder.add_edge(workers, f"gather_{stage}")
        after = END if stage == last else f"lead_{stage + 1}"
        builder.add_conditional_edges(f"gather_{stage}", onward, {"on": after, "stop": END})
    builder.add_edge(START, "lead_0")
    return builder.compile()


def grow(folder: Path, files: int) -> None:
    """Write a tree of so many files."""
    shown = [path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.py"))]
    for number in range(0, files, 2):
        package = folder / f"package_{number // 50}"
        package.mkdir(exist_ok=True)
        text = shown[number // 2 % len(shown)] if number % 8 else USING.format(number=number)
        (package / f"plain_{number}.py").write_text(PLAIN.format(number=number), encoding="utf-8")
        (package / f"graph_{number}.py").write_text(text, encoding="utf-8")


def read_tree(folder: Path) -> int:
    """Check each file of a tree from source alone; gives the number of graphs."""
    rules = [rule for rule in all_rules() if not rule.advice]
    seen = 0
    for path in sorted(folder.rglob("*.py")):
        for graph in graphs_in_source(path, root=folder):
            seen += 1
            found_in(graph, rules)
    return seen


def seconds(work: Callable[[], Any], repeats: int) -> float:
    """The median CPU of some runs, each of which reads all sources anew."""
    spent: list[float] = []
    for _ in range(repeats):
        linecache.clearcache()
        source_files._parsed.cache_clear()  # noqa: SLF001 - nothing else forgets it
        begin = time.process_time()
        work()
        spent.append(time.process_time() - begin)
    return statistics.median(spent)


def measured(repeats: int, nodes: int, files: int) -> dict[str, float]:
    """CPU seconds of each case."""
    thirty, thousands = handwritten("thirty_nodes").graph, large(nodes)
    assert len(thirty.builder.nodes) == 30
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        grow(tree, files)
        return {
            "thirty": seconds(lambda: check(thirty), repeats),
            "thousands": seconds(lambda: check(thousands), 1),
            "tree": seconds(lambda: read_tree(tree), 1),
        }


def show(found: dict[str, float], nodes: int, files: int) -> None:
    names = {
        "thirty": "a graph of 30 nodes",
        "thousands": f"a graph of {nodes:,} nodes",
        "tree": f"{files:,} files from source alone",
    }
    table = Table("what", "CPU, s", "allowed, s")
    for key, spent in found.items():
        table.add_row(names[key], f"{spent:.3f}", f"{LIMITS[key]:g}")
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--nodes", type=int, default=5000)
    parser.add_argument("--files", type=int, default=1000)
    given = parser.parse_args()
    found = measured(given.repeats, given.nodes, given.files)
    show(found, given.nodes, given.files)
    print(json.dumps({key: round(spent, 4) for key, spent in found.items()}))


if __name__ == "__main__":
    main()
