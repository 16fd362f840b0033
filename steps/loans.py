"""The team `loans`: an application is read, judged by rules and a score, and decided by who may."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from langgraph.runtime import Runtime  # noqa: TC002 - how LangGraph knows what to give
from typing_extensions import TypedDict

from stretto import Project
from stretto.errors import InvalidInput
from stretto.home import state_home
from stretto.members.decisions import decided
from stretto.patterns import decide
from stretto.policy import Authority
from stretto.routing import Table
from stretto.state import Delegate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stretto.state import Request

HISTORY, SCORE = "STRETTO_LOANS_HISTORY", "STRETTO_LOANS_SCORE"
"""Variables that name a table of past loans, and a score learned from one."""
DESK = Authority(may_decide={"loan": 4_000})
"""What the desk grants alone, in DM. Loans in doubt are nobody's to grant but a person's."""
HEAD = Authority(may_decide={"loan": 10_000})
PERSON = "person"
"""By whom it is decided, where nobody else may."""
SURE = 0.05
"""The chance of going bad up to which the head of the desk grants what is above its limit."""
REASONS = 3
"""Attributes that a decision is explained by."""
RULES = Table(
    {"age": "application.age", "month": "application.month", "unseen": "unseen", "score": "score"},
    [
        ("< 18", "-", "-", "-", "refuse"),
        ("-", "> 72", "-", "-", "refuse"),
        ("-", "-", "> 0", "-", "refer"),
        ("-", "-", "-", "refer", "refer"),
        ("-", "-", "-", "grant", "grant"),
        ("-", "-", "-", "refuse", "refuse"),
    ],
    hit="first",
    name="rules of lending",
)
"""Hard rules first; then what costs least by the score. `unseen` counts attributes that are as
those of no past loan."""
HARD = {1: "age", 2: "month"}
"""The rules that alone explain a refusal, each with the attribute that it is about."""
_FILE = re.compile(r"(?:^|\s|['\"`])([^\s'\"`]+\.(?:csv|tsv|tab)(?:\.gz)?)(?=$|[\s'\"`.,;:?!])")


class LoansContext(TypedDict, total=False):
    """The context of a run; all of it may be left out where variables say it."""

    history: str
    """Path of a table of past loans, by default that of `STRETTO_LOANS_HISTORY`."""
    score: str
    """Path of a score that was learned, by default that of `STRETTO_LOANS_SCORE`."""
    output: str
    """Folder of the decisions on a file, by default `loans` where the project's state lies."""


class Loan(TypedDict, total=False):
    """What the team holds of one application."""

    application: dict[str, Any]
    """Its attributes, checked."""
    ignored: list[str]
    """What else it said, by name; nobody looked at it."""
    proposal: dict[str, Any]
    """What rules and score propose: `outcome`, `chance`, `rule`, `why`; `reasons`, what weighed
    most, and `against`, what weighed most against it."""
    decision: dict[str, Any]
    """What was decided: `granted`, `amount`, `by`, `authority`, `why`; `reason`, if a person
    refused it, what the person said."""


def kind(state: Mapping[str, Any]) -> Literal["application", "file", ""]:
    """Tells one application from a file of them."""
    text = state["messages"][-1].text
    if "{" in text:
        return "application"
    if file_named(text):
        return "file"
    said = Project.at(__file__).step("loans_codes.read_application")(text)
    known = Project.at(__file__).step("loans_codes.LABELS")
    return "application" if set(said) & set(known) else ""


def file_named(text: str) -> str:
    """The first table that a request names, empty when it names none."""
    found = _FILE.search(text)
    return found[1] if found else ""


def read(state: Mapping[str, Any]) -> dict[str, Any]:
    """Reads the application, and says all that it lacks.

    Raises:
        InvalidInput: An attribute is missing or cannot be.
    """
    step = Project.at(__file__).step
    said = step("loans_codes.read_application")(state["messages"][-1].text)
    values, wrong = step("loans_codes.checked")(said)
    if wrong:
        raise InvalidInput(
            f"the application cannot be decided on: {'; '.join(wrong)}. Give these and ask again."
        )
    left = sorted(set(said) - set(step("loans_codes.LABELS")))
    return {"application": values, "ignored": left, "proposal": {}, "decision": {}}


async def judge(state: Mapping[str, Any], runtime: Runtime[LoansContext]) -> dict[str, Any]:
    """Judges the application by rules and score, and says what weighed most.

    Raises:
        InvalidInput: There is no score, and there are no past loans to learn one from.
    """
    score = await asyncio.to_thread(score_of, runtime.context or {})
    found = weighed(score, state["application"])
    await decided(
        RULES.name,
        found["outcome"],
        reason=f"{found['why']}; what weighed most: {', '.join(found['reasons'])}",
        alternatives=("grant", "refuse", "refer"),
        data={**found, "score": score.digest},
    )
    return {"proposal": found}


def weighed(score: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """What rules and score propose for an application.

    Args:
        score: A `loans_score.Score`.
        values: Checked attributes.
    """
    step = Project.at(__file__).step
    chance, unseen = score.chance(values), score.unseen(values)
    leaning = step("loans_score.Costs")().leaning(chance)
    choice = RULES.decide({"application": values, "unseen": len(unseen), "score": leaning})
    (rule,) = choice.data["rules"][:1]
    ranked = sorted(score.points(values).items(), key=lambda each: -each[1])
    worst = [name for name, points in ranked if points > 0 and name not in unseen]
    best = [name for name, points in reversed(ranked) if points < 0]
    against = [HARD[rule]] if rule in HARD else [*unseen, *worst][:REASONS]
    told = best[:REASONS] if choice.label == "grant" else against
    in_words = step("loans_codes.in_words")
    return {
        "outcome": choice.label,
        "chance": round(chance, 4),
        "rule": rule,
        "why": _why(rule, chance, unseen),
        "reasons": [in_words(name, values[name]) for name in told],
        "against": [in_words(name, values[name]) for name in against],
    }


def _why(rule: int, chance: float, unseen: list[str]) -> str:
    match rule:
        case 1:
            return "the applicant is under 18"
        case 2:
            return "it would run for more than 72 months"
        case 3:
            return f"no past loan had such a value of {', '.join(unseen)}"
        case _:
            return f"the chance of going bad is {chance:.1%}"


def score_of(context: Mapping[str, Any]) -> Any:
    """The score that decides: one that is named, or learned from past loans and kept.

    It is kept where the project's state lies, and learned anew when the past loans have changed.

    Raises:
        InvalidInput: Neither a score nor past loans are named, or they cannot be read.
    """
    step = Project.at(__file__).step
    named = context.get("score") or os.environ.get(SCORE)
    if named:
        return step("loans_score.load")(Path(named).expanduser())
    history = context.get("history") or os.environ.get(HISTORY)
    if not history:
        raise InvalidInput(
            "there are no past loans to learn a score from. Name a table of them: "
            f"--context history=FILE, or {HISTORY}."
        )
    rows, bad, _ = step("loans_file.past_loans")(Path(history).expanduser())
    digest = step("loans_learning.digest_of")(rows, bad)
    layout = step("loans_score.VERSION")
    kept = state_home() / "loans" / f"score-{layout}-{digest[:12]}.json"
    if kept.is_file():
        return step("loans_score.load")(kept)
    found = step("loans_learning.learned")(rows, bad)
    found.save(kept)
    return found


def head(state: Mapping[str, Any]) -> Delegate | str:
    """Leads the desk."""
    if state.get("decision"):
        return "granted" if state["decision"]["granted"] else "refused"
    return Delegate(worker="desk", task="Decide on the application.")


async def desk(state: Mapping[str, Any]) -> dict[str, Any]:
    """Decides on an application, or has it decided where it may not."""
    proposal, amount = state["proposal"], float(state["application"]["credit_amount"])
    told = {"amount": amount, "why": proposal["why"], "by": "rules and score", "authority": ""}
    if proposal["outcome"] == "refuse":
        return {"decision": {**told, "granted": False, "amount": 0.0}}
    what = "loan" if proposal["outcome"] == "grant" else "borderline loan"
    found = await decide(
        what,
        amount,
        reason=f"{proposal['why']}; {'; '.join(proposal['reasons'])}",
        chance=proposal["chance"],
        months=state["application"]["month"],
    )
    by_person = {"reason": found.reason} if found.by == PERSON and not found.granted else {}
    granted = {"granted": found.granted, "amount": found.amount if found.granted else 0.0}
    return {
        "decision": {**told, **granted, **by_person, "by": found.by, "authority": found.authority}
    }


def head_decides(asked: Request) -> bool | None:
    """Grants what is above the desk's limit where the score is sure; else leaves it to a person."""
    return True if asked.data.get("chance", 1.0) <= SURE else None
