"""What can go wrong, each error named after the state it reports.

Every text ends with the remedy. `exit_code` is what the command line returns for it.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class StrettoError(Exception):
    """Root of all errors that Stretto raises on purpose."""

    exit_code: ClassVar[int] = 1


class InvalidInput(StrettoError):
    """Raised when what the caller gave cannot be worked on, such as an empty question."""

    exit_code = 2


class SourceUnusable(InvalidInput):
    """Raised when documents to answer from are not there, or nothing in them can be read."""


class UnknownName(InvalidInput):
    """Raised when a name leads to nothing; the text offers the nearest known one.

    `kind` is the sort of thing looked for ("team", "tool"), `where` the place that named it.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], *, where: str = "") -> None:
        self.kind, self.name, self.known, self.where = kind, name, sorted(known), where
        near = difflib.get_close_matches(name, self.known, n=1)
        article = "an" if kind.startswith(("a", "e", "i", "o", "u")) else "a"
        hint = (
            f"Did you mean {near[0]!r}?"
            if near
            else f"Known: {', '.join(self.known) or f'none yet; add {article} {kind} first'}."
        )
        super().__init__(f"{f'{where}: ' if where else ''}no {kind} {name!r}. {hint}")


class BadDefinition(InvalidInput):
    """Raised when a project file says something that cannot be.

    Names file, line and, where it is known, column; both count from 1.
    """

    def __init__(
        self, path: object, line: int | None, problem: str, remedy: str, column: int | None = None
    ) -> None:
        self.path, self.line, self.column = str(path), line, column
        self.problem, self.remedy = problem, remedy
        place = ":".join(str(part) for part in (path, line, column) if part)
        super().__init__(f"{place}: {problem}. {remedy}")


class BadDefinitions(BadDefinition):
    """Raised when a project file has several faults; the text tells each on its own line."""

    def __init__(self, path: object, errors: Sequence[StrettoError]) -> None:
        super().__init__(path, None, f"{len(errors)} faults", "Mend each")
        self.errors = tuple(errors)
        self.args = ("\n".join(map(str, errors)),)


class MissingExtra(InvalidInput):
    """Raised when a feature needs an extra that is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        self.what, self.extra = what, extra
        super().__init__(
            f"{what} needs the extra {extra!r}. Install it where Stretto comes from: in a clone "
            f"pip install -c constraints.txt -e '.[{extra}]'"
        )


class UnsoundGraph(InvalidInput):
    """Raised when a graph has faults that are proved before it runs.

    `faults` tells each in a line: where, its rule's code, what it is.
    """

    def __init__(self, name: str, faults: Sequence[str]) -> None:
        self.name, self.faults = name, tuple(faults)
        told = "\n  ".join(self.faults)
        super().__init__(
            f"{name!r} is not run, for it cannot do what it says:\n  {told}\n"
            f"Mend it (stretto check {name} shows where and how), or run it with --no-check."
        )


class VersionGone(InvalidInput):
    """Raised when a paused turn began in a version of a team that is nowhere any more."""

    def __init__(self, team: str, version: str, known: Sequence[str]) -> None:
        self.team, self.version, self.known = team, version, tuple(known)
        there = f"Kept are: {', '.join(known)}. " if known else ""
        super().__init__(
            f"version {version} of {team} is neither in a file nor kept in the state. {there}Put "
            f"graphs/{team}@{version}.yaml back, or take the thread over into the newest version "
            "with --migrate."
        )


class InvalidMember(InvalidInput):
    """Raised when something given as a member of a pattern is not one."""


class InvalidPlan(StrettoError):
    """Raised when the planner gave no valid plan in the attempts it had."""


class InvalidReview(StrettoError):
    """Raised when the reviewer gave no review in the attempts it had."""


class InvalidAnswer(InvalidInput):
    """Raised when a person's answer does not fit what was asked."""


class Unrouted(StrettoError):
    """Raised when a route's decision leads to no member."""


class ChunksFailed(StrettoError):
    """Raised when more chunks of a source failed than may; those that are done are kept.

    `failed` of `chunks` failed so far.
    """

    def __init__(self, text: str, failed: int, chunks: int) -> None:
        self.failed, self.chunks = failed, chunks
        super().__init__(text)


class SourceChanged(StrettoError):
    """Raised when a source is not what it was when a turn began to read it."""


class ResultUnfit(StrettoError):
    """Raised when a step gave, or is given, something other than what it declares."""


class MemberFailed(StrettoError):
    """Raised when a member of a team raised; finished members keep their results."""


class NobodyAvailable(MemberFailed):
    """Raised when a member cannot work, and none of those that might take its place can.

    `failed` has why, by member, the first to fail first.
    """

    exit_code = 5

    def __init__(self, pattern: str, failed: Mapping[str, str], remedy: str) -> None:
        self.failed = dict(failed)
        first, *others = self.failed
        tried = "; ".join(f"{name!r}: {self.failed[name]}" for name in others)
        also = f" Those that could take its place failed too: {tried}." if others else ""
        super().__init__(
            f"{pattern}: {first!r} is not available: {self.failed[first]}.{also} {remedy}"
        )


class BranchesFailed(MemberFailed):
    """Raised when too few of the branches that work side by side succeed; what they gave is kept.

    `failed` tells why each of the others did not, by name; `require` how many were to succeed.
    """

    def __init__(self, pattern: str, failed: Mapping[str, str], require: str | int) -> None:
        self.pattern, self.failed, self.require = pattern, dict(failed), require
        told = "; ".join(f"{name!r}: {why}" for name, why in self.failed.items())
        needed = {"all": "all branches have", "any": "one branch has", 1: "one branch has"}
        super().__init__(
            f"{pattern}: {needed.get(require, f'{require} branches have')} to succeed. Failed: "
            f"{told or 'none, but too few worked'}. What the others gave is stored: mend the cause "
            "and resume, and only those that failed work again; or require fewer."
        )


class WorkerFailed(MemberFailed):
    """Raised when nobody could do what a manager delegated.

    `worker` is who was asked, `task` what for.
    """

    def __init__(self, text: str, worker: str, task: str) -> None:
        self.worker, self.task = worker, task
        super().__init__(text)


class ModelRefused(StrettoError):
    """Raised when the provider will not serve the request: a bad key, model or request."""

    exit_code = 5


class ModelUnavailable(StrettoError):
    """Raised when the provider cannot be reached, is overloaded or times out."""

    exit_code = 5


class AnswerUnreadable(ModelUnavailable):
    """Raised when a model answered with nothing, or with what cannot be read."""


class ToolFailed(StrettoError):
    """Raised when a tool could not do what it was asked; the agent is told the text."""


class LimitReached(StrettoError):
    """Raised when a run has used up a limit; what it has done is stored."""

    exit_code = 6


class TooManyHandoffs(LimitReached):
    """Raised when agents hand a conversation over and over, and none of them says anything.

    `way` names those it went to, in their order.
    """

    def __init__(self, why: str, way: Sequence[str]) -> None:
        self.way = tuple(way)
        super().__init__(
            f"swarm: {why}, and nobody has answered: {' -> '.join(self.way)}. Say in the prompts "
            "who answers what, restrict `edges`, or raise `max_handoffs`."
        )


class BudgetExceeded(LimitReached):
    """Raised when a member has used up its budget, or that of a team it is in.

    `budget` is the path of the one that is used up, `unit` what it counts ("money", "tokens",
    "calls", "seconds").
    """

    def __init__(self, budget: str, unit: str, used: float, limit: float, remedy: str) -> None:
        self.budget, self.unit, self.used, self.limit = budget, unit, used, limit
        super().__init__(
            f"the budget of {budget!r} does not allow more: {used:g} of {limit:g} {unit} are used "
            f"or reserved. {remedy}"
        )


class ManagerStuck(LimitReached):
    """Raised when a manager delegates more than it may, or the same again and again."""

    def __init__(self, text: str, manager: str) -> None:
        self.manager = manager
        super().__init__(text)


class TimedOut(StrettoError, TimeoutError):
    """Raised when a call, or the work of a member, took longer than its policy allows."""

    exit_code = 6


class BreakerOpen(StrettoError):
    """Raised instead of a call when its circuit breaker lets none through.

    `breaker` is its name, `seconds` the time until it tries again.
    """

    exit_code = 5

    def __init__(self, breaker: str, seconds: float) -> None:
        self.breaker, self.seconds = breaker, seconds
        super().__init__(
            f"the breaker {breaker!r} is open after repeated failures; it tries again in "
            f"{seconds:.1f} s. Wait until then, or give the policy a fallback."
        )


class BulkheadFull(StrettoError):
    """Raised when no permit of a bulkhead became free in the time it waits."""

    exit_code = 5

    def __init__(self, bulkhead: str, limit: int, seconds: float) -> None:
        self.bulkhead, self.limit, self.seconds = bulkhead, limit, seconds
        super().__init__(
            f"all {limit} permits of the bulkhead {bulkhead!r} are taken, after {seconds:g} s of "
            "waiting. Raise its `limit` or its `wait`, or give the policy a fallback."
        )


class Stalled(StrettoError):
    """Raised when a worker made no progress for as long as it may; `worker` is its name."""

    def __init__(self, worker: str, seconds: float) -> None:
        self.worker, self.seconds = worker, seconds
        super().__init__(
            f"{worker!r} made no progress for {seconds:g} s. Raise its `idle`, or let it call "
            "`runtime.heartbeat()` while it works."
        )


class Deadlock(StrettoError):
    """Raised instead of a wait that could never end, because those waited for wait for it.

    `cycle` names who holds what, each waiting for the next and the last for the first.
    """

    def __init__(self, text: str, cycle: tuple[str, ...]) -> None:
        self.cycle = cycle
        super().__init__(text)


class LockBusy(StrettoError):
    """Raised when a lock was not free in the time it waits.

    `lock` is its name, `holder` who has it, as far as is known.
    """

    exit_code = 4

    def __init__(self, lock: str, holder: str, seconds: float) -> None:
        self.lock, self.holder, self.seconds = lock, holder, seconds
        super().__init__(
            f"the lock {lock!r} is held by {holder or 'another'}, after {seconds:g} s of waiting. "
            "Try later, raise its `wait`, or see to what keeps the holder."
        )


class StateUnreadable(StrettoError):
    """Raised when a state file is damaged or not ours; it is never overwritten."""

    exit_code = 3


class KeyUnknown(StateUnreadable):
    """Raised when what is stored was encrypted with a key that is not here."""


class StateUnavailable(StrettoError):
    """Raised when state cannot be reached or written: no server, no permission, no space."""

    exit_code = 3


class StateBusy(StateUnavailable):
    """Raised when another process holds the state and does not let go."""


class ThreadUnknown(InvalidInput):
    """Raised when no run of that thread is known."""


class ThreadBusy(StrettoError):
    """Raised when another turn is being written on the thread."""

    exit_code = 4


class RunStopped(StrettoError):
    """Raised when a run was asked to stop and has stopped at a safe point."""

    exit_code = 130


class Rejected(StrettoError):
    """Raised by a member whose work a person or a rule refuses; its policy may undo what it did."""


class Screened(Rejected):
    """Raised when an agent's screen lets something not through; what was found is never told.

    `agent` names whose screen it is, `kind` what was found, `where` in what.
    """

    def __init__(self, agent: str, kind: str, where: str) -> None:
        self.agent, self.kind, self.where = agent, kind, where
        text = f"the screen of agent {agent!r} blocks {kind} in {where}. Leave it out, or give "
        super().__init__(f"{text}{kind} another strategy in the agent's `screen`, such as redact")


class WorkUndone(StrettoError):
    """Raised on a resume of work that failed and was undone: it cannot go on from there."""


COMPENSATED = "compensation: "
"""Begins the note on an error that tells what was undone after it."""


class ThreadTaken(StrettoError):
    """Raised when another process has taken the thread over: what this one does counts no more."""

    exit_code = 4


class EffectUnknown(StrettoError):
    """Raised when an effect may have happened and must not happen twice."""


class EffectChanged(StrettoError):
    """Raised when a node that runs again asks for another effect than the one that was done."""


class Unreplayable(InvalidInput):
    """Raised when a thread cannot be replayed: part of it was not recorded, or is gone."""
