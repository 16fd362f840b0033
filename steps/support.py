"""The support team: its state, who is spoken to, and what the customer reads in the end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from stretto import Project
from stretto.patterns.brief import request_of
from stretto.state import Finding, HandOver

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Case", "RefundRequest", "Talk", "draft", "person_asked", "reply", "to_desk", "welcome"]

DESKS = ("sales", "billing", "technical", "account")
"""Where agents answer."""
SHOWN = 3
"""Documents that are named below an answer."""
STANDS_IN = "is not available. Take its place"
"""What a swarm tells who stands in for a desk that fails."""
NOT_FOUND = (
    "I have looked through our documents, and none of them answers that. Ask it in other words, or "
    "say that you want to talk to a person."
)
WELCOME = (
    "Hello{name}. I can help with choosing a card or an account, with charges and bills, with what "
    "does not work, and with your account itself. What is it about?"
)


class Case(TypedDict, total=False):
    """What is known of the case at hand."""

    customer: dict[str, Any]
    """What is remembered of the customer: name, plan, language, issue, desk."""
    desk: str
    """Who answered last in this conversation; empty at its beginning."""


class Talk(Case, total=False):
    """The same, with who answers in this turn."""

    active: str


class RefundRequest(BaseModel):
    """What the refund desk needs to know."""

    charge: str = Field(default="", description="the id of the charge, such as C-1042, if known")
    amount: str = Field(default="", description="the amount, such as 12.00; empty for all of it")
    reason: str = Field(default="", description="why the customer wants it back, in a sentence")


def to_desk(state: Mapping[str, Any]) -> HandOver:
    """Passes the customer on to the desk that was decided on."""
    routed = state["route"]
    to = routed.label or "person"
    payload = {"reason": _words(state)[:500]} if to == "refund" else None
    return HandOver(to=to, reason=routed.reason, payload=payload)


def welcome(state: Mapping[str, Any]) -> str:
    """Greets, and says what can be asked here."""
    words = _words(state).casefold()
    if any(word in words for word in ("thank", "cheers", "bye")):
        return "You are welcome. Write again whenever something comes up."
    told = Project.at(__file__).step("support_memory.learned")(_words(state))
    name = told.get("name") or (state.get("customer") or {}).get("name")
    return WELCOME.format(name=f", {name}" if name else "")


def draft(state: Mapping[str, Any]) -> str:
    """Drafts what is said where no desk knows: a person answers in its place."""
    name = (state.get("customer") or {}).get("name")
    _, material = request_of((state.get("messages") or [])[-1:])
    if STANDS_IN in material:
        return (
            f"Sorry{f', {name}' if name else ''}, we cannot answer that right now. We write to you."
        )
    return (
        f"Sorry{f', {name}' if name else ''}, that is nothing we can help with here. We are the "
        "support of the bank: cards, accounts, charges, and what does not work."
    )


def person_asked(state: Mapping[str, Any]) -> str:
    """Words what a person reads about a question that no desk answers."""
    _, material = request_of((state.get("messages") or [])[-1:])
    why = "The desk is not available for" if STANDS_IN in material else "No desk answers"
    return (
        f"{why} this: {_words(state)!r}\nWrite the answer in your words, or approve to send this:"
    )


def reply(state: Mapping[str, Any]) -> Finding | str:
    """Words the answer for the customer, with the documents that it stands on."""
    result = (state.get("results") or {}).get("desk")
    if not isinstance(result, Finding):
        return str(result) if result else NOT_FOUND
    if not result.found or not result.answer.strip():
        return _turned_down(result)
    named = dict.fromkeys(
        f"{each.symbol or Path(each.path).stem} ({Path(each.path).name}:{each.line})"
        for each in result.citations
    )
    told = "".join(f"\n- {each}" for each in list(named)[:SHOWN])
    answer = f"{result.answer.strip()}\n\nFrom our documents:{told}" if told else result.answer
    return result.model_copy(update={"answer": answer})


def _turned_down(result: Finding) -> str:
    """Words what came to nothing: a person's no, or documents that do not say it."""
    said = result.answer.strip()
    if not said.startswith("Rejected by "):
        return said or NOT_FOUND
    _, _, why = said.partition(": ")
    return f"A colleague has looked at it and cannot help with that{f': {why}' if why else '.'}"


def _words(state: Mapping[str, Any]) -> str:
    """What the customer wrote last."""
    request, _ = request_of((state.get("messages") or [])[-1:])
    return request
