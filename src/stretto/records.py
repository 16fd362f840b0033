"""The record types of the journal: immutable, Literal-tagged, schema-versioned.

A record tells one thing that happened in a run. All have the fields of `Record`; `parse` reads
any of them back from JSON. Fields marked `SAID` hold what people, models and tools said; a store
keeps them apart from the record, under their digest, so that they can be redacted, encrypted and
forgotten while the record, and the chain it is a link of, stays as it is.

Digests are SHA-256 in hexadecimal. `input` and `output` name the whole of what went in and came
out, unredacted, as the journal's payloads hold it; the fields beside them are readable previews.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

SCHEMA_VERSION = 2
SAID = "said"
"""Marks a field whose value is stored apart, under its digest."""
Said = Annotated[str, SAID]

RunStatus = Literal["running", "done", "interrupted", "stopped", "failed"]
"""`stopped`: asked to stop and did so at a safe point. `running` with no live process: killed."""


EndStatus = Literal["done", "interrupted", "failed", "cancelled"]
"""How a node or a tool came to its end. `interrupted`: it waits for a person; `cancelled`: it was
not let finish, because a sibling failed or the run was stopped."""


class Record(BaseModel):
    """What every record tells."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    schema_version: int = SCHEMA_VERSION
    seq: int = 0
    """Position in its journal, given by the store; 0 before it is stored."""
    time: float
    """Seconds since the epoch."""
    thread: str
    run: str
    """Id of the root run: one call of the graph."""
    span: str = ""
    """Id of what this record is about (a LangChain run id); start and end share it."""
    parent: str = ""
    """Span it happened within; empty for the root."""
    place: str = ""
    """Where in the graph: LangGraph's `checkpoint_ns`, empty for the root graph."""
    node: str = ""
    """Name of the node it happened in."""
    agent: str = ""
    """Name of the agent at work, where there is one."""
    version: str = ""
    """Of that agent, as its definition says."""
    task: str = ""
    """Id of the plan's task being worked on, where there is one."""
    payload: str = ""
    """Digest of what the `SAID` fields hold, given by the store; empty when they hold nothing."""
    forgotten: bool = Field(default=False, exclude=True)
    """Whether what the `SAID` fields held has been dropped; told when read, never stored."""


class RunStarted(Record):
    """A run of a graph began, or went on after an interrupt or a crash."""

    type: Literal["run_started"] = "run_started"
    team: str
    """How the graph was named by the caller; the graph's own name otherwise."""
    team_version: str = ""
    """Of the team, where a file declares it: a paused turn goes on in this one."""
    question: Said = ""
    """The last human message of the input; empty on a resume."""
    input: str = ""
    """Digest of the graph's whole input; empty on a resume."""
    resumed: bool = False
    origin: str = ""
    """Where a run that was not made here comes from: the log it was imported from."""
    checkpoint: str = ""
    """The checkpoint it was told to start from; empty for the thread's newest."""
    model: str = ""
    context: Annotated[dict[str, Any], SAID] = Field(default_factory=dict)
    limits: dict[str, int | float] = Field(default_factory=dict)
    process: int = 0
    """Id of the process that does the work, 0 when not known."""
    host: str = ""
    """The machine it runs on."""
    born: str = ""
    """When that process began, as its machine tells it: a reused process id shows."""
    fence: int = 0
    """Number of the taking of the thread that this run writes under; 0 when it took none."""


class RunEnded(Record):
    """A run came to its end, paused or failed."""

    type: Literal["run_ended"] = "run_ended"
    status: RunStatus
    error: Said = ""
    seconds: float
    cpu: float = 0.0
    """Seconds of CPU that the process used meanwhile, other runs in it included."""
    memory: int = 0
    """The most memory that the process has held so far, in bytes; 0 when not known."""


class NodeStarted(Record):
    """A node began."""

    type: Literal["node_started"] = "node_started"
    step: str = ""
    """Its place in a chain, such as "3 of 7"; empty for all else."""


class NodeEnded(Record):
    """A node ended or was left."""

    type: Literal["node_ended"] = "node_ended"
    status: EndStatus
    output: str = ""
    """Digest of its update of the state."""
    error: Said = ""
    seconds: float


class ModelStarted(Record):
    """A model was called."""

    type: Literal["model_started"] = "model_started"
    model: str
    messages: int
    """How many messages it was given."""
    input: str = ""
    """Digest of the request: messages without ids, tools and settings."""
    budget: str = ""
    """Path of the innermost budget that it draws on, as "research/reviewer"; empty for none."""
    reserved_tokens: int = 0
    """What was reserved for it in its budgets."""
    reserved_money: float = 0.0


class ModelEnded(Record):
    """A model answered, or failed."""

    type: Literal["model_ended"] = "model_ended"
    model: str
    text: Said = ""
    """The beginning of what it wrote."""
    output: str = ""
    """Digest of its whole message."""
    tool_calls: tuple[str, ...] = ()
    """Names of the tools it called for."""
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    """Money, in the currency of the price table; `None` without a price for the model."""
    budget: str = ""
    """Path of the innermost budget that it drew on; empty for none."""
    booked_tokens: int | None = None
    """What its budgets were charged, where that is not what it has told: it told nothing, or was
    given up and may have been billed."""
    booked_money: float | None = None
    error: Said = ""
    seconds: float


class ToolStarted(Record):
    """A tool was called."""

    type: Literal["tool_started"] = "tool_started"
    tool: str
    call: str = ""
    """The tool call id."""
    args: Annotated[dict[str, Any], SAID] = Field(default_factory=dict)
    input: str = ""
    """Digest of all its arguments."""


class ToolEnded(Record):
    """A tool returned, failed, waits for a person or was left."""

    type: Literal["tool_ended"] = "tool_ended"
    tool: str
    call: str = ""
    status: EndStatus
    result: Said = ""
    """The beginning of what it returned."""
    output: str = ""
    """Digest of the whole of it."""
    error: Said = ""
    seconds: float


class Decided(Record):
    """A planner, router or reviewer chose, and why."""

    type: Literal["decided"] = "decided"
    by: str
    decision: str
    """In a word or few: "plan", "accept", "revise"."""
    reason: Said = ""
    alternatives: Annotated[tuple[str, ...], SAID] = ()
    data: Annotated[dict[str, Any], SAID] = Field(default_factory=dict)
    """The decision itself as JSON: a plan, a review with its rules, an answer."""


class Interrupted(Record):
    """The run waits for a person."""

    type: Literal["interrupted"] = "interrupted"
    interrupt: str
    """Id under which it is answered."""
    value: Annotated[Any, SAID] = None


class Answered(Record):
    """A person answered an interrupt."""

    type: Literal["answered"] = "answered"
    interrupt: str
    """Empty when one answer was given to the only interrupt."""
    answer: Annotated[Any, SAID] = None
    output: str = ""
    """Digest of the whole answer, unredacted."""
    by: str = ""


class Handoff(Record):
    """The work, or the conversation, went from one agent or node to another."""

    type: Literal["handoff"] = "handoff"
    by: str
    to: str
    reason: Said = ""


Step = Literal["node", "model", "tool"]


class Retried(Record):
    """What had failed is done again."""

    type: Literal["retried"] = "retried"
    step: Step
    name: str
    attempt: int
    """Of the try that begins, from 2."""
    error: Said = ""
    """Why the one before failed."""


class FellBack(Record):
    """Another one does what one could not."""

    type: Literal["fell_back"] = "fell_back"
    step: Step
    name: str
    """The one that failed."""
    to: str
    error: Said = ""


class BreakerChanged(Record):
    """A circuit breaker opened, closed or lets a try through."""

    type: Literal["breaker_changed"] = "breaker_changed"
    breaker: str
    state: Literal["closed", "open", "half_open"]
    reason: Said = ""


class Budgeted(Record):
    """A budget was drawn on, or stood in the way."""

    type: Literal["budgeted"] = "budgeted"
    budget: str
    """Its path, such as "research/reviewer"."""
    event: Literal["reserved", "settled", "warned", "exceeded"]
    unit: str
    """What is counted: "money", "tokens", "calls" or "seconds"."""
    amount: float = 0.0
    used: float = 0.0
    limit: float | None = None


Occasion = Literal["failed", "rejected", "cancelled", "asked"]
"""Why work is undone; `asked`: a person, or a program, wants it so."""


class CompensationStarted(Record):
    """What was done in a place is about to be undone; nothing goes on there from here."""

    type: Literal["compensation_started"] = "compensation_started"
    scope: str
    """The place of the member whose work is undone; empty for a whole turn."""
    why: Occasion
    key: str = ""
    """What it is looked up by."""
    output: str = ""
    """Digest of what a rejected member gave; empty where nothing can be given back."""
    error: Said = ""
    """What made the work fail."""
    by: str = ""


class Compensated(Record):
    """A finished step was undone, or could not be."""

    type: Literal["compensated"] = "compensated"
    step: str
    """The name of the effect that is undone."""
    status: EndStatus
    error: Said = ""
    key: str = ""
    """The key of that effect."""
    undo: str = ""
    """What undoes it, as `EffectStarted.undo`."""
    attempts: int = 1
    """How often it was tried."""
    scope: str = ""
    """The place of the member whose failure is compensated; empty for a whole run."""
    why: Occasion | Literal[""] = ""
    id: str = ""
    """Of this doing of the effect; the dead letter's id where it becomes one."""


class DeadLettered(Record):
    """Something that must happen could not be done; a person has to see to it."""

    type: Literal["dead_lettered"] = "dead_lettered"
    letter: str
    """Its id: short, and the same however often it is written."""
    kind: Literal["undo", "branch", "event", "alert"]
    name: str
    """What could not be done."""
    attempts: int
    error: Said = ""
    args: Annotated[dict[str, Any], SAID] = Field(default_factory=dict)
    """What it was given."""
    key: str = ""
    """For `undo`: the key of the effect that is to be undone."""
    undo: str = ""
    """For `undo`: what undoes it, as `EffectStarted.undo`."""


class LetterClosed(Record):
    """A dead letter was seen to."""

    type: Literal["letter_closed"] = "letter_closed"
    letter: str
    how: Literal["retried", "dropped"]
    by: str = ""
    reason: Said = ""


class Waited(Record):
    """A member waited before it went to work."""

    type: Literal["waited"] = "waited"
    on: Literal["retry", "bulkhead", "rate", "budget", "lock"]
    name: str
    """Of the bulkhead, rate, budget or lock; of the member for a retry."""
    seconds: float


class Feedback(Record):
    """Someone judged a run, or a step of it."""

    type: Literal["feedback"] = "feedback"
    on: str
    """Id of the run or span that is judged."""
    by: str = ""
    thumb: Literal["up", "down", ""] = ""
    score: float | None = None
    comment: Said = ""
    correction: Said = ""


class Outcome(Record):
    """What a team's turn came to."""

    type: Literal["outcome"] = "outcome"
    verdict: str
    rounds: int = 0
    human_edits: int = 0
    """How often a person changed or replaced what the team made."""
    reason: Said = ""


EffectKind = Literal["model", "tool", "call", "undo"]
"""`call`: a function that a node hands to `effect`; `undo`: what undoes one of the others."""
EffectStatus = Literal["settled", "suspended", "failed", "unknown", "returned", "refused", "asked"]
"""`suspended`: a person is asked within it; `unknown`: it was left and may have happened;
`returned`: not done again, its record was given back; `refused`: neither done nor known;
`asked`: a person is asked whether it is to be done (again)."""


class EffectStarted(Record):
    """An effect is about to happen."""

    type: Literal["effect_started"] = "effect_started"
    key: str
    """What it is known by: place, kind, and the tool call's id or its ordinal in the node."""
    kind: EffectKind
    name: str
    effect: str
    """How it was declared: `reads`, `idempotent`, `ask` or `fail`."""
    attempt: int = 1
    input: str = ""
    """Digest of what it is given, without message ids."""
    args: Annotated[dict[str, Any], SAID] = Field(default_factory=dict)
    family: str = ""
    """Same for all checkpoints that are forks of one another; of the root graph's checkpoint."""
    undo: str = ""
    """What undoes it, as `module:name`; empty when nothing does."""
    given: str = ""
    """Digest of its arguments as they are, where something undoes it."""


class EffectEnded(Record):
    """An effect came to an end, or its record was given back."""

    type: Literal["effect_ended"] = "effect_ended"
    key: str
    kind: EffectKind
    name: str
    status: EffectStatus
    output: str = ""
    """Digest of what it gave, as it is given back."""
    question: str = ""
    """What a person is asked about it, in a word, and after how many starts: "unknown 1"."""
    done: bool = True
    """False for one that is settled and was not done, as a person or its tool says."""
    error: Said = ""
    seconds: float = 0.0


class Forked(Record):
    """The thread went back to an earlier checkpoint."""

    type: Literal["forked"] = "forked"
    checkpoint: str
    """The one that was made."""
    origin: str
    """The one that it is a copy of."""
    by: str = ""


class Pruned(Record):
    """Old records of the thread were removed."""

    type: Literal["pruned"] = "pruned"
    before: int
    """Records at lower positions are gone."""
    hash: str
    """Of the last one that is gone: the chain goes on from it."""
    runs: tuple[str, ...] = ()
    by: str = ""


class Forgotten(Record):
    """What was said in the thread was dropped; that it happened stays."""

    type: Literal["forgotten"] = "forgotten"
    payloads: int
    by: str = ""


AnyRecord = Annotated[
    RunStarted
    | RunEnded
    | NodeStarted
    | NodeEnded
    | ModelStarted
    | ModelEnded
    | ToolStarted
    | ToolEnded
    | Decided
    | Interrupted
    | Answered
    | Handoff
    | Retried
    | FellBack
    | BreakerChanged
    | Budgeted
    | CompensationStarted
    | Compensated
    | DeadLettered
    | LetterClosed
    | Waited
    | Feedback
    | Outcome
    | EffectStarted
    | EffectEnded
    | Forked
    | Pruned
    | Forgotten,
    Field(discriminator="type"),
]
"""Any record, told apart by `type`."""


@cache
def _adapter() -> TypeAdapter[AnyRecord]:
    return TypeAdapter(AnyRecord)


def parse(data: str | bytes) -> AnyRecord:
    """Read a record back from its JSON; fields it does not know are ignored.

    Raises:
        pydantic.ValidationError: The JSON is not a record of a known type.
    """
    return _adapter().validate_json(data)


@cache
def _adapter_of_many() -> TypeAdapter[list[AnyRecord]]:
    return TypeAdapter(list[AnyRecord])


def parse_all(data: str) -> list[AnyRecord]:
    """Read the records of a JSON array back; much as `parse`, and faster than one by one.

    Raises:
        pydantic.ValidationError: One of them is no record of a known type.
    """
    return _adapter_of_many().validate_json(data)


@cache
def said_fields(kind: type[Record]) -> frozenset[str]:
    """The names of the fields of a record type that are marked `SAID`."""
    return frozenset(n for n, field in kind.model_fields.items() if SAID in field.metadata)


RECORD_EVENT = "stretto.record"
"""Name of the LangChain custom event by which a pattern or a policy tells the journal something;
its data are the record's `type` and the fields that are its own."""

AGENT_KEY, VERSION_KEY = "stretto_agent", "stretto_version"
TASK_KEY, TEAM_KEY = "stretto_task", "stretto_team"
"""Keys of LangChain run metadata by which a record learns its agent, task and team."""
