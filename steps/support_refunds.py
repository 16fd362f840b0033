"""Refunds: a claim is worked out by rules, a person says yes, and then it is paid, once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from langchain_core.messages import HumanMessage
from langgraph.runtime import Runtime  # noqa: TC002 - LangGraph reads it
from typing_extensions import TypedDict

from stretto import Project, effect
from stretto.errors import InvalidInput
from stretto.patterns.brief import request_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Account", "claim", "claimed", "pay", "question"]

_CHARGE = re.compile(r"\b[A-Za-z]{1,3}-\d{3,}\b")
_AMOUNT = re.compile(r"(?<![\w.,-])[$€£]?(\d{1,7}(?:[.,]\d{1,2})?)(?![\w-]|[.,]\d)")
_WORD = re.compile(r"[a-z]{4,}")
_IDLE = frozenset(
    {"back", "charge", "charged", "charges", "fees", "from", "give", "have", "like", "money"}
    | {"need", "paid", "payment", "please", "refund", "refunded", "refunds", "reimburse"}
    | {"return", "that", "this", "want", "with", "would"}
)
"""Words that tell nothing of which charge is meant."""
LISTED = 5
"""Charges that are named when it is not clear which one is meant."""


class Account(TypedDict, total=False):
    """Whose charges, and where they stand."""

    customer: str
    charges: str
    """A CSV file: charge, customer, date, text, amount, currency."""


def claimed(state: Mapping[str, Any]) -> list[HumanMessage]:
    """Words what is claimed: what a desk handed over, else what the customer wrote."""
    request, _ = request_of((state.get("messages") or [])[-1:])
    asked = state.get("payload")
    if asked is None or not (asked.charge or asked.amount):
        return [HumanMessage(request)]
    return [HumanMessage(f"Refund {asked.charge} {asked.amount}: {asked.reason or request}")]


async def claim(state: Mapping[str, Any], runtime: Runtime[Account]) -> dict[str, Any]:
    """Works out what is to be paid back: the charge, the amount, and why; or what is in the way."""
    text, _ = request_of((state.get("messages") or [])[-1:])
    customer = str((runtime.context or {}).get("customer") or "").strip()
    if not customer:
        return _refused("I cannot see whose charges these are. Please sign in, and ask again.")
    charges, broken = await _charges(runtime, customer)
    found = _meant(text, charges)
    if len(found) != 1:
        return _refused(_which(found or charges))
    (one,) = found
    if one.left <= 0:
        return _refused(f"{one.charge} ({one.text}) was paid back already, all of it.")
    step = Project.at(__file__).step
    amounts = [step("support_charges.cents_of")(each) for each in _AMOUNT.findall(text)]
    asked = next((each for each in amounts if each and each <= one.left), one.left)
    return {
        "charge": one.charge,
        "what": one.text,
        "date": one.date,
        "currency": one.currency,
        "payee": customer,
        "text": f"{one.charge}, because the customer writes: {' '.join(text.split())[:300]}",
        "note": f"{broken} rows of the list of charges could not be read" if broken else "",
        "amount": step("support_charges.money")(asked),
    }


def question(state: Mapping[str, Any]) -> str | bool:
    """Words what a person is asked about a claim; nobody is asked where there is nothing to pay."""
    made: Mapping[str, Any] = state["results"]["claim"]
    if "problem" in made:
        return False
    note = f" ({made['note']})" if made["note"] else ""
    return (
        f"Pay {made['amount']} {made['currency']} back to {made['payee']} for {made['charge']} "
        f"({made['what']}, {made['date']})?{note} The amount can be edited."
    )


async def pay(state: Mapping[str, Any], runtime: Runtime[Account]) -> str:
    """Pays back what a person said yes to, once, and says so; or says why it is not paid."""
    made: Any = state["results"].get("approval")
    if not isinstance(made, dict):  # rejected, or answered in a person's own words
        return _unpaid(made)
    if "problem" in made:
        return str(made["problem"])
    step = Project.at(__file__).step
    charges, _ = await _charges(runtime, made["payee"])
    one = next((each for each in charges if each.charge == made["charge"]), None)
    cents = step("support_charges.cents_of")(made["amount"])
    if one is None or cents is None:
        return f"Nothing was paid back: {made['amount']!r} of {made['charge']!r} is no claim."
    try:
        receipt = await effect(
            "refund",
            step("support_charges.pay_back"),
            one.charge,
            one.customer,
            cents,
            one.cents,
            effect="idempotent",
        )
    except InvalidInput as error:
        return f"Nothing was paid back: {error}"
    return (
        f"{made['amount']} {one.currency} for {one.charge} ({one.text}) go back to you; you see "
        f"them within three working days. Your receipt is {receipt}."
    )


async def _charges(runtime: Runtime[Account], customer: str) -> tuple[list[Any], int]:
    """The customer's charges, and how many rows are broken; the same in a resume and a replay."""
    step = Project.at(__file__).step
    told = await effect(
        "charges", step("support_charges.listed"), runtime.context, customer, effect="reads"
    )
    return [step("support_charges.Charge")(**each) for each in told["charges"]], told["broken"]


def _refused(problem: str) -> dict[str, Any]:
    return {"problem": problem}


def _unpaid(said: Any) -> str:
    words = str(getattr(said, "answer", said) or "")
    if not words.startswith("Rejected by "):
        return words or "Nothing was paid back."
    _, _, why = words.partition(": ")
    return f"A colleague has looked at it: nothing is paid back{f'. {why}' if why else '.'}"


def _meant(text: str, charges: Sequence[Any]) -> list[Any]:
    """The charges that a text means: by id, by amount, by what they are for."""
    ids = {each.upper() for each in _CHARGE.findall(text)}
    if ids:
        return [each for each in charges if each.charge.upper() in ids]
    cents = Project.at(__file__).step("support_charges.cents_of")
    amounts = {cents(each) for each in _AMOUNT.findall(text)}
    words = set(_WORD.findall(text.casefold())) - _IDLE
    like = [each for each in charges if words & set(_WORD.findall(each.text.casefold()))]
    exact = [each for each in (like or charges) if each.cents in amounts]
    return exact or like


def _which(charges: Sequence[Any]) -> str:
    if not charges:
        return "I see no charge on your account that could be paid back."
    told = [each.told() for each in charges[:LISTED]]
    lines = [
        f"- {e['charge']}: {e['text']}, {e['amount']} {e['currency']}, {e['date']}" for e in told
    ]
    return "Which charge is it about? Tell me its number.\n" + "\n".join(lines)
