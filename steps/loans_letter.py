"""The letter to an applicant: what it must say, and whether one says that and no more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from stretto.members.decisions import decided

if TYPE_CHECKING:
    from collections.abc import Mapping

PARTS = ("subject", "greeting", "decision", "reasons", "advice", "closing")
"""Of a letter, in their order."""
LONGEST = 2_000
"""Characters of a letter."""
SAID = 300
"""Characters of what a person says that a letter may tell."""
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_WORD = re.compile(r"[a-z]{3,}")
_REFUSES = re.compile(
    r"\b(?:can ?not|can't|could not|unable|not able|declin\w+|refus\w+|reject\w+|turned down)\b"
)
_GRANTS = re.compile(
    r"\b(?:approv\w+|grant\w*|accept\w+|pleased to|happy to|glad to|congratulat\w+|welcome)\b"
)
_NEGATED = re.compile(
    r"\b(?:not|cannot|can't|unable to|unfortunately|no longer)\b[^.!?]*"
    r"|\b(?:declin|refus|reject)\w+[^.!?]*"
)
_PROMISES = re.compile(
    r"\b(?:guarantee\w*|promise\w*|interest|rate|immediately|today|tomorrow|next (?:week|month)"
    r"|certain(?:ly)?|definitely|will be (?:approved|granted|paid)|higher amount|increase\w*)\b"
)
_FORBIDDEN = re.compile(
    r"\b(?:sex|gender|male|female|married|divorced|widow\w*|marital|foreign\w*|national\w*|origin)\b"
)


def facts(state: Mapping[str, Any]) -> dict[str, str]:
    """What a letter has to say, a sentence for each part; it is itself a plain letter."""
    values, decision = state["application"], state["decision"]
    asked, months = f"{values['credit_amount']:g} DM", f"{values['month']:g} months"
    told = {
        "subject": f"Your application for a loan of {asked} over {months}",
        "greeting": "Dear applicant",
        "closing": "Your loan desk",
    }
    if not decision["granted"]:
        because = " and ".join(reasons(state)) or "the application as a whole"
        return told | {
            "decision": f"We cannot grant the loan of {asked}",
            "reasons": f"What weighed most against it: {because}",
            "advice": "You may ask us what data we used and have a person look at it again",
        }
    amount = f"{decision['amount']:g} DM"
    less = "" if amount == asked else f" instead of {asked}"
    return told | {
        "decision": f"We grant you a loan of {amount} over {months}{less}",
        "reasons": "The decision rests on what your application says",
        "advice": "Nothing is agreed before both of us have signed the contract",
    }


def reasons(state: Mapping[str, Any]) -> list[str]:
    """Why a loan is refused: what the person said who refused it, else what spoke against it.

    What a person said is told only where a letter may say it.
    """
    said = " ".join(str(state["decision"].get("reason") or "").split()).strip(".")
    lower = said.lower()
    if said and len(said) <= SAID and not (_FORBIDDEN.search(lower) or _PROMISES.search(lower)):
        return [said]
    return list(state["proposal"]["against"])


def brief(state: Mapping[str, Any]) -> list[dict[str, str]]:
    """What members that are no functions are told: never the words of the application."""
    told = "Decide on the application."
    if state.get("decision"):
        told = "\n".join(f"{name}: {said}" for name, said in facts(state).items())
    return [{"role": "user", "content": f"<request>\n{told}\n</request>"}]


def proof(state: Mapping[str, Any]) -> dict[str, Any]:
    """Judges whether the letter says what was decided, and promises nothing else."""
    wrong = faults(_letter(state["results"].get("letter")), state)
    return {"score": max(0, 10 - 3 * len(wrong)), "feedback": "\n".join(wrong)}


def faults(letter: Mapping[str, str], state: Mapping[str, Any]) -> list[str]:
    """What is wrong with a letter, a line for each fault with what mends it."""
    fact, granted = facts(state), state["decision"]["granted"]
    text = ". ".join(letter.get(part, "") for part in PARTS).lower()
    said = letter.get("decision", "").lower()
    known = " ".join(fact.values()).lower()
    wrong = [f"{part} is empty. Fill it." for part in PARTS if not letter.get(part, "").strip()]
    if len(text) > LONGEST:
        wrong.append(f"The letter has more than {LONGEST} characters. Shorten it.")
    if granted and (_REFUSES.search(said) or not _GRANTS.search(said)):
        wrong.append("The loan is granted, and `decision` does not say so. Say it there.")
    if not granted and (not _REFUSES.search(said) or _GRANTS.search(_NEGATED.sub(" ", text))):
        wrong.append("The loan is refused, and the letter does not say so plainly. Say only that.")
    if strange := sorted(_numbers(text) - _numbers(known)):
        wrong.append(f"{', '.join(strange)} is in no fact. Use the numbers of the facts alone.")
    if missing := sorted(_numbers(fact["decision"]) - _numbers(said)):
        wrong.append(f"`decision` does not say {', '.join(missing)}. Name the amount there.")
    if _PROMISES.search(text):
        wrong.append("The letter promises something. Leave out what was not decided.")
    if _FORBIDDEN.search(text):
        wrong.append("The letter speaks of what may not count. Leave it out.")
    if not granted and (left := _untold(reasons(state), letter.get("reasons", ""))):
        wrong.append(f"`reasons` does not name {', '.join(left)}. Name each reason.")
    return wrong


def _numbers(text: str) -> set[str]:
    return {re.sub(r"[.,](?=\d{3}\b)", "", found) for found in _NUMBER.findall(text)}


def _untold(reasons: list[str], said: str) -> list[str]:
    """Reasons of which less than half of the words are said."""
    words = set(_WORD.findall(said.lower()))
    own = {reason: set(_WORD.findall(reason.lower())) for reason in reasons}
    return [reason for reason, each in own.items() if 2 * len(each & words) < len(each)]


def _letter(value: Any) -> dict[str, str]:
    said = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    return {part: str(said.get(part) or "") for part in PARTS}


async def post(state: Mapping[str, Any]) -> str:
    """Gives decision and letter; the plain letter where the one that was written is at fault."""
    letter = _letter(state["results"].get("writing"))
    if wrong := faults(letter, state):
        letter = facts(state)
        await decided("loans", "the plain letter", reason=" ".join(wrong))
    decision, proposal = state["decision"], state["proposal"]
    what = f"Granted: {decision['amount']:g} DM" if decision["granted"] else "Refused"
    alone = decision["authority"] in {"", decision["by"]}
    whose = "" if alone else f", on the authority of {decision['authority']}"
    why = "; ".join(filter(None, [decision["why"], decision.get("reason", "")]))
    lines = [
        f"{what}. Decided by {decision['by']}{whose}: {why}.",
        f"What weighed most: {'; '.join(proposal['reasons']) or 'nothing in particular'}.",
    ]
    if state["ignored"]:
        lines.append(f"Not looked at: {', '.join(state['ignored'])}.")
    return "\n".join(lines) + "\n\n" + in_full(letter)


def in_full(letter: Mapping[str, str]) -> str:
    """A letter as it is sent."""
    body = [f"{letter[part].strip().rstrip('.')}." for part in ("decision", "reasons", "advice")]
    top = [letter["subject"].strip(), f"{letter['greeting'].strip().rstrip(',')},"]
    return "\n\n".join([*top, *body, letter["closing"].strip()])
