"""One replay while it goes on: what comes up is set against what was recorded.

A session stands in the place of a journal: LangChain's callbacks tell it of everything in the
words of the records, by the same handler that recorded the thread.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stretto.errors import Unreplayable
from stretto.journal.deciding import path_of
from stretto.journal.payloads import Payload, value_of
from stretto.journal.requests import request_of
from stretto.records import (
    AnyRecord,
    Decided,
    Interrupted,
    ModelStarted,
    NodeEnded,
    ToolStarted,
)
from stretto.replay.difference import Difference, What, shown
from stretto.replay.messages import settled
from stretto.replay.recording import matches, said_of
from stretto.replay.script import decision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stretto.replay.recording import Recording
    from stretto.replay.script import ModelCall, Turn


class Stopped(BaseException):
    """Ends a replay from within the graph; no handler of errors in a node may catch it."""


@dataclass(slots=True, eq=False)
class Given:
    """What a model call is answered with: a message, or an error to raise."""

    value: Any
    error: str = ""
    taken: bool = False


@dataclass(slots=True)
class Asked:
    """A question to a person, by its id then and now."""

    recorded: str
    now: str


_given: ContextVar[tuple[Given, ...]] = ContextVar("stretto_replay_given", default=())


@dataclass(slots=True)
class Session:
    """What a replay has found so far; `turn` is the one at work."""

    recording: Recording
    turn: Turn
    models: int = 0
    effects: int = 0
    answers: int = 0
    difference: Difference | None = None
    stopped: str = ""
    """Why the replay cannot go further, though nothing differs."""
    asked: list[Asked] = field(default_factory=list[Asked])
    came: set[int] = field(default_factory=set[int])
    """`seq` of the recorded decisions and questions that came again."""
    ends: list[tuple[str, Any]] = field(default_factory=list[tuple[str, Any]])
    """Updates of the root graph's nodes in this turn, by node."""
    ended: list[NodeEnded] = field(default_factory=list[NodeEnded])
    """Nodes of the root graph that ended in this turn."""
    steps: dict[str, int] = field(default_factory=dict[str, int])
    """The step of the graph in which each node of the root graph runs, by its place."""
    nodes: int = 0
    """Updates of nodes that were compared and are the same."""
    held: dict[str, Payload] = field(default_factory=dict[str, Payload])
    """What the handler has told, by digest: it tells each once."""

    def append(self, record: AnyRecord, payloads: Sequence[Payload] = ()) -> None:
        """Set what the handler tells against what was recorded.

        Raises:
            Stopped: It was not recorded so, or the replay is over.
        """
        self.held |= {payload.digest: payload for payload in payloads}
        match record:
            case ModelStarted():
                self._model(record)
            case ToolStarted():
                self._bare_tool(record)
            case Decided():
                self._decision(record)
            case Interrupted():
                self._question(record)
            case NodeEnded() if "|" not in record.place:
                self.ended.append(record)
                if record.output in self.held:
                    self.ends.append((record.node, value_of(self.held[record.output])))
            case _:
                pass

    @property
    def is_over(self) -> bool:
        """Whether the replay has come to its end."""
        return self.difference is not None or bool(self.stopped)

    def differs(
        self,
        what: What,
        told: str,
        *,
        path: str = "",
        name: str = "",
        recorded: Any = None,
        now: Any = None,
    ) -> Stopped:
        """Note a difference, unless the replay is over; gives what to raise."""
        if not self.is_over:
            self.difference = Difference(
                what=what,
                turn=self.turn.number,
                path=path,
                name=name,
                told=told,
                recorded=recorded,
                now=now,
            )
        return Stopped()

    def stops(self, why: str) -> Stopped:
        """Note that the replay can go no further, unless it is over; gives what to raise."""
        if not self.is_over:
            self.stopped = why
        return Stopped()

    def value(self, digest: str) -> Any:
        """What was recorded under a digest.

        Raises:
            Stopped: It was not kept.
        """
        try:
            return self.recording.value(digest)
        except Unreplayable as error:
            raise self.stops(str(error)) from error

    def _model(self, record: ModelStarted) -> None:
        if self.is_over:
            raise Stopped
        path, where = self.turn.path(record.place), path_of(record.place)
        now = request_of(record.input, self.held) if record.input in self.held else None
        left = [call for call in self.turn.models if call.path == path and not call.used]
        same = [call for call in left if self._is_same(call, record.input, now)]
        call = next((c for c in same if c.is_finished), same[0] if same else None)
        if call is None:
            raise self._other_request(where, record.model, now, left)
        call.used = True
        end = call.ended
        if end is None or not call.is_finished:
            place = f" (in {shown(where)})" if where else ""
            raise self.stops(
                f"what was recorded ends here, with a model call that had no answer{place}."
            )
        self.models += 1
        answer = Given(None if end.error else self.value(end.output), end.error)
        _given.set((*(given for given in _given.get() if not given.taken), answer))

    def _is_same(self, call: ModelCall, digest: str, now: dict[str, Any] | None) -> bool:
        if call.started.input == digest:
            return True
        if not self.turn.anywhere or now is None:
            return False
        then = self.recording.request(call.started.input)
        same_tools = not then["tools"] or then["tools"] == now["tools"]
        return bool(settled(then["messages"]) == settled(now["messages"]) and same_tools)

    def _other_request(
        self, path: str, name: str, now: dict[str, Any] | None, left: Sequence[ModelCall]
    ) -> Stopped:
        requests = [self.recording.request(call.started.input) for call in left]
        if not requests:
            known = any(path_of(call.started.place) == path for call in self.turn.models)
            more = "once more than was recorded" if known else "where none was called"
            return self.differs(
                "model", f"the model is called {more}.", path=path, name=name, now=now
            )
        nearest = max(requests, key=lambda then: _common(then, now))
        if self.turn.anywhere and now is not None:
            now, nearest = {"messages": now["messages"]}, {"messages": nearest["messages"]}
        told = "the model is asked something else."
        return self.differs("model", told, path=path, name=name, recorded=nearest, now=now)

    def _bare_tool(self, record: ToolStarted) -> None:
        where = shown(path_of(record.place)) or "the graph"
        raise self.stops(
            f"the tool {record.tool!r} in {where} is called outside EffectsOnce and effect(), so "
            "the replay goes no further: it would really be called. Add the middleware "
            "(create_agent(..., middleware=[EffectsOnce()])), or call it by `effect`."
        )

    def _decision(self, record: Decided) -> None:
        path, now = path_of(record.place), decision(record)
        left = [
            r for r in self.turn.decisions if path_of(r.place) == path and r.seq not in self.came
        ]
        same = next((r for r in left if matches(decision(r), now)), None)
        if same is not None:
            self.came.add(same.seq)
        elif left or not self.turn.anywhere:
            how = "otherwise" if left else "where nothing was decided"
            told, then = f"{record.by} decides {how}.", decision(left[0]) if left else None
            raise self.differs("decision", told, path=path, name=record.by, recorded=then, now=now)

    def _question(self, record: Interrupted) -> None:
        path, now = path_of(record.place), said_of(record)["value"]
        known = {one.now: one.recorded for one in self.asked}
        before = known.get(record.interrupt)
        left = [
            r
            for r in self.turn.asked
            if path_of(r.place) == path
            and r.seq not in self.came
            and (r.interrupt == before if before else r.interrupt not in known.values())
        ]
        same = next((r for r in left if matches(r.value, now)), None)
        if same is not None:
            self.came.add(same.seq)
            if before is None:
                self.asked.append(Asked(same.interrupt, record.interrupt))
        elif left or before is None:
            told = f"a person is asked{' something else' if left else ''}."
            then = {"question": left[0].value} if left else None
            asked = {"question": now}
            raise self.differs(
                "question", told, path=path, name=record.node, recorded=then, now=asked
            )


def take(session: Session) -> Given:
    """What the model call at work is answered with.

    Raises:
        Stopped: The replay is over, or the call is none that the run's callbacks know.
    """
    if session.is_over:
        raise Stopped
    for given in _given.get():
        if not given.taken:
            given.taken = True
            return given
    raise session.stops(
        "a model is called that the run's callbacks do not hear of (no chat model, or called "
        "without the node's config), so its answer was not recorded and the replay goes no "
        "further. Call a chat model, with the config that the node is given."
    )


def _common(then: dict[str, Any], now: dict[str, Any] | None) -> int:
    """How many messages two requests share."""
    other = list((now or {}).get("messages", ()))
    return sum(message in other for message in then["messages"])
