"""On whose authority a member of a hierarchy works, and who decides what goes beyond it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, assert_never

from stretto.errors import InvalidInput, Rejected
from stretto.members.decisions import decided
from stretto.members.human import Approve, Edit, Reject, ask_person, edit_problem
from stretto.members.permit import permit
from stretto.policy.authority import may_call, may_decide, may_delegate
from stretto.state import Permission, Request

if TYPE_CHECKING:
    from stretto.policy import Authority

Judge: TypeAlias = Callable[[Request], Awaitable[Permission | None]]
"""Asks a manager; `None` when it does not decide."""
PERSON = "person"
CHOICES = ("granted", "refused")
ASKING = frozenset({"ask_decision", "have_decided"})
"""The tools by which agents ask, which nobody needs to allow."""


@dataclass(frozen=True, slots=True)
class Rank:
    """A level of a hierarchy."""

    path: str
    """Such as "lead/front"."""
    authority: Authority
    """With what it has from the levels above."""
    judge: Judge
    """Asks who leads it."""

    def covers(self, asked: Request) -> bool:
        """Whether what is asked is within its authority."""
        verb, _, name = asked.kind.partition(" ")
        if verb == "call" and name:
            return may_call(self.authority, name)
        if verb == "delegate" and name:
            return may_delegate(self.authority, name.removeprefix("to "))
        return may_decide(self.authority, asked.kind, asked.amount)


@dataclass(frozen=True, slots=True)
class Office:
    """A member's place in a hierarchy."""

    who: str
    ranks: tuple[Rank, ...]
    """The levels that it is in, the top first."""

    def request(self, kind: str, amount: float | None = None, **more: Any) -> Request:
        """What it asks for."""
        return Request(kind=kind, amount=amount, by=self.who, level=self.ranks[-1].path, **more)

    async def decide(self, asked: Request) -> Permission:
        """Have it decided: alone where its level may, else by those above, at last by a person.

        A level above that may decide it asks its manager; one that may not is passed over. The
        journal is told who decided, on whose authority, and who could not.

        Raises:
            GraphInterrupt: A person is asked, and has not answered yet.
        """
        own, above = self.ranks[-1], self.ranks[-2::-1] if len(self.ranks) > 1 else ()
        beyond: list[str] = []
        found: Permission | None = None
        if own.covers(asked):
            found = Permission(
                granted=True,
                by=self.who,
                authority=own.path,
                reason=asked.reason,
                amount=asked.amount,
            )
        else:
            beyond.append(own.path)
            for rank in above:
                found = await rank.judge(asked) if rank.covers(asked) else None
                if found is not None:
                    break
                beyond.append(rank.path)
        if found is None:
            found = _by_person(asked, beyond)
        await _tell(asked, found, beyond)
        return found

    async def permit(self, tool: str, args: Mapping[str, Any]) -> str:
        """Why it is not to call a tool; nothing where it may."""
        if tool in ASKING or may_call(self.ranks[-1].authority, tool):
            return ""
        found = await self.decide(self.request(f"call {tool}", data=dict(args)))
        return "" if found.granted else f"{tool} was not called: {refusal(found)}"

    async def admit(self, name: str) -> None:
        """Let work be given to a member.

        Raises:
            Rejected: It is not to be.
        """
        if may_delegate(self.ranks[-1].authority, name):
            return
        found = await self.decide(self.request(f"delegate to {name}"))
        if not found.granted:
            raise Rejected(f"{self.who!r} may not give work to {name!r}: {refusal(found)}")

    def enter(self) -> None:
        """Let what is done from here on, in this task, be done on its authority."""
        _office.set(self)
        permit.set(self.permit)


_office: ContextVar[Office | None] = ContextVar("stretto_office", default=None)


async def decide(
    kind: str, amount: float | None = None, *, reason: str = "", **data: Any
) -> Permission:
    """Have something decided by whoever may: in a function or a tool of a member of a `hierarchy`.

    What the member's level may decide alone is granted at once. The rest goes up: to the managers
    of the levels above that may decide it, and from the top to a person, for whom the run waits.

    Args:
        kind: What is to be decided, as `Authority.may_decide` names it.
        amount: How much it is about; what has none is beyond every limit.
        reason: Why it should be done, for whoever decides.
        **data: More about it, as JSON.

    Raises:
        InvalidInput: Nobody in a hierarchy is at work here.
        GraphInterrupt: A person is asked, and has not answered yet.
    """
    office = _office.get()
    if office is None:
        raise InvalidInput(
            f"nobody can be asked to decide {kind!r} here. Call `decide` in a member of a "
            "`hierarchy`, in an async function."
        )
    return await office.decide(office.request(kind, amount, reason=reason, data=data))


def refusal(found: Permission) -> str:
    """Word a refusal, and what then helps."""
    why = f": {found.reason}" if found.reason else "."
    return f"{found.by} refused it{why} Do it another way, or say that it cannot be done."


def _by_person(asked: Request, beyond: list[str]) -> Permission:
    """Ask a person, who may decide anything."""
    args = {**asked.data, "kind": asked.kind, "by": asked.by, "reason": asked.reason}
    if asked.amount is not None:
        args["amount"] = asked.amount
    about = "" if asked.amount is None else f" ({asked.amount:g})"
    why = f": {asked.reason}" if asked.reason else "."
    ways = "approve: let it be done. reject: do not."
    if asked.amount is not None:
        ways += " edit: let it be done with another amount."
    decision = ask_person(
        "decision",
        args,
        f"{asked.by} asks for {asked.kind}{about}{why}\nBeyond the authority of "
        f"{', '.join(beyond)}.\n\n{ways}",
        allowed=("approve", "reject") if asked.amount is None else ("approve", "edit", "reject"),
        problem_of=lambda edited: _problem(args, edited),
    )
    found = Permission(granted=True, by=PERSON, authority=PERSON, amount=asked.amount)
    match decision:
        case Approve():
            return found
        case Edit(edited_action=action):
            return found.model_copy(update={"amount": float(action.args["amount"])})
        case Reject(message=message):
            return found.model_copy(update={"granted": False, "reason": message, "amount": None})
        case _:  # `respond` is not allowed
            assert_never(decision)  # type: ignore[arg-type]


def _problem(args: Mapping[str, Any], edited: Mapping[str, Any]) -> str:
    if problem := edit_problem(args, edited):
        return problem
    others = [name for name, value in edited.items() if name != "amount" and value != args[name]]
    if others:
        return f"{others[0]!r} cannot be changed, only 'amount'"
    amount = edited.get("amount", args["amount"])
    return "" if amount >= 0 else "'amount' is below 0"


async def _tell(asked: Request, found: Permission, beyond: list[str]) -> None:
    """Account for it in the journal."""
    word = "granted" if found.granted else "refused"
    whose = "" if found.by == PERSON else f"on the authority of {found.authority!r}"
    whom = "" if found.by == asked.by else f"for {asked.by!r} of {asked.level!r}"
    about = f"{whose} {whom}".strip()
    why = found.reason or asked.reason
    await decided(
        found.by,
        f"{asked.kind}: {word}",
        reason=f"{about}: {why}" if why else about,
        alternatives=tuple(f"{asked.kind}: {each}" for each in CHOICES),
        data={
            **asked.model_dump(mode="json"),
            "authority": found.authority,
            "granted": found.granted,
            "allowed": found.amount,
            "why": found.reason,
            "beyond": beyond,
        },
    )
