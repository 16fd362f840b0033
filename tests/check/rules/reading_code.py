"""Graphs out of a few lines: a rule is tried on them imported and from source alone."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING
from uuid import uuid4

from stretto.check.checking import found_in
from stretto.check.reading.compiled import read_graph
from stretto.check.reading.source import graphs_in_source
from stretto.check.rules import all_rules
from tests.check.loading import loaded

if TYPE_CHECKING:
    from pathlib import Path

    from stretto.check import Finding

HEAD = """
import asyncio, contextlib, logging, os, sqlite3
from pathlib import Path
from typing import Annotated
import operator
import httpx, requests, tenacity
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.errors import GraphBubbleUp, GraphInterrupt
from langgraph.func import task
from langgraph.graph import END, START, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command, Send, interrupt
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    a: str
    b: str
    items: list
    many: Annotated[list, operator.add]
"""
ONE = """
builder = StateGraph(State)
builder.add_node("node", node)
builder.add_edge(START, "node")
builder.add_edge("node", END)
graph = builder.compile(checkpointer=InMemorySaver())
"""


def source_of(code: str, tail: str = ONE) -> str:
    """A module with a graph."""
    return HEAD + textwrap.dedent(code) + textwrap.dedent(tail)


def seen(code: str, folder: Path, rule: str, tail: str = ONE) -> list[Finding]:
    """What one rule finds in a graph that is imported; `code` defines `node` where no tail is."""
    source = source_of(code, tail)
    module = loaded(source, folder, f"made_{uuid4().hex}")
    rules = [each for each in all_rules() if each.code == rule]
    return found_in(read_graph(module.graph, file=module.__file__), rules)


def seen_in_source(code: str, folder: Path, rule: str, tail: str = ONE) -> list[Finding]:
    """What one rule finds in a graph of which only the source is read."""
    rules = [each for each in all_rules() if each.code == rule]
    file = folder / "source.py"
    file.write_text(text := source_of(code, tail), encoding="utf-8")
    return [f for graph in graphs_in_source(file, text) for f in found_in(graph, rules)]
