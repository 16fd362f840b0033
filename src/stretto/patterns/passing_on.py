"""What a member's reply, failure or absence does to a swarm: its turn ends, or another goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage
from langgraph.types import Command
from pydantic import BaseModel, ValidationError

from stretto.errors import InvalidInput, NobodyAvailable, TooManyHandoffs, UnknownName
from stretto.members.decisions import decided, told
from stretto.patterns.handing_over import handing
from stretto.patterns.handoff_brief import plain
from stretto.patterns.handoff_turn import circles, is_new, turn_of, way
from stretto.patterns.results import answer_of, author, result_of
from stretto.resilience.trouble import trouble_of
from stretto.state import HandedOver

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stretto.members import Reply, Update
    from stretto.patterns.handing_over import Handing
    from stretto.patterns.handoff_turn import Turn
    from stretto.patterns.ways import Ways
    from stretto.state import HandOver


@dataclass(frozen=True, slots=True)
class PassingOn:
    """What one member's work does to the swarm's state."""

    name: str
    ways: Ways
    own: frozenset[str]
    """The user's own fields."""
    function: bool
    """Whether it is a function: its faults are told to who wrote it, not to a model."""

    async def settle(self, state: Mapping[str, Any], said: Reply) -> Update | Command[Any]:
        """End the turn with its answer, or let the next one go on.

        Raises:
            UnknownName, InvalidInput: A function hands over as it may not.
            TooManyHandoffs: That is enough, and nobody has said anything.
        """
        turn = turn_of(state)
        found = handing(said, self.ways.tools)
        if found is None:
            return self._answered(state, turn, said)
        over = found.over
        problem = found.refused if over is None else self._problem(over)
        if over is None or problem:
            return await self._refused(state, turn, found, problem, said.update)
        mine = {k: v for k, v in over.update.items() if k in self.own}
        if said.update:
            mine = {**said.update, **mine}
        return await self._handed(state, turn, over, found, mine)

    def skip(self, state: Mapping[str, Any], why: str) -> Update | Command[Any]:
        """Let another take its place where it is left out.

        Raises:
            NobodyAvailable: There is none.
        """
        return self._stand_in(state, turn_of(state), why)

    async def rescue(self, state: Mapping[str, Any], error: Exception) -> Update | Command[Any]:
        """Let another take its place where it failed.

        Raises:
            NobodyAvailable: There is none left.
            Exception: What no other could mend, or nobody may take its place.
        """
        if trouble_of(error) in {None, "budget"}:
            raise error
        turn, why = turn_of(state), str(error) or type(error).__name__
        if not self.ways.stand_ins[self.name]:
            raise error
        try:
            command = self._stand_in(state, turn, why)
        except NobodyAvailable as nobody:
            raise nobody from error
        to = str(command.goto)
        await told("fell_back", step="node", name=self.name, to=to, error=why)
        await told("handoff", by=self.name, to=to, reason=f"{self.name} is not available: {why}")
        return command

    def _stand_in(self, state: Mapping[str, Any], turn: Turn, why: str) -> Command[Any]:
        failed = {} if turn.fresh else dict(state.get("failed") or {})
        failed = {name: text for name, text in failed.items() if name != self.name}
        free = [each for each in self.ways.stand_ins[self.name] if each not in failed]
        failed[self.name] = why
        if not free:
            raise NobodyAvailable(
                "swarm", failed, "Try again later, or give it another in `stand_ins`."
            )
        record = HandedOver(by=self.name, to=free[0], how="stood in", new=False)
        update = self._base(state, turn, [*turn.handed, record], {})
        update["failed"] = {**update.get("failed", {}), self.name: why}
        return Command(goto=free[0], update={**update, "active": free[0]})

    def _answered(self, state: Mapping[str, Any], turn: Turn, said: Reply) -> Update:
        result = None if said.silent else result_of(said)
        update = self._base(state, turn, turn.handed, {} if said.silent else {self.name: result})
        return {
            **update,
            **said.update,
            **answer_of(self.name, result),
            "active": self.name,
            "turn": "",
        }

    def _problem(self, over: HandOver) -> str:
        """Why a handoff cannot be made, for a model; empty when it can.

        Raises:
            UnknownName, InvalidInput: The same, where a function hands over.
        """
        edges, where = self.ways.edges[self.name], f"swarm: {self.name!r} hands over"
        if over.to not in edges:
            error: InvalidInput = UnknownName("agent", over.to, edges, where=where)
        elif unknown := sorted(set(over.update) - self.own):
            if not self.function:
                return ""
            error = InvalidInput(
                f"{where} with an update of {unknown[0]!r}, which is no field of the team's own. "
                "Declare it in `state=`."
            )
        else:
            try:
                _payload(over.payload, edges[over.to].payload)
            except (ValidationError, ValueError) as invalid:
                error = InvalidInput(
                    f"{where} to {over.to!r} with a payload that does not fit: {_first(invalid)}. "
                    f"Give {_kind(edges[over.to].payload)}."
                )
            else:
                return ""
        if self.function:
            raise error
        return str(error)

    async def _refused(
        self,
        state: Mapping[str, Any],
        turn: Turn,
        found: Handing,
        why: str,
        mine: Mapping[str, Any],
    ) -> Update | Command[Any]:
        """Ask it again, telling it why."""
        record = HandedOver(
            by=self.name,
            to=self.name,
            reason=why,
            tools=list(found.tools),
            how="refused",
            new=bool(found.tools),
        )
        handed = [*turn.handed, record]
        await decided(
            self.name, "handoff refused", reason=why, data={"goto": self.name, "why": why}
        )
        if len(handed) > self.ways.most:
            return {**await self._stopped(state, turn, handed, "max_handoffs", {}), **mine}
        update = self._base(state, turn, handed, {})
        return Command(goto=self.name, update={**update, **mine, "active": self.name})

    async def _handed(
        self,
        state: Mapping[str, Any],
        turn: Turn,
        over: HandOver,
        found: Handing,
        mine: Mapping[str, Any],
    ) -> Update | Command[Any]:
        changed = any(state.get(field) != value for field, value in mine.items())
        handed = [*turn.handed, self._record(turn, over, found, changed=changed)]
        results = {} if over.result is None else {self.name: over.result}
        if circles(handed):
            return {**await self._stopped(state, turn, handed, "ping-pong", results), **mine}
        if len(handed) > self.ways.most:
            return {**await self._stopped(state, turn, handed, "max_handoffs", results), **mine}
        if not found.told:
            await told("handoff", by=self.name, to=over.to, reason=over.reason)
        update = self._base(state, turn, handed, results)
        if over.say.strip():
            update["messages"] = [AIMessage(over.say, name=author(self.name))]
        return Command(goto=over.to, update={**update, **mine, "active": over.to})

    def _record(self, turn: Turn, over: HandOver, found: Handing, *, changed: bool) -> HandedOver:
        given: dict[str, Any] = {"by": self.name, "to": over.to, "reason": over.reason}
        if over.payload is not None:
            declared = self.ways.edges[self.name][over.to].payload
            given["payload"] = _payload(over.payload, declared)
        if over.say:
            given["said"] = over.say
        if found.tools:
            given["tools"] = list(found.tools)
        new = changed or bool(found.tools or over.say.strip()) or over.result is not None
        one = HandedOver(**given, new=new)
        if new or not is_new(one, turn.handed):
            return one
        return one.model_copy(update={"new": True})

    async def _stopped(
        self,
        state: Mapping[str, Any],
        turn: Turn,
        handed: list[HandedOver],
        what: str,
        results: Mapping[str, Any],
    ) -> Update:
        """End the turn with the last words there were.

        Raises:
            TooManyHandoffs: Nobody has said anything.
        """
        last, went = handed[-1], way(handed)
        why = (
            f"{last.by!r} and {last.to!r} hand the conversation back and forth with nothing new"
            if what == "ping-pong"
            else f"there were more than {self.ways.most} handoffs in one turn"
        )
        await decided("swarm", what, reason=f"{why}: {' -> '.join(went)}", data={"way": went})
        spoken = next((each for each in reversed(handed) if each.said.strip()), None)
        if spoken is None:
            raise TooManyHandoffs(why, went)
        update = self._base(state, turn, turn.handed, dict(results))
        if spoken is last:
            update["messages"] = [AIMessage(last.said, name=author(self.name))]
        return {**update, "structured_response": None, "active": spoken.by, "turn": ""}

    def _base(
        self, state: Mapping[str, Any], turn: Turn, handed: Any, results: dict[str, Any]
    ) -> Update:
        """What every update has; the first of a turn takes out what an earlier one left."""
        update: Update = {
            "turn": turn.id,
            "handed": handed if isinstance(handed, list) else [*handed],
        }
        failed: Mapping[str, str] = state.get("failed") or {}
        if turn.fresh:
            results = {**dict.fromkeys(state.get("results") or ()), **results}
        if gone := failed if turn.fresh else failed.keys() & {self.name}:
            update["failed"] = dict.fromkeys(gone)
        return {**update, "results": results} if results else update


def _payload(given: Any, declared: type[BaseModel] | None) -> Any:
    """What is given along, as JSON.

    Raises:
        ValidationError: It is not what is declared.
        ValueError: It is not JSON.
    """
    if declared is None:
        return None if given is None else plain(given)
    return declared.model_validate(
        plain(given) if isinstance(given, BaseModel) and type(given) is not declared else given
    ).model_dump(mode="json")


def _first(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        one = error.errors()[0]
        return f"{'.'.join(map(str, one['loc'])) or 'it'}: {one['msg']}"
    return str(error)


def _kind(declared: type[BaseModel] | None) -> str:
    return "JSON or a pydantic value" if declared is None else f"a value of {declared.__name__}"
