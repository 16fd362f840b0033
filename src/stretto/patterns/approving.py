"""A question to a person about a result: who is asked until when, and what an answer does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from pydantic import BaseModel, ValidationError

from stretto import clock
from stretto.members.decisions import decided, told
from stretto.members.effects import effect
from stretto.members.human import (
    Approve,
    Edit,
    Expire,
    Reject,
    Respond,
    ask_person,
    edit_problem,
)
from stretto.members.reply import text_of
from stretto.patterns.brief import request_of, tag
from stretto.patterns.results import answer_of, no_result, result_of
from stretto.state import Answer, Approval

if TYPE_CHECKING:
    from stretto.members import Reply, Update
    from stretto.members.human import Decision, DecisionType

END_NODE = "__end__"
ASK = "Is this to count?"
"""What is asked where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Who is asked, one after the other, and what counts when nobody answers."""

    levels: tuple[tuple[str, float | None], ...]
    """Names, and seconds that each is waited for; `None` is for ever."""
    default: Literal["approve", "reject"] | None
    remind: float | None

    def begin(self, level: int, now: float, before: Approval | None = None) -> Approval:
        """The question to the one at a level."""
        to, seconds = self.levels[level]
        kept = before or Approval()
        until = None if seconds is None else now + seconds
        told = {"level": level, "to": to, "asked": now, "until": until}
        return kept.model_copy(update={**told, "verdict": "", "by": ""})

    def over(self, asked: Approval, now: float) -> bool:
        """Whether an answer comes too late."""
        return asked.until is not None and now >= asked.until

    def next(self, asked: Approval) -> int | None:
        """The level that is asked when a deadline is over; `None` when the default counts."""
        return asked.level + 1 if asked.level + 1 < len(self.levels) else None


def asked_at(state: Mapping[str, Any], name: str) -> list[str]:
    """What a member is told of its last attempt, where it was sent back."""
    before: Approval | None = state.get("approval")
    if before is None or before.verdict or not before.feedback:
        return []
    last = (state.get("results") or {}).get(name)
    draft = tag("draft", "" if last is None else text_of(last))
    return [draft, tag("feedback", before.feedback)]


@dataclass(frozen=True, slots=True)
class Question:
    """The question about one member's result."""

    name: str
    ask: str | Callable[[Mapping[str, Any]], str | bool | None]
    chain: Chain
    max_revisions: int

    async def worked(self, state: Any, said: Reply) -> Update:
        """Keep the member's result, and begin the question about it."""
        before: Approval | None = state.get("approval")
        again = before is not None and not before.verdict
        begun = self.chain.begin(0, await _at("asked at"), before if again else None)
        result = None if said.silent else result_of(said)
        update: Update = {**said.update, "results": {self.name: result}, "answer": None}
        text = self._text({**state, **said.update, "results": {self.name: result}})
        if text:
            return {**update, "approval": begun}
        await decided("rule", "not needed", reason="nobody needs to be asked")
        ended = begun.model_copy(update={"verdict": "not needed", "by": "rule", "feedback": ""})
        return {**update, "approval": ended, **answer_of(self.name, result)}

    def skipped(self, _state: Any, _why: str) -> Update:
        """End a turn in which there is nothing to ask about."""
        ended = Approval(verdict="skipped")
        return {
            **no_result(self.name),
            "approval": ended,
            "answer": None,
            "structured_response": None,
        }

    async def put(self, state: Any) -> Update:
        """Ask, wait, and do what the answer says.

        Raises:
            GraphInterrupt: Nobody has answered yet.
        """
        asked: Approval = state["approval"]
        result = (state.get("results") or {}).get(self.name)
        said = self._answer(state, asked, result)
        answered = await _at("answered at")
        if self.chain.over(asked, answered):
            return await self._late(state, asked, said, result)
        if isinstance(said, Expire):  # it is not over yet: who is asked is asked again
            return {"approval": asked}
        await decided(asked.to or "person", said.type, reason=_reason(said))
        return await self._settled(state, asked, said, result)

    async def after_work(self, state: Any) -> str:
        """Ask, unless nobody needs to be."""
        asked: Approval = state["approval"]
        return END_NODE if asked.verdict else "approve"

    async def after_ask(self, state: Any) -> str:
        """End, ask the next one, or have it done again."""
        asked: Approval = state["approval"]
        if asked.verdict:
            return END_NODE
        return self.name if asked.asked is None else "approve"

    def _text(self, state: Mapping[str, Any]) -> str:
        """What is asked; empty when nobody needs to be."""
        said = self.ask(state) if callable(self.ask) else self.ask
        if said is True:
            return ASK
        return said if isinstance(said, str) else ""

    def _answer(self, state: Any, asked: Approval, result: Any) -> Decision | Expire:
        args = args_of(result)
        shown = "" if result is None else text_of(result)
        allowed: tuple[DecisionType, ...] = ("approve", "edit", "reject", "respond")
        about = {
            key: value
            for key, value in {
                "to": asked.to,
                "until": asked.until,
                "remind": self.chain.remind,
                "asked": asked.asked,
            }.items()
            if value
        }
        said: Any = ask_person(
            self.name,
            args,
            f"{self._text(state) or ASK}\n\n{shown}".strip(),
            allowed=(*allowed, "expire") if asked.until is not None else allowed,
            problem_of=lambda edited: edited_problem(result, args, edited),
            about=about,
        )
        return cast("Decision | Expire", said)

    async def _late(
        self, state: Any, asked: Approval, said: Decision | Expire, result: Any
    ) -> Update:
        """Ask the next one, or let the default count; what was said too late does not."""
        who = asked.to or "person"
        reason = f"{who} did not answer in time"
        if not isinstance(said, Expire):
            reason = f"{who} answered {said.type!r} too late"
        then = self.chain.next(asked)
        if then is not None:
            begun = self.chain.begin(then, await _at("asked at"), asked)
            await decided("deadline", f"asks {begun.to}", reason=reason)
            return {"approval": begun}
        default = self.chain.default or "reject"
        await decided("default", default, reason=reason)
        stands: Decision = (
            Approve(type="approve") if default == "approve" else Reject(type="reject")
        )
        return await self._settled(state, asked, stands, result, by="default", why=reason)

    async def _settled(
        self,
        state: Any,
        asked: Approval,
        said: Decision,
        result: Any,
        *,
        by: str = "",
        why: str = "",
    ) -> Update:
        by = by or asked.to or "person"
        match said:
            case Edit(edited_action=edited):
                changed = edited_result(result, edited.args)
                return await self._counts(asked, "edited", by, changed)
            case Respond(message=message):
                return await self._counts(asked, "answered", by, message)
            case Reject(message=message) if message and asked.revisions < self.max_revisions:
                sent = Approval(revisions=asked.revisions + 1, feedback=message)
                return {"approval": sent}
            case Reject(message=message):
                return await self._rejected(state, asked, by, message or why)
            case _:
                return await self._counts(asked, "approved", by, result)

    async def _counts(
        self,
        asked: Approval,
        verdict: Literal["approved", "edited", "answered"],
        by: str,
        result: Any,
    ) -> Update:
        ended = asked.model_copy(update={"verdict": verdict, "by": by})
        edits = int(verdict != "approved")
        await told("outcome", verdict=verdict, rounds=asked.revisions + 1, human_edits=edits)
        return {
            "approval": ended,
            "results": {self.name: result},
            **answer_of(self.name, result),
        }

    async def _rejected(self, state: Any, asked: Approval, by: str, why: str) -> Update:
        ended = asked.model_copy(update={"verdict": "rejected", "by": by, "feedback": why})
        await told("outcome", verdict="rejected", rounds=asked.revisions + 1, reason=why)
        question, _ = request_of((state.get("messages") or [])[-1:])
        text = f"Rejected by {by}{f': {why}' if why else '.'}"
        answer = Answer(
            question=question, text=text, accepted=False, verdict="rejected", reason=why
        )
        gone = {**no_result(self.name), **answer_of(self.name, text)}
        return {**gone, "approval": ended, "answer": answer}


def args_of(result: Any) -> dict[str, Any]:
    """What a person may edit: the fields of a typed result, else its text."""
    if isinstance(result, BaseModel):
        return result.model_dump(mode="json")
    if isinstance(result, Mapping):
        return {str(key): value for key, value in result.items()}
    return {"text": "" if result is None else text_of(result)}


def edited_result(result: Any, edited: Mapping[str, Any]) -> Any:
    """The result with exactly these changes.

    Raises:
        pydantic.ValidationError: They do not fit its type.
    """
    if isinstance(result, BaseModel):
        return type(result).model_validate({**result.model_dump(), **edited})
    if isinstance(result, Mapping):
        return {**result, **edited}
    return edited.get("text", result)


def edited_problem(result: Any, args: Mapping[str, Any], edited: Mapping[str, Any]) -> str:
    """Say why an edit cannot be taken over, and nothing when it can."""
    if problem := edit_problem(args, edited):
        return problem
    try:
        edited_result(result, edited)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return f"{'.'.join(map(str, first['loc']))!r}: {first['msg']}"
    return ""


def _reason(said: Decision) -> str:
    return said.message if isinstance(said, Reject | Respond) else ""


async def _at(what: str) -> float:
    """The time, and the same after a crash and in a replay."""
    return float(await effect(what, clock.now, effect="reads"))
