"""JSON Schema as the offline model reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

Schema = Mapping[str, Any]
"""A JSON Schema, or a part of one."""


def kind(schema: Schema) -> str:
    """The JSON type of a schema, from its `type` or what else it says; empty when unsaid."""
    given = schema.get("type")
    if isinstance(given, list):
        return next((str(each) for each in given if each != "null"), "null")
    if isinstance(given, str):
        return given
    if "properties" in schema:
        return "object"
    return "array" if "items" in schema else ""


def fits(schema: Schema, value: object) -> bool:
    """Whether a text, a number or a list of texts is within what a plain schema allows."""
    if "const" in schema and schema["const"] != value:
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    match value, kind(schema):
        case str(), "string" | "":
            return _within(schema, len(value), "Length")
        case list(), "array" | "":
            return _within(schema, len(cast("list[object]", value)), "Items")
        case int(), "integer" | "number" | "":
            above = bool(value > schema.get("exclusiveMinimum", value - 1))
            below = bool(value < schema.get("exclusiveMaximum", value + 1))
            return above and below and _within(schema, value, "imum")
        case _:
            return False


def _within(schema: Schema, size: int, of: str) -> bool:
    return bool(schema.get(f"min{of}", size) <= size <= schema.get(f"max{of}", size))
