"""Search and read what a support desk answers from: its sources, else a small bank to try it."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

from langchain.tools import ToolRuntime  # noqa: TC002 - LangChain reads it to inject it

from stretto import Project, tool
from stretto.state import ResearchContext  # noqa: TC001 - LangChain reads it to inject it

__all__ = ["read", "search"]

TRY = Path(__file__).parent.parent / "examples" / "bank"
"""What is searched where neither the run nor `STRETTO_SOURCES` names sources."""


@tool(effect="reads")
async def search(
    query: str, runtime: ToolRuntime[ResearchContext, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Search the bank's documents and return the passages that answer best, best first.

    Each passage has path, line, symbol (the heading it belongs to), kind, text and score. The query
    says what to look for: a few telling words, or a question.
    """
    documents: Any = Project.at(__file__).tool("documents.search")
    found: list[dict[str, Any]] = await documents(query, runtime=_sourced(runtime))
    return found


@tool(effect="reads")
async def read(
    path: str, line: int, runtime: ToolRuntime[ResearchContext, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Read the passage at a line of a document, with those just before and after it.

    The path is that of the document exactly as search gave it; lines are counted from 1.
    """
    documents: Any = Project.at(__file__).tool("documents.read")
    found: list[dict[str, Any]] = await documents(path, line, runtime=_sourced(runtime))
    return found


def _sourced(runtime: ToolRuntime[ResearchContext, dict[str, Any]]) -> Any:
    """The runtime with sources in its context, unless there are some."""
    given: Any = runtime.context or {}
    if given.get("sources") or os.environ.get("STRETTO_SOURCES"):
        return runtime
    return dataclasses.replace(runtime, context={**given, "sources": [str(TRY)]})
