"""What differs between two JSON Schemas of objects, in words, for who gives or reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from stretto.comparing.fitting import fits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Side: TypeAlias = Literal["given", "read"]
"""Whether callers give these objects, or read them."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What is otherwise with one field."""

    text: str
    breaking: bool


def differences(
    old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, side: Side, what: str = "field"
) -> Iterator[Difference]:
    """Tell what differs between two schemas of objects.

    What callers give breaks where the new schema asks for more than the old one; what they read
    breaks where it promises less.

    Args:
        old: The schema as it was; `None` for plain text.
        new: The schema as it is now; `None` for plain text.
        side: Whether callers give these objects, or read them.
        what: What to call a field.
    """
    if old is None or new is None:
        if old is not new:
            yield Difference("is plain text now" if new is None else "is typed now", breaking=True)
        return
    before, after = _properties(old), _properties(new)
    needed_before, needed = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted({*before, *after}):
        if name not in after:
            yield Difference(f"{what} {name!r} is gone", breaking=True)
        elif name not in before:
            asked = name in needed
            words = f"{what} {name!r} is new" + (", and must be given" if asked else "")
            yield Difference(
                words if side == "given" else f"{what} {name!r} is new",
                breaking=side == "given" and asked,
            )
        else:
            yield from _presence(name, needed_before, needed, side, what)
            yield from _type(
                f"{what} {name!r}",
                _whole(old, before[name]),
                _whole(new, after[name]),
                side,
            )


def _properties(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", schema.get("properties", {}))


def _whole(root: Mapping[str, Any], part: Any) -> Mapping[str, Any] | bool:
    """A part with the definitions it may refer to."""
    if isinstance(part, bool):
        return part
    return {**part, "$defs": root.get("$defs", {})}


def _presence(
    name: str, before: set[str], after: set[str], side: Side, what: str
) -> Iterator[Difference]:
    field = f"{what} {name!r}"
    if (name in before) == (name in after):
        return
    if name in after:
        words = "must be given now" if side == "given" else "is always there now"
        yield Difference(f"{field} {words}", breaking=side == "given")
    else:
        words = "may be left out now" if side == "given" else "may be missing now"
        yield Difference(f"{field} {words}", breaking=side == "read")


def _type(
    field: str,
    old: Mapping[str, Any] | bool,  # noqa: FBT001 - a schema may be one
    new: Mapping[str, Any] | bool,  # noqa: FBT001
    side: Side,
) -> Iterator[Difference]:
    narrower, wider = not fits(old, new), not fits(new, old)
    if not narrower and not wider:
        return
    was, now = type_words(old), type_words(new)
    told = f": {was} -> {now}" if was != now else ""
    if narrower and wider:
        yield Difference(f"{field} has another type{told}", breaking=True)
    elif narrower:
        yield Difference(f"{field} takes less{told}", breaking=side == "given")
    else:
        yield Difference(f"{field} may be more{told}", breaking=side == "read")


def type_words(  # noqa: PLR0911 - one case a kind of schema
    schema: Mapping[str, Any] | bool,  # noqa: FBT001 - a schema may be one
) -> str:
    """Say the type of a schema in a few words, such as "list of str, or nothing"."""
    if isinstance(schema, bool):
        return "anything" if schema else "nothing"
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "const" in schema or "enum" in schema:
        values = [schema["const"]] if "const" in schema else schema["enum"]
        return " | ".join(repr(each) for each in values)
    parts = schema.get("anyOf") or schema.get("oneOf")
    if parts:
        return " | ".join(dict.fromkeys(type_words(each) for each in parts))
    kind = schema.get("type")
    if isinstance(kind, list):
        return " | ".join(_NAMES.get(each, each) for each in cast("list[str]", kind))
    if kind == "array" and schema.get("items"):
        return f"list of {type_words(schema['items'])}"
    if kind == "object" and schema.get("title"):
        return str(schema["title"])
    bounds = [f"{key} {schema[key]}" for key in _BOUNDS if key in schema]
    return " ".join([_NAMES.get(str(kind), str(kind)) if kind else "anything", *bounds])


_NAMES = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "null": "None",
    "array": "list",
    "object": "dict",
}
_BOUNDS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern")
