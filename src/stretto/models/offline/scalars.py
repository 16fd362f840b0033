"""Single values for a schema: texts, numbers, truths and choices, by name and request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stretto.models.offline import figures, values
from stretto.models.offline.facts import Facts, answer
from stretto.models.offline.goals import goals
from stretto.models.offline.lexical import clean, content_words, likeness, stem, stems, terms, words
from stretto.models.offline.schema import Schema, kind
from stretto.models.offline.toolbox import mentions

if TYPE_CHECKING:
    from collections.abc import Sequence

NOT_FOUND = "Not found in the sources."

_FOUND = frozenset({"found", "answered", "supported", "is_answered", "answerable", "has_answer"})
_ANSWER = frozenset(
    {
        "answer",
        "response",
        "result",
        "summary",
        "conclusion",
        "text",
        "content",
        "output",
        "final_answer",
        "finding",
    }
)
_REASON = frozenset({"reason", "why", "rationale", "justification", "reasoning", "explanation"})
_PROOF = frozenset({"citations", "quotes", "sources", "references", "evidence", "passages"})
_QUERY = frozenset(
    {"query", "q", "search", "question", "keywords", "search_query", "topic", "subject", "terms"}
)
_ACCEPT = (
    "accept",
    "accepted",
    "approve",
    "approved",
    "pass",
    "passed",
    "ok",
    "good",
    "yes",
    "done",
    "finish",
)
_REVISE = (
    "revise",
    "retry",
    "redo",
    "reject",
    "rejected",
    "fail",
    "failed",
    "no",
    "improve",
    "continue",
)
_CONFIDENCE = frozenset(
    {"confidence", "score", "probability", "certainty", "relevance", "coverage"}
)
_LIMIT = re.compile(r"\bat most (\d+)", re.IGNORECASE)
_NAMES = frozenset(
    {
        "location", "city", "place", "country", "name", "person", "company", "author", "customer",
        "title",
    }
)  # fmt: skip
_LOOKS = (
    (frozenset({"url", "uri", "link"}), values.first_url),
    (frozenset({"email", "mail"}), values.first_email),
    (frozenset({"date", "day"}), values.first_date),
    (frozenset({"path", "file", "filename"}), values.first_path),
    (frozenset({"expression", "expr", "formula", "equation", "calculation"}), values.expression),
)
"""Words in the name of a text, and what finds such a text."""
_FORMATS = {
    "date": (values.first_date, "1970-01-01"),
    "date-time": (values.first_datetime, "1970-01-01T00:00:00Z"),
    "email": (values.first_email, "nobody@example.com"),
    "uri": (values.first_url, "https://example.com/"),
    "url": (values.first_url, "https://example.com/"),
}
"""What finds a text of a format, and what stands when there is none."""
_SPARE = {
    "time": "00:00:00Z",
    "duration": "PT0S",
    "uuid": "00000000-0000-0000-0000-000000000000",
    "uuid4": "00000000-0000-4000-8000-000000000000",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
}
"""Texts of formats that nothing is looked for."""


def known(schema: Schema, name: str, beside: frozenset[str], facts: Facts) -> Any:
    """What a field holds by its meaning among its neighbours, `None` when that is not known."""
    sort = kind(schema)
    if sort == "boolean" and name in _FOUND:
        return facts.evidence.found
    if "enum" in schema and facts.judgement and (verdict := _verdict(schema["enum"], facts)):
        return verdict
    if sort != "string" or "enum" in schema or "const" in schema:
        return None
    if name in _REASON and facts.judgement:
        return fitted(facts.judgement.reason, schema)
    if name in _ANSWER and beside & (_FOUND | _PROOF):
        return fitted(answer(facts.evidence), schema)
    return None


def scalar(schema: Schema, name: str, facts: Facts) -> Any:
    """A value for a schema that is no object and no array."""
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return choice(schema, facts)
    fillers = {
        "string": text,
        "integer": figures.number,
        "number": figures.number,
        "boolean": truth,
    }
    filler = fillers.get(kind(schema))
    if filler is not None:
        return filler(schema, name, facts)
    return None if kind(schema) == "null" else schema.get("default", facts.request)


def several(schema: Schema, name: str, facts: Facts, most: int) -> list[Any]:
    """Values for a list of a schema that is no object and no array."""
    if "enum" in schema:
        return choices(schema, facts)
    match kind(schema):
        case "string":
            return list(dict.fromkeys(fitted(each, schema) for each in listed(name, facts, most)))
        case "integer" | "number":
            return list[Any](figures.numbers(schema, facts))
        case _:
            return []


def text(schema: Schema, name: str, facts: Facts) -> str:
    """A text for a field, from the request by the field's name and format."""
    form = schema.get("format")
    if form in _FORMATS:
        look, spare = _FORMATS[form]
        return look(facts.request) or str(schema.get("default", spare))
    if form in _SPARE:
        return str(schema.get("default", _SPARE[form]))
    if "pattern" in schema:
        return _matching(schema, facts.request)
    return fitted(_text(schema, name.lower(), facts), schema)


def _text(schema: Schema, name: str, facts: Facts) -> str:
    request = facts.request
    if (found := labelled(name, request)) is not None:
        return found
    if name in _ANSWER and facts.brief.sources():
        return answer(facts.evidence) or NOT_FOUND
    if name in _REASON and facts.judgement:
        return facts.judgement.reason
    if name in _QUERY:
        return clean(facts.question)
    if isinstance(given := schema.get("default"), str):
        return given
    return _by_name(name, request) or clean(request)


def _by_name(name: str, request: str) -> str:
    has = frozenset(words(name.replace("_", " ")))
    for names, look in _LOOKS:
        if has & names:
            return look(request)
    if spoken := values.quoted(request):
        return spoken[0]
    if has & _NAMES:
        return values.named(request) or " ".join(content_words(request))
    return ""


def labelled(name: str, request: str) -> str | None:
    """What a request says a field is: `name: X`, `name = X`, `the name is X`, `named X`."""
    spoken = r"[\s_-]+".join(re.escape(part) for part in re.split(r"[\s_-]+", name) if part)
    if not spoken:
        return None
    match = re.search(
        rf"\b{spoken}d?\s*(=|:|\bis\b|\bto\b|\bof\b|\bcalled\b)\s*['\"]?([^\n,;'\"]+)",
        request,
        re.IGNORECASE,
    )
    if not match or request.rstrip().endswith("?"):
        return None
    said = match[2] if match[1] in "=:" else re.split(r"\s+(?:and|with|but|then)\s+", match[2])[0]
    return re.split(r"\.\s", said)[0].strip(" .") or None


def fitted(value: str, schema: Schema) -> str:
    """A text cut or stretched to the lengths that a schema allows."""
    most: int | None = schema.get("maxLength")
    least: int = schema.get("minLength", 0)
    return value[:most] + "." * (least - len(value[:most]))


def truth(schema: Schema, name: str, facts: Facts) -> bool:
    """Yes or no for a field: as the request says, else its default, else no."""
    if name in _FOUND:
        return facts.evidence.found
    if facts.judgement and any(likeness(stem(w), stems(name)) == 1 for w in _ACCEPT):
        return facts.judgement.accepted
    if mentions(name, facts.request):
        return not values.denied(facts.request, name)
    return bool(schema.get("default", False))


def choice(schema: Schema, facts: Facts) -> Any:
    """The value of an enum that is nearest to the request; the default or the first in doubt."""
    options: Sequence[Any] = schema["enum"]
    if facts.judgement and (verdict := _verdict(options, facts)):
        return verdict
    like = _liking(schema, facts)
    best = max(like, default=0.0)
    if best <= 0 and "default" in schema:
        return schema["default"]
    return options[like.index(best)]


def choices(schema: Schema, facts: Facts) -> list[Any]:
    """All values of an enum that the request speaks of, else the nearest."""
    options: Sequence[Any] = schema["enum"]
    meant = [
        option for option, like in zip(options, _liking(schema, facts), strict=True) if like >= 1
    ]
    return meant or [choice(schema, facts)]


def _liking(schema: Schema, facts: Facts) -> list[float]:
    asked = terms(facts.question)
    told = str(schema.get("description", ""))
    found: list[float] = []
    for option in schema["enum"]:
        said = re.search(
            rf"(?<!\w){re.escape(str(option))}(?!\w)['\"`]?\s*[:(=\u2013-]+\s*([^\n;]+)", told
        )
        own = stems(str(option))
        around = stems(said[1]) if said else frozenset[str]()
        bag = stems(facts.question)
        exact = sum(likeness(root, bag) for root in own) / len(own) if own else 0.0
        near = sum(term.weight * likeness(term.stem, around) for term in asked)
        found.append(exact + 0.2 * near)
    return found


def _verdict(options: Sequence[Any], facts: Facts) -> str:
    """The option that says what a review came to, empty when the options are not verdicts."""
    yes = next((o for o in map(str, options) if o.lower() in _ACCEPT), "")
    no = next((o for o in map(str, options) if o.lower() in _REVISE), "")
    if not yes or not no or facts.judgement is None:
        return ""
    return yes if facts.judgement.accepted else no


def given(schema: Schema, name: str, facts: Facts) -> bool:
    """Whether the request clearly has a value for an optional field."""
    if "enum" in schema:
        return max(_liking(schema, facts), default=0.0) >= 1
    match kind(schema):
        case "string":
            return labelled(name, facts.request) is not None
        case "boolean":
            return mentions(name, facts.request)
        case "integer" | "number":
            return mentions(name, facts.request) and bool(values.numbers(facts.request))
        case _:
            return False


def listed(name: str, facts: Facts, most: int) -> list[str]:
    """Texts for a list: quotations, questions, steps or words, by the name of the list."""
    root = name.lower()
    if root in _PROOF or root in {"key_points", "points", "facts", "findings", "highlights"}:
        return [quote.unit.quote for quote in facts.evidence.quotes][:most]
    if root in {
        "questions",
        "queries",
        "tasks",
        "steps",
        "goals",
        "subtasks",
        "subquestions",
        "todo",
        "todos",
    }:
        return [goal.text for goal in goals(facts.request, most=max(most, 1))][:most]
    if root in {"keywords", "tags", "topics", "terms", "words", "entities"}:
        return content_words(facts.request)[:most]
    return values.quoted(facts.request)[:most]


def limit(facts: Facts) -> int:
    """The number of tasks that the brief allows, 0 when it says nothing."""
    match = _LIMIT.search(facts.brief.parts.get("limits", ""))
    return int(match[1]) if match else 0


def spares(schema: Schema) -> list[Any]:
    """Different values for the places of a list that must be filled."""
    if "enum" in schema:
        return list(schema["enum"])
    match kind(schema):
        case "integer" | "number":
            return list[Any](figures.spread(schema))
        case "string":
            return [fitted(f"{i}", schema) for i in range(1, 50)]
        case "boolean":
            return [False, True]
        case _:
            return []


def _matching(schema: Schema, request: str) -> str:
    pattern = re.compile(schema["pattern"])
    tried = [schema.get("default"), *schema.get("examples", ()), *values.quoted(request), request]
    tried += [*request.split(), *words(request), "", "a", "A", "0", "1", "abc", "ABC", "000"]
    fits = (each for each in tried if isinstance(each, str) and pattern.search(each))
    return next(fits, fitted(clean(request), schema))
