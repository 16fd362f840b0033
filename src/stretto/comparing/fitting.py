"""Whether all that fits one JSON Schema fits another, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    Schema = Mapping[str, Any] | bool

_SAID = frozenset({
    "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$defs",
    "definitions", "$schema", "$id", "$comment", "discriminator",
})  # fmt: skip
"""Keys that bind no value."""
_KNOWN = frozenset({
    "type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref", "properties", "required",
    "additionalProperties", "items", "prefixItems",
})  # fmt: skip
_AT_LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_AT_MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


def fits(given: Schema, wanted: Schema) -> bool:
    """Tell whether every value that `given` allows is surely allowed by `wanted`.

    What is not understood fits itself alone, so that `False` may be too cautious and `True` never
    is. Names, descriptions and defaults do not count.
    """
    return _Fitting(_root(given), _root(wanted)).fits(given, wanted)


def _root(schema: Schema) -> Mapping[str, Any]:
    return {} if isinstance(schema, bool) else schema


class _Fitting:
    """Compares parts of two schemas, each with the definitions of its root."""

    def __init__(self, given: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
        self._roots = given, wanted
        self._assumed: set[tuple[str, str]] = set()
        """Pairs that are being compared further out, so that recursive ones come to an end."""

    def fits(self, given: Schema, wanted: Schema) -> bool:
        if isinstance(wanted, bool) or isinstance(given, bool):
            open_ = wanted is True or (not isinstance(wanted, bool) and _anything(wanted))
            return open_ or given is False
        pair = repr(given), repr(wanted)
        if pair in self._assumed:
            return True
        self._assumed.add(pair)
        try:
            return self._fit(self._resolved(given, 0), self._resolved(wanted, 1))
        finally:
            self._assumed.discard(pair)

    def _resolved(self, schema: Mapping[str, Any], side: int) -> Mapping[str, Any]:
        for _ in range(20):
            ref = schema.get("$ref")
            if not isinstance(ref, str) or not ref.startswith("#/"):
                break
            found: Any = self._roots[side]
            for part in ref[2:].split("/"):
                found = found.get(part, {}) if isinstance(found, dict) else {}
            schema = cast("Mapping[str, Any]", found)
        parts: list[Any] = schema.get("allOf") or []
        if len(parts) == 1 and isinstance(parts[0], dict):
            return self._resolved(cast("Mapping[str, Any]", parts[0]), side)
        return schema

    def _fit(  # noqa: PLR0911 - one case a kind of schema
        self, given: Mapping[str, Any], wanted: Mapping[str, Any]
    ) -> bool:
        if _anything(wanted):
            return True
        for key in ("anyOf", "oneOf"):
            if key in given:
                return all(self.fits(each, wanted) for each in given[key])
        if "enum" in given or "const" in given:
            return all(self._allows(wanted, each) for each in _values(given))
        if isinstance(kinds := given.get("type"), list):
            each_of = cast("list[str]", kinds)
            return all(self.fits({**given, "type": each}, wanted) for each in each_of)
        for key in ("anyOf", "oneOf"):
            if key in wanted:
                return any(self.fits(given, each) for each in wanted[key])
        if "enum" in wanted or "const" in wanted or "allOf" in wanted or "$ref" in wanted:
            return False
        return self._fit_plain(given, wanted)

    def _allows(self, wanted: Mapping[str, Any], value: Any) -> bool:
        """Whether one value is surely allowed."""
        kind = _type_of(value)
        for key in ("anyOf", "oneOf"):
            if key in wanted:
                return any(
                    self._allows(self._resolved(each, 1), value)
                    for each in wanted[key]
                    if not isinstance(each, bool)
                )
        if "enum" in wanted or "const" in wanted:
            return any(type(each) is type(value) and each == value for each in _values(wanted))
        kinds = _types(wanted)
        if set(wanted) - _SAID - {"type"}:
            return False
        return not kinds or kind in kinds or (kind == "integer" and "number" in kinds)

    def _fit_plain(self, given: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
        kinds, allowed = _types(given), _types(wanted)
        if allowed and not kinds:
            return False
        if not all(
            k in allowed or (k == "integer" and "number" in allowed) for k in kinds if allowed
        ):
            return False
        return (
            self._bounds_fit(given, wanted)
            and self._objects_fit(given, wanted)
            and self._items_fit(given, wanted)
        )

    def _bounds_fit(self, given: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
        for key in set(wanted) - _SAID - _KNOWN:
            own, asked = given.get(key), wanted[key]
            if own == asked:
                continue
            if own is None or key not in (*_AT_LEAST, *_AT_MOST):
                return False
            if own < asked if key in _AT_LEAST else own > asked:
                return False
        return True

    def _objects_fit(self, given: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
        if set(wanted.get("required", ())) - set(given.get("required", ())):
            return False
        own: Mapping[str, Any] = given.get("properties", {})
        asked: Mapping[str, Any] = wanted.get("properties", {})
        if not own and not asked and "additionalProperties" not in wanted:
            return True
        others: Schema = given.get("additionalProperties", True)
        rest: Schema = wanted.get("additionalProperties", True)
        for name in {*own, *asked}:
            if name not in own and others is True and name in asked:
                continue  # a writer of this schema does not give what it does not name
            if not self.fits(own.get(name, others), asked.get(name, rest)):
                return False
        if rest is True or (own and others is True):
            return True
        return self.fits(others, rest)

    def _items_fit(self, given: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
        first: list[Any] = given.get("prefixItems", [])
        asked: list[Any] = wanted.get("prefixItems", [])
        if first or asked:
            return len(first) == len(asked) and all(
                self.fits(one, other) for one, other in zip(first, asked, strict=True)
            )
        return self.fits(given.get("items", True), wanted.get("items", True))


def _anything(schema: Mapping[str, Any]) -> bool:
    return not set(schema) - _SAID


def _values(schema: Mapping[str, Any]) -> list[Any]:
    return [schema["const"]] if "const" in schema else list(schema["enum"])


def _types(schema: Mapping[str, Any]) -> list[str]:
    kind = schema.get("type")
    if kind is None:
        return []
    return [kind] if isinstance(kind, str) else list(kind)


def _type_of(value: Any) -> str:
    for kind, name in ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string")):
        if isinstance(value, kind):
            return name
    return "null" if value is None else "array" if isinstance(value, list) else "object"
