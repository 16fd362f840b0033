"""The intake team: what it knows of a document, how it is shown to agents, and what is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

from stretto.patterns.brief import brief_message, tag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.messages import AnyMessage, HumanMessage

__all__ = ["Document", "add", "brief", "report"]

SHOWN = 24_000
"""Characters of a document that agents are shown; all of it is checked against and stored."""
LISTED = 20
"""Documents that are named among those that were not read."""


class Document(TypedDict, total=False):
    """What is known of the document at work."""

    items: list[Any]
    """Its path, alone: the piece of work that was handed out."""
    path: str
    title: str
    text: str
    digest: str
    """SHA-256 of its text: two files of one text are one document."""
    note: str
    """What was mended while it was read."""
    unread: str
    """Why there is no text; empty when there is."""
    passages: list[str]
    """Sentences that stand out, in their order."""
    kind: str
    kind_by: str
    """Why it is of that kind; empty when the rules were not sure."""
    entities: list[dict[str, str]]
    """Each with kind, value, and the quote it stands on."""
    record: dict[str, Any]
    """What is stored of it, checked."""


def brief(state: Mapping[str, Any]) -> list[AnyMessage]:
    """Word a document for an agent: its title is the request, its text is material."""
    text = state["text"]
    if left := len(text) - SHOWN:
        text = text[:SHOWN] + (f"\n[{left:,} more characters]" if left > 0 else "")
    lines = [f'[{n}] document:{n} {state["title"]} "{p}"' for n, p in enumerate(_quoted(state), 1)]
    told: HumanMessage = brief_message(
        [
            tag("request", state["title"]),
            tag("document", text),
            tag("results", "\n".join(lines)),
        ]
    )
    return [told]


def _quoted(state: Mapping[str, Any]) -> list[str]:
    """The passages, which can close neither their quotes nor a tag."""
    return [p.replace('"', "'").replace("</", "< /") for p in state.get("passages") or ()]


def add(total: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    """Count what became of one document."""
    now, one = dict(total), result["taken"]
    for name in ("stored", "known", "unread"):
        now[name] = now.get(name, 0) + (one["became"] == name)
    kinds, dropped = dict(now.get("kinds", {})), dict(now.get("dropped", {}))
    if one["became"] != "unread":
        kinds[one["kind"]] = kinds.get(one["kind"], 0) + 1
    for what, count in one.get("dropped", {}).items():
        dropped[what] = dropped.get(what, 0) + count
    listed, noted = list(now.get("listed", [])), list(now.get("noted", []))
    if one.get("why") and len(listed) < LISTED:
        listed.append({"path": one["path"], "why": one["why"]})
    if one.get("note") and len(noted) < LISTED:
        noted.append({"path": one["path"], "why": one["note"]})
    store = one.get("store") or now.get("store", "")
    told = {"kinds": kinds, "dropped": dropped, "listed": listed, "noted": noted, "store": store}
    return now | told


def report(state: Mapping[str, Any]) -> str:
    """Tells what became of all documents."""
    total: dict[str, Any] = state.get("accumulated") or {}
    failed = state["mapped"]
    given = sum(total.get(name, 0) for name in ("stored", "known", "unread"))
    given += failed.failed_items
    if not given:
        return "There was no document to take in."
    counts = [
        f"{total.get('stored', 0)} stored",
        f"{total.get('known', 0)} known before",
        f"{total.get('unread', 0)} not readable",
        f"{failed.failed_items} failed, and nothing of them is stored",
    ]
    shown = [each for each in counts if not each.startswith("0 ")]
    parts = [f"{given} document{'s' * (given != 1)}: {', '.join(shown)}."]
    if kinds := total.get("kinds"):
        ordered = sorted(kinds.items(), key=lambda each: (-each[1], each[0]))
        parts.append("Kinds: " + ", ".join(f"{name} {count}" for name, count in ordered) + ".")
    if dropped := {what: count for what, count in total.get("dropped", {}).items() if count}:
        told = ", ".join(f"{what} {count}" for what, count in sorted(dropped.items()))
        parts.append(f"Dropped, because the documents do not say so: {told}.")
    parts += _named("Not readable:", total.get("listed", []), total.get("unread", 0))
    parts += _named("Read with care:", total.get("noted", []), 0)
    broken = [{"path": f"number {one.chunk}", "why": one.error} for one in failed.failed]
    parts += _named("Failed:", broken, failed.failed_chunks)
    if total.get("store"):
        parts.append(f"Stored in {total['store']}")
    return "\n".join(parts)


def _named(title: str, listed: list[dict[str, str]], count: int) -> list[str]:
    if not listed:
        return []
    more = [f"  and {count - len(listed)} more"] if count > len(listed) else []
    return [title, *(f"  {each['path']}: {each['why']}" for each in listed), *more]
