"""The ledger of a replay: effects are given back from the records; none happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langgraph.types import interrupt

from stretto.journal.deciding import path_of
from stretto.journal.values import jsonable
from stretto.replay.recording import matches
from stretto.replay.session import Stopped
from stretto.replay.substitute import raised_again

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from stretto.journal.deciding import Call, Question, Ruling
    from stretto.replay.difference import What
    from stretto.replay.script import EffectCall
    from stretto.replay.session import Session

_WHOLE = {"text": 1_000_000, "total": 10_000_000}


class ReplayLedger:
    """Stands in for the ledger of the handler; see `stretto.journal.ledger.EffectLedger`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._models: dict[str, Any] = {}

    async def run(
        self,
        call: Call,
        do: Callable[[], Awaitable[Any]],
        ask: Callable[[Question], Awaitable[Ruling]],  # noqa: ARG002 - the ledger's signature
    ) -> Any:
        """Give what the effect gave; a model is asked, and answered by the session.

        Raises:
            Stopped: It was not recorded so.
            Exception: What was raised when it was recorded.
            GraphInterrupt: It asked a person, and the replay has no answer yet.
        """
        if self._session.is_over:
            raise Stopped
        if call.kind == "model":
            return await self._model(call, do)
        found = self._found(call)
        self._asked_within(found)
        outcome = found.outcomes[found.next] if found.next < len(found.outcomes) else None
        if outcome is None or outcome.status == "unknown":
            raise self._session.stops(
                f"what was recorded ends here, with {call.name!r} that had no result yet."
            )
        if outcome.status == "settled":
            return self._session.value(outcome.output)
        found.next += 1
        raise raised_again(outcome.error)

    async def _model(self, call: Call, do: Callable[[], Awaitable[Any]]) -> Any:
        """Once for each key, as the ledger does when a node runs again."""
        if call.key not in self._models:
            self._models[call.key] = await do()
        return self._models[call.key]

    def _found(self, call: Call) -> EffectCall:
        """The recorded effect that this one is."""
        session, path = self._session, self._session.turn.path(call.place)
        args = jsonable(dict(call.args), **_WHOLE)
        there = [e for e in session.turn.effects if e.path == path and e.kind == call.kind]
        same = [e for e in there if e.name == call.name and matches(e.args, args)]
        if again := [effect for effect in same if effect.key == call.key]:
            return again[0]
        free = [effect for effect in same if not effect.key]
        if not free:
            raise self._other(call, args, [effect for effect in there if not effect.key])
        found = next((effect for effect in free if effect.id == call.id), free[0])
        found.key = call.key
        session.effects += 1
        return found

    def _other(self, call: Call, args: Any, left: Sequence[EffectCall]) -> Stopped:
        """The difference between a call and the recorded one that is most like it."""
        same_id = [effect for effect in left if effect.id == call.id]
        named = [effect for effect in left if effect.name == call.name]
        near = next(iter([*same_id, *named, *left]), None)
        if near is None:
            told = f"{call.name} is called, and was not."
        elif near.name == call.name:
            told = f"{call.name} is called with something else."
        else:
            told = f"{call.name} is called in place of {near.name}."
        what: What = "tool" if call.kind == "tool" else "call"
        return self._session.differs(
            what,
            told,
            path=path_of(call.place),
            name=call.name,
            recorded=None if near is None else {"name": near.name, "args": near.args},
            now={"name": call.name, "args": args},
        )

    def _asked_within(self, effect: EffectCall) -> None:
        """Ask a person again what the effect itself asked; the answer is in its result."""
        for question in self._session.turn.asked_within(effect):
            interrupt(question)
        while (
            effect.next < len(effect.outcomes)
            and effect.outcomes[effect.next].status == "suspended"
        ):
            effect.next += 1
