"""What to do next: call a tool, give the typed output, or answer. One pure function."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stretto.models.offline import values
from stretto.models.offline.arguments import arguments
from stretto.models.offline.facts import Facts
from stretto.models.offline.fill import fill
from stretto.models.offline.lexical import clean, coverage, stems, terms
from stretto.models.offline.passages import holds_passages
from stretto.models.offline.research import CLEAR, SEARCHES, next_query, place_to_read, searches_of
from stretto.models.offline.scalars import NOT_FOUND
from stretto.models.offline.toolbox import Tool, by_role, nearest, role_of, suits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stretto.models.offline.brief import Brief, Call


@dataclass(frozen=True)
class Wish:
    """A tool call that is to be made."""

    name: str
    args: dict[str, Any]


@dataclass(frozen=True)
class Turn:
    """What the model says: a text, or calls."""

    text: str = ""
    calls: tuple[Wish, ...] = ()


@dataclass(frozen=True)
class Offer:
    """What a model call offers: tools, whether one must be called, a schema for the text."""

    tools: tuple[Tool, ...] = ()
    choice: str = "auto"
    """`auto`, `none`, `any`, or the name of the tool to call."""
    form: Mapping[str, Any] | None = field(default=None)
    """JSON Schema that the text must fit, `None` for plain text."""
    searches: int = SEARCHES
    """Searches made for one request at most, one more when it was sent back."""


def decide(brief: Brief, offer: Offer) -> Turn:
    """The next turn of a conversation."""
    facts = Facts(brief)
    outputs = [tool for tool in offer.tools if tool.output]
    working = [tool for tool in offer.tools if not tool.output]
    named = next((tool for tool in offer.tools if tool.name == offer.choice), None)
    if named is not None:
        return Turn(calls=(_forced(named, facts),))
    if (
        offer.choice != "none"
        and not facts.reply
        and (wish := _work(working, facts, offer.searches))
    ):
        return Turn(calls=(wish,))
    if outputs and offer.choice != "none":
        tool = nearest(outputs, facts.question) if len(outputs) > 1 else outputs[0]
        return Turn(calls=(Wish(tool.name, fill(tool.schema, facts)),))
    if offer.choice == "any" and working:
        return Turn(calls=(_forced(nearest(working, facts.question), facts),))
    if offer.form is not None:
        return Turn(json.dumps(fill(offer.form, facts), ensure_ascii=False))
    return Turn(_said(facts))


def _forced(tool: Tool, facts: Facts) -> Wish:
    if tool.output:
        return Wish(tool.name, fill(tool.schema, facts))
    return Wish(tool.name, arguments(tool, facts, forced=True) or {})


def _work(tools: Sequence[Tool], facts: Facts, searches: int) -> Wish | None:
    """The next tool call that helps, `None` when there is none."""
    for wish in (_calculation(tools, facts), _page(tools, facts), _asked_for(tools, facts)):
        if wish is not None:
            return wish
    return _search(tools, facts, searches)


def _calculation(tools: Sequence[Tool], facts: Facts) -> Wish | None:
    tool, sum_ = by_role(tools, "calculate"), values.expression(facts.request)
    if tool is None or not sum_ or searches_of(facts.brief, tool.name):
        return None
    return Wish(tool.name, _with_text(tool, facts, sum_))


def _page(tools: Sequence[Tool], facts: Facts) -> Wish | None:
    tool, url = by_role(tools, "fetch"), values.first_url(facts.request)
    if tool is None or not url or searches_of(facts.brief, tool.name):
        return None
    return Wish(tool.name, arguments(tool, facts, forced=True) or {})


def _asked_for(tools: Sequence[Tool], facts: Facts) -> Wish | None:
    """A tool that the request asks for by its name or description, once a turn."""
    others = [tool for tool in tools if role_of(tool) == "other"]
    fits = [(suits(tool, facts.request), tool) for tool in others]
    for like, tool in sorted(fits, key=lambda each: -each[0]):
        if like <= 0 or searches_of(facts.brief, tool.name):
            continue
        given = arguments(tool, facts, forced=False)
        if given is not None:
            return Wish(tool.name, given)
    return None


def _search(tools: Sequence[Tool], facts: Facts, searches: int) -> Wish | None:
    search, read = by_role(tools, "search"), by_role(tools, "read")
    if search is None:
        return None
    made = searches_of(facts.brief, search.name)
    again = bool(facts.brief.feedback)
    query = next_query(facts.question, made, facts.evidence, again=again, most=searches)
    if query and not _answered_before(facts, made) and not _broken(made):
        return Wish(search.name, _with_text(search, facts, query))
    place = place_to_read(facts.evidence, searches_of(facts.brief, read.name)) if read else None
    if read is None or place is None:
        return None
    known = {"path": place.path, "line": place.line}
    return Wish(read.name, {**(arguments(read, facts, forced=True) or {}), **_placed(read, known)})


def _answered_before(facts: Facts, made: Sequence[Call]) -> bool:
    """Whether what is at hand from earlier answers already says it."""
    if made or facts.brief.feedback or not facts.evidence.found:
        return False
    said = stems(" ".join(quote.unit.quote for quote in facts.evidence.quotes))
    return coverage(terms(facts.request), said) >= CLEAR


def _broken(made: Sequence[Call]) -> bool:
    """Whether the last two searches failed: a third would too."""
    return len(made) > 1 and all(call.failed for call in made[-2:])


def _with_text(tool: Tool, facts: Facts, text: str) -> dict[str, Any]:
    """Arguments whose first required text is the one given."""
    filled = arguments(tool, facts, forced=True) or {}
    names = [*tool.required, *tool.properties]
    own = next((n for n in names if tool.properties.get(n, {}).get("type") == "string"), None)
    return {**filled, own: text} if own else filled


def _placed(tool: Tool, known: Mapping[str, Any]) -> dict[str, Any]:
    """A path and a line under the names that a tool gives them."""
    placed: dict[str, Any] = {}
    for name, part in tool.properties.items():
        if part.get("type") == "string" and not any(isinstance(v, str) for v in placed.values()):
            placed[name] = known["path"]
        elif "line" in name and part.get("type") in {"integer", "number"}:
            placed[name] = known["line"]
    return placed


def _said(facts: Facts) -> str:
    """A plain answer: quotations with their places, what tools said, or that there is nothing."""
    if facts.reply:
        return facts.reply
    quotes = facts.evidence.quotes
    if quotes:
        return "\n".join(
            f'"{q.unit.quote}" ({_place(q.source.path, q.unit.line, q.source.symbol)})'
            for q in quotes
        )
    told = [
        call
        for call in facts.brief.done
        if call.result is not None and not holds_passages(call.result)
    ]
    if told:
        return "\n".join(f"{call.name}: {clean(str(call.result), 1000)}" for call in told)
    if facts.brief.sources() or facts.brief.done:
        return NOT_FOUND
    asked = clean(facts.request, 120)
    about = f" to {asked!r}" if asked else ""
    return (
        "This is the offline model, which quotes sources and writes nothing of its own: "
        f"it has nothing to quote{about}."
    )


def _place(path: str, line: int, symbol: str) -> str:
    return ", ".join(part for part in (f"{path}:{line}", symbol) if part)
