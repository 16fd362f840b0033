"""A JSON Schema filled by rule from what is known: always valid, never made up.

Supported: types, enum, const, default, $ref, anyOf, oneOf, allOf, nested objects and arrays, and
the limits of numbers, texts and arrays. A `pattern` is met when a word of the request meets it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from stretto.models.offline import scalars
from stretto.models.offline.goals import MOST, assigned, goals, roles_in
from stretto.models.offline.schema import Schema, fits, kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stretto.models.offline.facts import Facts

_GOAL = (
    "goal",
    "task",
    "objective",
    "instruction",
    "question",
    "description",
    "title",
    "step",
    "query",
    "work",
)
_DOER = ("executor", "agent", "assignee", "assigned_to", "worker", "member", "owner", "role", "who")
_NEEDS = ("needs", "depends_on", "dependencies", "requires", "after", "inputs")
_QUOTE = ("quote", "quotation", "excerpt", "text", "passage", "snippet")
_PLACE = ("path", "source", "file", "url", "document")
_WHY = ("why", "reason", "feedback", "comment", "problem")
_TASK = ("task", "task_id", "id", "name")
_DEPTH = 12


def fill(schema: Schema, facts: Facts, name: str = "") -> Any:
    """A value that fits the schema; `name` is what the value is called where it stands."""
    return _Form(schema, facts).value(schema, name, 0)


class _Form:
    """One schema being filled: knows the definitions that `$ref` names."""

    def __init__(self, root: Schema, facts: Facts) -> None:
        self.root, self.facts = root, facts

    def value(self, schema: Schema, name: str, depth: int) -> Any:
        plain = self.plain(schema)
        sort = "" if {"const", "enum"} & plain.keys() else kind(plain)
        if sort == "object":
            return self.record(plain, depth)
        if sort == "array":
            return self.items(plain, name, depth)
        return scalars.scalar(plain, name, self.facts)

    def plain(self, schema: Schema) -> Schema:
        """A schema without `$ref`, `allOf` and choices: of these the first that is not null."""
        for _ in range(_DEPTH):
            if "$ref" in schema:
                rest = {key: part for key, part in schema.items() if key != "$ref"}
                schema = {**self.definition(schema["$ref"]), **rest}
            elif "allOf" in schema:
                rest = {key: part for key, part in schema.items() if key != "allOf"}
                for part in schema["allOf"]:
                    rest = _joined(rest, self.plain(part))
                schema = rest
            elif choices := schema.get("anyOf") or schema.get("oneOf"):
                rest = {key: part for key, part in schema.items() if key not in {"anyOf", "oneOf"}}
                options = [part for part in choices if part.get("type") != "null"] or choices
                schema = {**options[0], **rest}
            else:
                break
        return schema

    def definition(self, reference: str) -> Schema:
        """What a `#/$defs/Name` stands for."""
        found: Any = self.root
        for step in reference.removeprefix("#").strip("/").split("/"):
            if step:
                found = found[step.replace("~1", "/").replace("~0", "~")]
        return cast("Schema", found)

    def record(self, schema: Schema, depth: int) -> dict[str, Any]:
        properties: dict[str, Schema] = schema.get("properties") or {}
        required: Sequence[str] = schema.get("required") or ()
        filled: dict[str, Any] = {}
        for key, part in properties.items():
            known = self.known(key, part, properties)
            if known is not None:
                filled[key] = known
            elif key in required:
                filled[key] = {} if depth > _DEPTH else self.value(part, key, depth + 1)
            elif self.wanted(key, part):
                filled[key] = self.value(part, key, depth + 1)
        return filled

    def wanted(self, key: str, part: Schema) -> bool:
        """Whether the request speaks of an optional field."""
        plain = self.plain(part)
        if kind(plain) in {"object", "array"}:
            return False
        return scalars.given(plain, key, self.facts)

    def known(self, key: str, part: Schema, beside: Mapping[str, Schema]) -> Any:
        """What a field holds by its meaning among the fields beside it, else `None`."""
        plain = self.plain(part)
        if kind(plain) == "array":
            return self.known_items(plain)
        if key == "reply" and kind(plain) == "string":
            return scalars.fitted(self.facts.reply, plain)
        if any(self.is_tasks(self.plain(other)) for other in beside.values()):
            return None
        return scalars.known(plain, key, frozenset(beside), self.facts)

    def known_items(self, schema: Schema) -> list[Any] | None:
        if self.is_tasks(schema):
            return self.tasks(schema)
        if self.is_citations(schema):
            return self.citations(schema)
        if self.is_revisions(schema) and self.facts.judgement:
            return self.revisions(schema)
        return None

    def items(self, schema: Schema, name: str, depth: int) -> list[Any]:
        known = self.known_items(schema)
        if known is not None:
            return known
        part = self.plain(schema.get("items") or {})
        least, most = schema.get("minItems", 0), schema.get("maxItems", MOST)
        found: list[Any] = []
        if kind(part) == "object" and depth <= _DEPTH:
            pieces = [each.text for each in goals(self.facts.request, most=most)] if most else []
            forms = [_Form(self.root, self.facts.about(piece)) for piece in pieces]
            found = [form.value(part, name, depth + 1) for form in forms]
        elif kind(part) != "array":
            found = scalars.several(part, name, self.facts, most)
        spare = iter(scalars.spares(part))
        while len(found) < least:
            found.append(
                next((s for s in spare if s not in found), self.value(part, name, depth + 1))
            )
        return found[:most]

    def fields(self, schema: Schema, sort: str) -> dict[str, Schema]:
        """The fields of a type in the objects of an array, empty when it holds none."""
        if kind(schema) != "array" or not schema.get("items"):
            return {}
        properties: Mapping[str, Schema] = self.plain(schema["items"]).get("properties") or {}
        plain = {name: self.plain(part) for name, part in properties.items()}
        return {name: part for name, part in plain.items() if kind(part) == sort}

    def needs(self, schema: Schema) -> str:
        """The field of tasks that names other tasks, empty when there is none."""
        lists = self.fields(schema, "array")
        texts = {
            n: s for n, s in lists.items() if kind(self.plain(s.get("items") or {})) == "string"
        }
        return _first(texts, _NEEDS)

    def is_tasks(self, schema: Schema) -> bool:
        texts = self.fields(schema, "string")
        return bool(_first(texts, _GOAL) and (_first(texts, _DOER) or self.needs(schema)))

    def is_citations(self, schema: Schema) -> bool:
        texts = self.fields(schema, "string")
        return bool(_first(texts, _QUOTE) and _first(texts, _PLACE))

    def is_revisions(self, schema: Schema) -> bool:
        texts = self.fields(schema, "string")
        return bool(_first(texts, _WHY) and _first(texts, _TASK))

    def tasks(self, schema: Schema) -> list[Any]:
        """One task for each piece of the request."""
        texts, needs = self.fields(schema, "string"), self.needs(schema)
        goal, doer = _first(texts, _GOAL), _first(texts, _DOER)
        most = min(schema.get("maxItems", MOST), scalars.limit(self.facts) or MOST)
        earlier = self.facts.brief.questions
        pieces = goals(self.facts.request, earlier=earlier, most=most) if most else ()
        who = self.doers(texts[doer]) if doer else {}
        chosen = assigned(pieces, list(who), who) if who else [""] * len(pieces)
        ids = [f"t{number}" for number in range(1, len(pieces) + 1)]
        made: list[Any] = []
        for at, piece in enumerate(pieces):
            used = {"none": [], "last": ids[max(at - 1, 0) : at], "all": ids[:at]}[piece.uses]
            known = {"id": ids[at], goal: piece.text, doer: chosen[at], needs: used}
            made.append(self.completed(schema, known, piece.text))
        return self.enough(made, schema)

    def doers(self, schema: Schema) -> dict[str, str]:
        """Who can be chosen, with their roles: from the schema's enum, else from the brief."""
        told = roles_in(self.facts.brief.parts.get("executors", ""))
        told |= roles_in(str(schema.get("description", "")))
        names = [str(each) for each in schema.get("enum") or told]
        return {name: told.get(name, "") for name in names}

    def citations(self, schema: Schema) -> list[Any]:
        """The quotations that were found."""
        texts = self.fields(schema, "string")
        quote, place = _first(texts, _QUOTE), _first(texts, _PLACE)
        made: list[Any] = []
        for each in self.facts.evidence.quotes[: schema.get("maxItems", MOST)]:
            known = {
                "line": each.unit.line,
                "symbol": each.source.symbol,
                "title": each.source.symbol,
                "kind": each.source.kind,
                quote: each.unit.quote,
                place: each.source.path,
            }
            made.append(self.completed(schema, known, each.unit.quote))
        return self.enough(made, schema)

    def revisions(self, schema: Schema) -> list[Any]:
        """The tasks that fall short."""
        texts = self.fields(schema, "string")
        task, why = _first(texts, _TASK), _first(texts, _WHY)
        judgement = self.facts.judgement
        short = list(judgement.revise.items()) if judgement else []
        made = [
            self.completed(schema, {task: which, why: because}, because)
            for which, because in short[: schema.get("maxItems", len(short))]
        ]
        return self.enough(made, schema)

    def enough(self, made: list[Any], schema: Schema) -> list[Any]:
        """At least as many items as a schema asks for."""
        while len(made) < schema.get("minItems", 0):
            made.append(self.value(schema["items"], "", 1))
        return made

    def completed(self, schema: Schema, known: Mapping[str, Any], text: str) -> dict[str, Any]:
        """An item with what is known of it, as far as it fits, and the rest from its own text."""
        plain = self.plain(schema["items"])
        form = _Form(self.root, self.facts.about(text))
        item: dict[str, Any] = {}
        for key, part in (plain.get("properties") or {}).items():
            if key in known and fits(self.plain(part), known[key]):
                item[key] = known[key]
            elif key in (plain.get("required") or ()):
                item[key] = form.value(part, key, 2)
        return item


def _first(names: Mapping[str, Any], wanted: Sequence[str]) -> str:
    return next((name for name in wanted if name in names), "")


def _joined(one: Schema, other: Schema) -> dict[str, Any]:
    joined = {**other, **one}
    if "properties" in one and "properties" in other:
        joined["properties"] = {**other["properties"], **one["properties"]}
    if "required" in one and "required" in other:
        joined["required"] = [*one["required"], *other["required"]]
    return joined
