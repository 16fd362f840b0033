"""What the support team remembers of a customer between conversations, in LangGraph's store.

One entry a customer, under the id that the run's context names. Customers do not name themselves:
what is remembered of one never reaches another. Without an id nothing is remembered.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from langgraph.runtime import Runtime  # noqa: TC002 - LangGraph reads it
from typing_extensions import TypedDict

from stretto import Project, effect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langgraph.store.base import BaseStore

__all__ = ["Caller", "forget", "recall", "remember", "shown"]

WHERE = ("support", "customers")
ISSUE = 200
"""Characters of the last issue that are kept."""
TURNS = 6
"""Messages of the conversation that the next desk reads."""

NAME = re.compile(
    r"\b(?:[Mm]y name is|I am called|[Pp]lease call me|[Cc]all me)\s+"
    r"([A-Z][\w'\u2019-]+(?:\s+[A-Z][\w'\u2019-]+){0,2})"
)
PLAN = re.compile(
    r"\b(?:[Ii] have|[Ii]'m on|[Ii] am on|[Ii] use|[Mm]y|[Ww]ith)\s+(?:the |an? )?"
    r"((?:[A-Z][\w+-]*\s+){1,4}(?:[Aa]ccount|[Cc]ard|[Pp]lan))\b"
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NUMBER = re.compile(r"\b\d(?:[ -]?\d){8,}\b")
_WORDS = {
    "German": {"ich", "nicht", "und", "meine", "mein", "bitte", "habe", "karte", "konto", "wie"},
    "French": {"je", "mon", "ma", "est", "pas", "bonjour", "carte", "compte", "pourquoi", "une"},
    "Spanish": {"mi", "por", "qué", "cuenta", "tarjeta", "está", "hola", "quiero", "una", "el"},
    "Italian": {"mio", "mia", "il", "perché", "conto", "ciao", "vorrei", "non", "della", "sono"},
    "English": {"my", "the", "is", "i", "what", "why", "how", "card", "account", "not"},
}


class Caller(TypedDict, total=False):
    """Who the run is for."""

    customer: str
    """The customer's id in your own system; empty for somebody unknown."""


async def recall(state: Mapping[str, Any], runtime: Runtime[Caller]) -> dict[str, Any]:
    """Brings back what is known of the customer, and who answered last."""
    who, store = _who(runtime), runtime.store
    known: dict[str, Any] = {}
    if who and store is not None:
        known = await effect("recall", partial(_kept, store), who, effect="reads")
    return {"customer": known, "desk": str(state.get("active") or "")}


async def remember(state: Mapping[str, Any], runtime: Runtime[Caller]) -> dict[str, Any]:
    """Keeps what the customer said of themselves, and what it was about."""
    who, store, text = _who(runtime), runtime.store, _said(state)
    wants_forgotten = Project.at(__file__).step("support_front.FORGET").search(text)
    if not who or store is None or wants_forgotten:
        return {"customer": {}}
    known = {**(state.get("customer") or {}), **learned(text)}
    desk = str(state.get("active") or "")
    if desk in Project.at(__file__).step("support_front.AT_DESK"):
        known |= {"issue": bare(text)[:ISSUE], "desk": desk}
    if known and known != (state.get("customer") or {}):
        await effect("remember", partial(_keep, store), who, known, effect="idempotent")
    return {"customer": known}


async def forget(state: Mapping[str, Any], runtime: Runtime[Caller]) -> str:
    """Forgets the customer, and says so."""
    who, store = _who(runtime), runtime.store
    known = sorted(key for key in (state.get("customer") or {}) if key != "desk")
    if not who or store is None:
        return "I keep nothing about you: I do not know who you are."
    await effect("forget", partial(_drop, store), who, effect="idempotent")
    what = f" ({', '.join(known)})" if known else ""
    return (
        f"I have forgotten what I remembered of you{what}. What we wrote in this conversation "
        "stays in its own records until they are deleted."
    )


def shown(state: Mapping[str, Any]) -> str:
    """Words what an agent is shown beside the request: the customer, and the conversation."""
    known: Mapping[str, Any] = state.get("customer") or {}
    lines = [f"customer's {key}: {value}" for key, value in known.items() if key != "desk"]
    before = [m for m in (state.get("messages") or [])[:-1] if str(m.text).strip()]
    names = {"human": "customer"}
    lines += [f"{names.get(m.type, 'we')}: {str(m.text)[:500]}" for m in before[-TURNS:]]
    return "\n".join(lines)


def learned(text: str) -> dict[str, str]:
    """What a message says of the one who wrote it: name, plan, language."""
    found = {"name": NAME.search(text), "plan": PLAN.search(text)}
    told = {key: match[1].strip() for key, match in found.items() if match}
    words = set(re.findall(r"\w+", text.casefold()))
    counts = {language: len(words & own) for language, own in _WORDS.items()}
    likely = max(counts, key=lambda language: counts[language])
    if counts[likely] > 1 and list(counts.values()).count(counts[likely]) == 1:
        told["language"] = likely
    return told


def bare(text: str) -> str:
    """A text without addresses of e-mail and long numbers, in one line."""
    return " ".join(_NUMBER.sub("[number]", _MAIL.sub("[e-mail]", text)).split())


async def _kept(store: BaseStore, who: str) -> dict[str, Any]:
    item = await store.aget(WHERE, who)
    return {} if item is None else dict(item.value)


async def _keep(store: BaseStore, who: str, known: dict[str, Any]) -> None:
    await store.aput(WHERE, who, known)


async def _drop(store: BaseStore, who: str) -> None:
    await store.adelete(WHERE, who)


def _who(runtime: Runtime[Caller]) -> str:
    return str((runtime.context or {}).get("customer") or "").strip()


def _said(state: Mapping[str, Any]) -> str:
    """What the customer wrote in this turn."""
    messages = state.get("messages") or []
    return next((str(m.text) for m in reversed(messages) if m.type == "human"), "")
