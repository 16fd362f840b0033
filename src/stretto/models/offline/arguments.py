"""Arguments for a tool call, filled from the words of a request by the tool's schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stretto.models.offline import values
from stretto.models.offline.fill import fill
from stretto.models.offline.toolbox import PATH_NAMES, URL_NAMES, Tool, mentions

if TYPE_CHECKING:
    from stretto.models.offline.facts import Facts

_LOOKED_UP = (
    (PATH_NAMES, values.first_path),
    (URL_NAMES, values.first_url),
    (frozenset({"email", "mail"}), values.first_email),
)
"""Arguments that must stand in the request as they are, and what finds them there."""


def arguments(tool: Tool, facts: Facts, *, forced: bool) -> dict[str, Any] | None:
    """Arguments that fit the tool's schema, or `None` when the request does not give them.

    Optional arguments are given only when the request names them. When `forced`, what is
    missing is filled by rule all the same.
    """
    chosen = {
        name: part
        for name, part in tool.properties.items()
        if name in tool.required or _present(name, part, facts.request)
    }
    if not forced and not _given(tool, facts.request):
        return None
    schema = {**tool.schema, "properties": chosen}
    filled = fill(schema, facts)
    return filled if isinstance(filled, dict) else {}


def _present(name: str, part: dict[str, Any], request: str) -> bool:
    """Whether the request speaks of an optional argument."""
    if not mentions(name, request):
        return False
    kind = part.get("type")
    if kind in {"integer", "number"}:
        return values.number_near(request, name) is not None
    return kind == "boolean" or bool(values.quoted(request) or part.get("enum"))


def _given(tool: Tool, request: str) -> bool:
    """Whether the request has what the required arguments ask for."""
    numeric = [
        name
        for name in tool.required
        if tool.properties.get(name, {}).get("type") in {"integer", "number"}
    ]
    if len(values.numbers(request)) < len(numeric):
        return False
    wanted = {name.lower() for name in tool.required}
    return all(look(request) for names, look in _LOOKED_UP if wanted & names)
