"""Typed team state, the records of work it holds, and the reducers that merge them.

State and record classes live here, in the library: a process that reads a checkpoint must be able
to import them, or it gets plain dictionaries back.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING, Annotated, Any, Literal

from langchain_core.messages import AnyMessage, BaseMessage, RemoveMessage, convert_to_messages
from langgraph.channels import DeltaChannel, LastValue
from langgraph.graph.message import REMOVE_ALL_MESSAGES
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from typing_extensions import TypedDict, override

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence


class Frozen(BaseModel):
    """A value: compared by content, never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Passage(Frozen):
    """A piece of a document as `search` and `read` return it."""

    path: str
    """Absolute, so that it means the same wherever a run goes on."""
    line: int
    """First line of the passage, 1-based."""
    symbol: str = ""
    """Qualified name or heading the passage belongs to."""
    kind: Literal["text", "docstring", "code"] = "text"
    text: str
    score: float = 0.0
    """Higher is better; only comparable within one search."""


class Citation(Frozen):
    """A quotation and where it stands."""

    path: str = Field(description="path of the file, exactly as the tool gave it")
    line: int = Field(description="line at which the quotation starts, counted from 1")
    symbol: str = Field(default="", description="symbol or heading it belongs to")
    kind: Literal["text", "docstring", "code"] = "text"
    quote: str = Field(description="the words of the source, copied exactly")


class Finding(Frozen):
    """What a researcher found out, with the places that prove it."""

    found: bool = Field(description="whether the sources answer the question")
    answer: str = Field(description="the answer, in a few sentences; empty when not found")
    citations: list[Citation] = Field(
        default_factory=list, description="the quotations that prove the answer, best first"
    )


class Task(Frozen):
    """One piece of work in a plan."""

    id: str = Field(description="short and unique in the plan, such as t1")
    goal: str = Field(description="what to find out or do, understandable on its own")
    executor: str = Field(description="name of the member that does it")
    needs: list[str] = Field(
        default_factory=list, description="ids of tasks whose results this one uses"
    )


class Plan(Frozen):
    """Tasks and what they need of one another; or a reply, when there is nothing to do."""

    tasks: list[Task] = Field(default_factory=list[Task])
    reply: str = Field(
        default="", description="an answer to small talk; empty whenever there are tasks"
    )


class TaskResult(Frozen):
    """What one task came to."""

    task: str
    """The id of the task."""
    goal: str
    agent: str
    text: str
    value: Any = None
    """The member's typed output as JSON, `None` when it has none."""
    found: bool = True
    citations: list[Citation] = Field(default_factory=list[Citation])
    round: int = 1
    """The round in which it was done, 1-based."""
    stopped: str = ""
    """Why its member did not finish: its budget is used up, or its `when` does not hold. Empty when
    it did."""
    refused: str = ""
    """Why a person refused it, empty when nobody did."""
    edited: bool = False
    """Whether a person changed or replaced it."""


class TaskRevision(Frozen):
    """A task that is to be done again, and why."""

    task: str = Field(description="id of the task")
    why: str = Field(description="what falls short and what would mend it")


class Review(Frozen):
    """What the reviewer decided."""

    verdict: Literal["accept", "revise", "replan", "ask"] = Field(
        description="accept; revise the named tasks; replan from the start; or ask a person"
    )
    reason: str = Field(description="why, in one sentence")
    revise: list[TaskRevision] = Field(
        default_factory=list[TaskRevision], description="for revise: the tasks to do again"
    )
    question: str = Field(default="", description="for ask: what the person must answer")
    answer: str = Field(
        default="",
        description="for accept: the final answer, citing as [1]; "
        "empty to use the results as they are",
    )


class RuleOutcome(Frozen):
    """What one rule of the review said of one task."""

    rule: str
    task: str
    passed: bool
    detail: str = ""
    """What falls short, empty when it passed."""


class Attempt(Frozen):
    """The best that was reached so far, kept in case the rounds run out."""

    plan: Plan
    results: dict[str, TaskResult]
    checks: list[RuleOutcome]

    @property
    def score(self) -> float:
        """Share of the rules that passed, 1.0 when there are none."""
        return sum(c.passed for c in self.checks) / len(self.checks) if self.checks else 1.0


class Answer(Frozen):
    """What a turn came to; kept for the follow-up questions of the thread."""

    question: str
    text: str
    citations: list[Citation] = Field(default_factory=list[Citation])
    accepted: bool
    verdict: Literal["accepted", "not accepted", "rejected", "reply"]
    """`reply` for small talk; `rejected` by a person."""
    reason: str = ""
    rounds: int = 0


class Critique(Frozen):
    """What a critic says of a draft."""

    score: float = Field(description="how good it is; higher is better")
    feedback: str = Field(default="", description="what falls short and what would mend it")


class Refining(Frozen):
    """How far a turn of `refine` is."""

    round: int = 1
    """The round being worked on, 1-based."""
    score: float | None = None
    """Of the best draft so far; `None` before the first critique."""
    best: int = 0
    """The round of that draft."""
    stale: int = 0
    """Rounds since then that brought nothing better."""
    feedback: str = ""
    """The last critique's."""
    attempts: int = 0
    """How often the critic gave nothing that can be read in this round."""
    ended: str = ""
    """Why the turn ended; empty while it goes on."""


class Approval(Frozen):
    """How far a question to a person is."""

    level: int = 0
    """How often it went on to the next one who is asked; 0 for the first."""
    to: str = ""
    """Who is asked."""
    asked: float | None = None
    """When, in seconds since the epoch; `None` before: the work is being done, again perhaps."""
    until: float | None = None
    """When it goes on to the next, or the default counts; `None` waits for ever."""
    revisions: int = 0
    """How often the work was sent back in this turn."""
    feedback: str = ""
    """Why it was sent back the last time."""
    verdict: Literal["", "approved", "edited", "answered", "rejected", "not needed", "skipped"] = ""
    """How it ended; empty while it waits."""
    by: str = ""
    """Who decided: one who was asked, or "default"."""


class Routed(Frozen):
    """Where a turn was sent, by whom and why."""

    by: str
    """Who decided."""
    label: str
    """What was decided; empty when nothing fits."""
    reason: str = ""
    confidence: float | None = None
    """In 0..1; `None` when there was no doubt."""
    sure: bool = True
    """False when the next stage of a cascade is to be asked."""


class Delegate(Frozen):
    """What a manager wants a worker to do."""

    worker: str = Field(description="name of the worker")
    task: str = Field(description="what to do, understandable on its own")


class Delegates(Frozen):
    """What a manager that is no agent says: tasks for workers, or the answer."""

    delegate: list[Delegate] = Field(
        default_factory=list[Delegate], description="tasks to be done at once"
    )
    answer: str = Field(default="", description="the turn's answer, when nothing is left to do")


class Delegated(Frozen):
    """One task that a manager gave away, and what became of it."""

    id: str
    """That of the tool call."""
    worker: str
    """Whom the manager asked."""
    task: str
    status: Literal[
        "open",
        "done",
        "failed",
        "refused",
        "stopped",
        "asked",
        "given up",
        "repeated",
        "skipped",
        "unknown",
    ] = "open"
    """`failed`: it raised or stalled, another may try; `refused`: its result does not pass the
    check; `stopped`: nobody else may try; `asked`: a person decides; `given up`: the manager was
    told so; `repeated`: answered with an earlier result; `unknown`: there is no such worker."""
    by: str = ""
    """Who does it, or did it in the end: the worker, who took over, or "person"."""
    attempts: int = 0
    """How often it was tried, by all together."""
    tried: list[str] = Field(default_factory=list[str])
    """Who could not do it, in order; one that was refused stands here each time."""
    why: str = ""
    """What went wrong last."""
    result: Any = None
    """What it came to, as JSON; `None` while it is not done."""


class FailedRow(Frozen):
    """A record of a source that could not be read."""

    where: str
    """Such as "line 17"; "end" where the source breaks off."""
    error: str


class FailedChunk(Frozen):
    """A part of a source that could not be worked on."""

    chunk: int
    """Its number, from 1."""
    start: dict[str, int]
    """Where in the source it begins: `record` (from 0), and for files `line` and `byte`."""
    rows: int
    """Records in it."""
    error: str
    attempts: int = 1
    """Calls of the worker, as far as is known."""


class Mapped(Frozen):
    """How far a source has been worked through."""

    token: str = ""
    """Names this pass over the source, to find its open reader again."""
    position: dict[str, int] = Field(default_factory=dict[str, int])
    """Where the next chunk begins, as `FailedChunk.start`."""
    source: dict[str, Any] = Field(default_factory=dict[str, Any])
    """By what a changed source is noticed: size, time of change and digest of the head."""
    total: int | None = None
    """Items in all, where the source tells."""
    chunks: int = 0
    """Chunks that are through, failed and skipped ones too."""
    items: int = 0
    """Items that are through, failed and skipped ones too."""
    skipped: int = 0
    """Chunks that the worker's `when` left out."""
    failed_chunks: int = 0
    failed_items: int = 0
    failed_rows: int = 0
    failed: list[FailedChunk] = Field(default_factory=list[FailedChunk])
    """The first failed chunks; `failed_chunks` counts all."""
    rows: list[FailedRow] = Field(default_factory=list[FailedRow])
    """The first records that could not be read; `failed_rows` counts all."""
    ended: bool = False
    """Whether the source is through."""


class ToolWord(Frozen):
    """What a tool gave to an agent that then handed over."""

    tool: str
    args: dict[str, Any] = Field(default_factory=dict[str, Any])
    text: str


class HandOver(Frozen):
    """What a function gives back to hand the conversation over."""

    to: str
    """The name of the one that goes on."""
    reason: str = ""
    """What for, in a sentence; the next one is told, and the journal."""
    payload: Any = None
    """What is given along: a pydantic value or JSON, of the type that the handoff declares."""
    say: str = ""
    """What the person is told beside."""
    result: Any = None
    """What was found out; it stands in `results` like that of one who answers."""
    update: dict[str, Any] = Field(default_factory=dict[str, Any])
    """New values of the team's own fields."""


class HandedOver(Frozen):
    """One handoff of a turn: who gave the conversation to whom, and with what."""

    by: str
    to: str
    reason: str = ""
    payload: Any = None
    """What it gave along, as JSON."""
    said: str = ""
    """What it said to the person beside."""
    tools: list[ToolWord] = Field(default_factory=list[ToolWord])
    """What its tools gave in this piece of work."""
    how: Literal["handed", "stood in", "refused"] = "handed"
    """`stood in`: `by` was not available; `refused`: it did not hand over as it must, and is asked
    again."""
    new: bool = True
    """Whether it brought anything but the handoff itself."""


class BoardTask(Frozen):
    """A task on a board, and what has become of it."""

    id: str
    goal: str
    data: Any = None
    """The task as JSON, where it is more than text."""
    state: Literal["open", "claimed", "done", "failed"] = "open"
    owner: str = ""
    """Who has claimed it, or did it."""
    by: str = ""
    """Who put it there; empty for those that were there from the start."""
    tried: list[str] = Field(default_factory=list[str])
    """Those who gave it back, in their order."""
    text: str = ""
    value: Any = None
    """The typed result as JSON."""
    why: str = ""
    """Why it was given back last, or failed."""


class Request(Frozen):
    """What somebody in a hierarchy wants decided, or allowed."""

    kind: str
    """The kind of decision; "call TOOL" and "delegate to NAME" for what needs to be allowed."""
    amount: float | None = None
    by: str
    """Who asks."""
    level: str
    """The level on whose authority it would be done, such as "lead/front"."""
    reason: str = ""
    data: dict[str, Any] = Field(default_factory=dict[str, Any])
    """More about it, as JSON: the arguments of a tool, ..."""


class Permission(Frozen):
    """What was decided in a hierarchy, by whom and on whose authority."""

    granted: bool
    by: str
    """Who decided: the one who asked, a manager, or "person"."""
    authority: str
    """The level on whose authority; "person" above all of them."""
    reason: str = ""
    amount: float | None = None
    """The amount that is granted; a person may have changed it."""


class SagaStep(Frozen):
    """How a step of a saga stands."""

    status: Literal["done", "skipped", "failed", "rejected", "undone", "dead letter", "kept"]
    """`dead letter`: it could not be undone, a person sees to it; `kept`: a person did not want it
    undone."""
    why: str = ""
    """Why it failed, was rejected or could not be undone."""
    mark: str = ""
    """By which the process that saw it fail finds its error again."""


def merge_messages(state: Sequence[BaseMessage], writes: Sequence[Any]) -> list[BaseMessage]:
    """Fold batches of message writes into a history, as `add_messages` would one by one.

    A message with a known id replaces, `RemoveMessage` deletes, all else appends. Ids that are
    missing are derived from the content and the ids already there, so that replaying the writes
    (in other batches, in another process) gives the same ids: what `DeltaChannel` asks of its
    reducer.
    """
    merged: list[BaseMessage | None] = list(state)
    places = {m.id: i for i, m in enumerate(merged) if m is not None}
    for write in writes:
        for message in convert_to_messages(write if isinstance(write, list) else [write]):
            if isinstance(message, RemoveMessage):
                if message.id == REMOVE_ALL_MESSAGES:
                    merged, places = [], {}
                elif (place := places.pop(message.id, None)) is not None:
                    merged[place] = None
                continue
            stamped = message if message.id else _stamped(message, places)
            place = places.get(stamped.id)
            if place is None:
                places[stamped.id] = len(merged)
                merged.append(stamped)
            else:
                merged[place] = stamped
    return [m for m in merged if m is not None]


def _stamped(message: BaseMessage, taken: Container[str | None]) -> BaseMessage:
    for ordinal in count():
        digest = sha256(f"{ordinal}|{message.type}|{message.content!r}".encode()).hexdigest()[:32]
        if digest not in taken:
            return message.model_copy(update={"id": digest})
    raise AssertionError  # pragma: no cover - count() does not end


def merge_results(
    old: dict[str, TaskResult] | None, new: dict[str, TaskResult] | None
) -> dict[str, TaskResult]:
    """Put new results over old ones by task id; `None` empties (a new turn or a new plan)."""
    return {} if new is None else {**(old or {}), **_reader(dict[str, TaskResult])(new)}


def merge_values(old: dict[str, Any] | None, new: dict[str, Any] | None) -> dict[str, Any]:
    """Put new values over old ones by name; a value of `None` takes one out, `None` empties all."""
    if new is None:
        return {}
    merged = {**(old or {}), **new}
    return merged if None not in new.values() else _without_none(merged)


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def merge_work(old: list[Delegated] | None, new: Sequence[Any] | None) -> list[Delegated]:
    """Put new records in the place of those with their id, or behind; `None` empties before it."""
    merged = {record.id: record for record in old or ()}
    for record in [None] if new is None else new:
        if record is None:
            merged.clear()
        else:
            read = Delegated.model_validate(record)  # JSON, where it is edited in Studio
            merged[read.id] = read
    return list(merged.values())


def merge_steps(
    old: dict[str, SagaStep] | None, new: dict[str, SagaStep | None] | None
) -> dict[str, SagaStep]:
    """Put new steps over old ones by name, as `merge_values`."""
    merged: dict[str, SagaStep] = _reader(dict[str, SagaStep])(merge_values(old, new))
    return merged


class Typed(LastValue[Any]):
    """Keeps the last value as its declared type: JSON from an edit in Studio is read as that type.

    Raises (where it is written):
        pydantic.ValidationError: The value does not fit the type.
    """

    __slots__ = ()

    @override
    def update(self, values: Sequence[Any]) -> bool:
        return super().update([_reader(self.typ)(value) for value in values])


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    return TypeAdapter[Any](kind).validate_python


SNAPSHOTS = 12
"""Changes of a history between two copies of the whole. Fewer cost disk, more cost time to read: of
8 to 100, those from 8 to 25 differed less than the noise of `bench.chat`; 100 was slower."""

Messages = Annotated[list[AnyMessage], DeltaChannel(merge_messages, snapshot_frequency=SNAPSHOTS)]
"""A message history stored as its changes (`DeltaChannel`), not as a copy a step."""


class ChatState(TypedDict, total=False):
    """The least a team has: a conversation."""

    messages: Messages


class WorkState(ChatState, total=False):
    """The least that the patterns beside `plan` have: what their members gave.

    A pattern's own state types `results` by its members, and adds what else it needs.
    """

    results: Annotated[dict[str, Any], merge_values]
    """What each member gave in this turn, by its name: its typed output, or its text."""
    failed: Annotated[dict[str, str], merge_values]
    """Why members gave nothing in this turn, by name."""
    structured_response: Any
    """The turn's result where it is typed; its words are the last message."""


class TeamState(ChatState, total=False):
    """The state of a team that plans, works and reviews.

    Each turn starts it anew but for `messages` and `answers`.
    """

    question: str
    plan: Annotated[Plan | None, Typed]
    results: Annotated[dict[str, TaskResult], merge_results]
    review: Annotated[Review | None, Typed]
    checks: Annotated[list[RuleOutcome], Typed]
    """What the rules said in the last review."""
    round: int
    """The round being worked on, 1-based; 0 before the first."""
    best: Annotated[Attempt | None, Typed]
    stalled: bool
    """Whether the last round brought the same results as the one before."""
    rejected: str
    """Why the last plan was not valid, empty when it was."""
    attempts: int
    """Plans asked for in this round."""
    edits: int
    """How often a person changed or replaced what the team made."""
    answer: Annotated[Answer | None, Typed]
    answers: Annotated[list[Answer], Typed]
    """The answers of this thread's earlier turns, oldest first, the last few only."""


class TaskState(TypedDict, total=False):
    """What a member gets that carries out one task of a plan."""

    messages: list[AnyMessage]
    """One message that tells the whole task in words."""
    task: Task
    question: str
    results: dict[str, TaskResult]
    """Results of the tasks it needs, by task id."""
    result: TaskResult
    """What it came to."""


class ResearchContext(TypedDict, total=False):
    """What a research run is given beside the question."""

    sources: list[str]
    """Folders, files or `package:NAME`; the team's own when empty."""


STATE_TYPES = tuple(
    kind
    for kind in tuple(globals().values())
    if isinstance(kind, type) and issubclass(kind, BaseModel) and kind.__module__ == __name__
)
"""What of ours a checkpoint may hold and reading it may bring back."""

NAMED_TYPES: set[tuple[str, str]] = set()
"""Module and name of each class that the state of a graph of ours names, as it is built."""
