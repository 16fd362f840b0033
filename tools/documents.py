"""Search and read the documents of a run: its sources, found by words, opened at a line."""

import asyncio
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from langchain.tools import ToolRuntime

from stretto import tool
from stretto.errors import InvalidInput
from stretto.sources import survey as broad
from stretto.sources.files import PACKAGE, Root, walk
from stretto.sources.index import Index
from stretto.state import ResearchContext

__all__ = ["read", "search", "survey"]

PASSAGES = 8
"""Passages a search returns."""
SURVEYED = 30
"""Documents a survey returns a passage of."""
FRESH = 10.0
"""Seconds after which the files are looked at again."""
DEMO = ("package:langgraph", "package:langchain", "package:langchain_core")
"""What is searched when nothing else is named, beside this project's own documents."""

_open: dict[tuple[str, ...], tuple[Index, float]] = {}
_opening = threading.Lock()


@tool(effect="reads")
async def search(
    query: str, runtime: ToolRuntime[ResearchContext, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Search the documents and return the passages that answer best, best first.

    Each passage has path, line, symbol (the name or heading it belongs to), kind (text, docstring
    or code; code shows how, it does not explain), text and score. The query says what to look
    for: a few telling words, a name such as Pregel.invoke, or a question.
    """
    if not query.strip():
        raise InvalidInput("the query is empty. Say in a few words what to look for.")
    return await asyncio.to_thread(_search, runtime.context, query)


@tool(effect="reads")
async def survey(
    query: str, runtime: ToolRuntime[ResearchContext, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Search the documents broadly: the best passage of each of many documents, best first.

    The query may be a whole request, however long: each of its sentences is searched for, and what
    the documents found are called. Takes longer than a search, and finds more. Passages are as
    those of search.
    """
    if not query.strip():
        raise InvalidInput("the query is empty. Say what is to be found out.")
    return await asyncio.to_thread(_survey, runtime.context, query)


@tool(effect="reads")
async def read(
    path: str, line: int, runtime: ToolRuntime[ResearchContext, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Read the passage at a line of a document, with those just before and after it.

    The path is that of the document exactly as search gave it; lines are counted from 1.
    """
    return await asyncio.to_thread(_read, runtime.context, path, line)


def sources_of(context: object) -> tuple[str, ...]:
    """Name the sources of a run: its own, else those of `STRETTO_SOURCES`, else the demo's."""
    given = cast("Mapping[str, Any]", context) if isinstance(context, Mapping) else {}
    if named := tuple(given.get("sources") or ()):
        return named
    if listed := os.environ.get("STRETTO_SOURCES", ""):
        return _listed(listed)
    project = Path(__file__).parent.parent
    own = [str(project / name) for name in ("docs", "README.md")]
    return (*DEMO, *(path for path in own if _has_documents(path)))


def _listed(sources: str) -> tuple[str, ...]:
    """Split a list at the system's separator, which may also stand in `package:NAME`."""
    package = PACKAGE.rstrip(":")
    whole = sources.replace(f"{package}:", f"{package}\0")
    parts = (each.strip().replace("\0", ":") for each in whole.split(os.pathsep))
    return tuple(each for each in parts if each)


def _has_documents(path: str) -> bool:
    return Path(path).exists() and any(file.size for file in walk(Root(path, path)))


def _search(context: object, query: str) -> list[dict[str, Any]]:
    return [each.model_dump() for each in _index(sources_of(context)).search(query, PASSAGES)]


def _survey(context: object, query: str) -> list[dict[str, Any]]:
    index = _index(sources_of(context))
    return [each.model_dump() for each in broad.survey(index, query, SURVEYED)]


def _read(context: object, path: str, line: int) -> list[dict[str, Any]]:
    return [each.model_dump() for each in _index(sources_of(context)).read(path, line)]


def _index(sources: tuple[str, ...]) -> Index:
    """The open index of the sources, looked after every `FRESH` seconds."""
    key = (str(Path.cwd()), *sources)
    with _opening:
        index, checked = _open.get(key, (None, 0.0))
        if index is None or not index.path.exists():
            index = Index.open(sources)
        elif time.monotonic() - checked > FRESH:
            index.refresh()
        else:
            return index
        _open[key] = (index, time.monotonic())
        return index
