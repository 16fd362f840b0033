"""Tools as a model sees them, what each seems to be for, and which one a request asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from stretto.models.offline.lexical import likeness, parts, stem, stems, terms, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Role = Literal["search", "read", "calculate", "fetch", "other"]

_QUERY_NAMES = {"query", "question", "q", "search", "keywords", "terms", "text", "topic", "pattern"}
PATH_NAMES = frozenset({"path", "file", "filename", "file_path", "document", "doc_id", "source"})
"""Names of arguments that say where a document is."""
URL_NAMES = frozenset({"url", "uri", "link", "href"})
"""Names of arguments that are web addresses."""
_EXPRESSION_NAMES = {"expression", "expr", "formula", "calculation", "equation", "input", "query"}
_SEARCHES = stems("search find lookup query retrieve retriever retrieval")
_READS = stems("read open show load get view")
_CALCULATES = stems("calculate calculator arithmetic math evaluate compute")
_FETCHES = stems("fetch download browse open get read scrape visit web page")
_IDLE = stems("get do make tool run call my the function to transfer set use")
_NAMED, _HALF = 0.99, 0.5


@dataclass(frozen=True)
class Tool:
    """A tool as it is offered to a model: a name, a description, a JSON schema of arguments."""

    name: str
    description: str
    schema: Mapping[str, Any]
    output: bool = False
    """Whether calling it is the answer (a typed output) and not work."""

    @property
    def properties(self) -> dict[str, Any]:
        """Arguments by name."""
        return cast("dict[str, Any]", self.schema.get("properties") or {})

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the arguments it must be given."""
        return tuple(cast("list[str]", self.schema.get("required") or []))


def role_of(tool: Tool) -> Role:
    """What a tool seems to be for, by its name, its description and its arguments."""
    if tool.output:
        return "other"
    names = {name.lower() for name in tool.properties}
    said = stems(tool.name) | stems(tool.description.split("\n\n", 1)[0])
    if names & URL_NAMES and said & _FETCHES:
        return "fetch"
    if names & _EXPRESSION_NAMES and said & _CALCULATES:
        return "calculate"
    if names & _QUERY_NAMES and said & _SEARCHES:
        return "search"
    if names & PATH_NAMES and stems(tool.name) & _READS and "line" in str(names):
        return "read"
    return "other"


def by_role(tools: Sequence[Tool], role: Role) -> Tool | None:
    """The first tool of a role."""
    return next((tool for tool in tools if role_of(tool) == role), None)


def suits(tool: Tool, request: str) -> float:
    """How much a request asks for a tool: 2 when it names it, up to 1 when its name is meant, or 0.

    A part of the name alone asks for nothing: that a question contains "write" does not call
    a tool `write_file`.
    """
    if _is_named(tool.name, request):
        return 2.0
    asked = stems(request)
    name = [root for root in map(stem, parts(tool.name)) if root not in _IDLE]
    if not name:
        return 0.0
    named = sum(likeness(root, asked) for root in name) / len(name)
    first = tool.description.strip().split("\n", 1)[0]
    described = [likeness(term.stem, asked) for term in terms(first)]
    about = sum(described) / len(described) if described else 0.0
    meant = named >= _NAMED or (named >= _HALF and about >= _HALF)
    return 0.75 * named + 0.25 * about if meant else 0.0


def _is_named(name: str, request: str) -> bool:
    """Whether a request has a tool's name as a name: with an underscore, called, or as code."""
    if "_" in name and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", request, re.IGNORECASE):
        return True
    return f"{name}(" in request or f"`{name}`" in request


def nearest(tools: Sequence[Tool], request: str) -> Tool:
    """The tool whose name, description and arguments are nearest to a request."""
    asked = terms(request)

    def like(tool: Tool) -> float:
        said = stems(" ".join([tool.name, tool.description, *tool.properties]))
        return suits(tool, request) * 10 + sum(t.weight * likeness(t.stem, said) for t in asked)

    return max(tools, key=like)


def mentions(words_of: str, text: str) -> bool:
    """Whether a text has all words of a name."""
    bag = stems(text)
    return all(stem(word) in bag for word in words(words_of.replace("_", " ")))
