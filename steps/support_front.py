"""The support team's front desk: rules, then examples; an agent decides when both are unsure."""

from __future__ import annotations

import asyncio
import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from stretto import Project
from stretto.errors import MissingExtra
from stretto.models.names import OFFLINE, default_model
from stretto.patterns.brief import request_of
from stretto.routing import Choice, Examples

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stretto.routing.classifier import Classifier

__all__ = ["at_once", "by_examples"]

Label = Literal[
    "sales", "billing", "technical", "account", "refund", "forget", "welcome", "person", ""
]
EXAMPLES = Path(__file__).with_name("support_examples.json")
"""Texts by desk, sorted by hand; under "" those that belong to none."""
AT_DESK = frozenset({"sales", "billing", "technical", "account", "refund"})
"""Who keeps the customer when a follow-up says nothing of its own."""
SHORT = 3
"""Words of a message that is a follow-up."""

_BANKING = (
    "account|address|american express|app|application|apr|atm|balance|bank|bill|booked"
    "|branch|card|cash|cc|charge|check|checkbook|cheque|code|contactless|country|countries|credit"
    "|currency|currencies|customer|debit|deposit|dollar|due|euro|exchange rate|expire|expiration"
    "|fee|fraud|freeze|frozen|fund|iban|identity|interest|invoice|limit|loan|log in|login"
    "|mastercard|merchant|money|mortgage|overdraft|owe|passcode|password|pay|paid|payment|pending"
    "|phone|pin|point|pound|purchase|refund|reward|routing|saving|sent|spend|spent|statement|swift"
    "|top.?up|topped up|topping up|transaction|transfer|usd|gbp|eur|verification|verify|virtual"
    "|my visa|visa card|wallet|wire|withdraw|withdrawal"
)
"""What speaks of a bank; a message that has none of it belongs to no desk."""
_OURS = re.compile(rf"\b(?:{_BANKING})(?:s|es|d|ed|ing)?\b|[$€£]\s?\d", re.IGNORECASE)
_ENGLISH = re.compile(
    r"\b(?:the|is|are|what|how|my|do|does|can|i|you|me|to|for|in|of|a|an|it|tell|who|when)\b",
    re.IGNORECASE,
)
"""Other languages are left to the agent."""

FORGET = re.compile(
    r"\bforget (?:about |everything about |all about )?me\b"
    r"|\bforget (?:everything|what you know|all you know)"
    r"|\b(?:delete|erase|remove) (?:my|the|all(?: my)?) (?:personal )?"
    r"(?:data|information|details|memory)\b",
    re.IGNORECASE,
)
_PERSON = re.compile(
    r"\b(?:talk|speak|chat|connect|put|pass|transfer|get|want|need|give)\b.{0,30}"
    r"\b(?:human|person|representative|operator|colleague|someone real|real agent)\b"
    r"|^\W*(?:human|person|representative|operator|agent)\W*$",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|good (?:morning|afternoon|evening|day)|greetings|thanks?(?: you)?"
    r"(?: (?:so|very) much| a lot)?|cheers|(?:good)?bye|help)(?: there| all| everyone)?\W*$",
    re.IGNORECASE,
)
_BACK = (
    r"(?:refund\w*|money back|reimburs\w*|pay(?:ing)? (?:it |me |that )?back|give (?:it |me )?back)"
)
_REFUND = re.compile(
    rf"\b(?:want|need|like|demand|request|please|give|get|claim|can i|could i|should)\b.*\b{_BACK}"
    r"|^\W*(?:please )?(?:refund|reimburse|pay back|give back)\b",
    re.IGNORECASE,
)
_ABOUT_REFUNDS = re.compile(
    r"\b(?:where|when|status|show(?:s|ing|n)?|arrive[ds]?|received?|yet|still|pending|policy"
    r"|how (?:long|do|does))\b",
    re.IGNORECASE,
)
_FAILS = re.compile(
    r"\b(?:declin\w+|reject\w+|pending|fail(?:s|ed|ing)?|failure|errors?|crash\w*|swallow\w*|revert\w*"
    r"|(?:not|\w+n'?t|stopped|never)"
    r" (?:\w+ )?(?:work|go through|accept|allow|let)\w*)\b",
    re.IGNORECASE,
)
_CHARGE = re.compile(r"\b[A-Za-z]{1,3}-\d{3,}\b")
_ON = re.compile(r"^\W*(?:and|what about|how about|also|yes|no|the other)\b", re.IGNORECASE)
_BACK_TO = re.compile(r"\b(?:it|that|this|these|those|they|them|there)\b", re.IGNORECASE)


def at_once(state: Mapping[str, Any]) -> tuple[Label, str]:
    """Decides what words alone make plain, and keeps follow-ups at their desk."""
    text, desk = words(state), str(state.get("desk") or "")
    if found := _plain(text):
        return found
    ours = bool(_OURS.search(text))
    if desk == "refund" and _CHARGE.search(text):
        return "refund", "it names the charge that was asked for"
    if desk in AT_DESK and _goes_on(text, ours=ours):
        kept: Any = desk
        return kept, "it goes on with what was said"
    if ours and _FAILS.search(text):
        return "technical", "it says that something fails"
    if not ours and _ENGLISH.search(text):
        return "person", "it speaks of nothing that a bank does"
    return "", "its words leave it open"


def _goes_on(text: str, *, ours: bool) -> bool:
    """Whether a message says nothing of its own: it is short, or points back."""
    if len(text.split()) <= SHORT or _ON.match(text):
        return True
    return not ours and bool(_BACK_TO.search(text))


def _plain(text: str) -> tuple[Label, str] | None:
    """What a message is by its form, whatever was said before."""
    if FORGET.search(text):
        return "forget", "the customer wants to be forgotten"
    if _PERSON.search(text):
        return "person", "the customer asks for a person"
    if _GREETING.match(text) or _introduces(text):
        return "welcome", "it greets, thanks or introduces the customer"
    if _REFUND.search(text) and not _ABOUT_REFUNDS.search(text):
        return "refund", "money is wanted back"
    return None


def _introduces(text: str) -> bool:
    """Whether a message says who writes, and nothing that a desk could see to."""
    step = Project.at(__file__).step
    rest = step("support_memory.PLAN").sub("", step("support_memory.NAME").sub("", text))
    return rest != text and not _OURS.search(rest)


async def by_examples(state: Mapping[str, Any]) -> Choice:
    """Decides by texts that were sorted by hand; without the extra `routing` it never does.

    With the offline model its word stands, however unsure: that model would only guess.
    """
    try:
        router = await asyncio.to_thread(_router)
    except MissingExtra as missing:
        return Choice("", str(missing))
    choice = router.of_text(words(state))
    if default_model() != OFFLINE:
        return choice
    reason = f"{choice.reason} (confidence {choice.confidence or 0:.2f})"
    return Choice(choice.label or "person", reason, None, choice.alternatives, choice.data)


@cache
def _router() -> Classifier:
    """The classifier, trained once in a process: seconds."""
    texts: dict[str, list[str]] = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    other = texts.pop("")
    return Examples(texts, out_of_scope=other, name="support")


def words(state: Mapping[str, Any]) -> str:
    """What the customer wrote last."""
    request, _ = request_of((state.get("messages") or [])[-1:])
    return request
