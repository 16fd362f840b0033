"""The record types of the journal: immutable, Literal-tagged, schema-versioned.

A record tells one thing that happened in a run. All have the fields of `Record`; `parse` reads
any of them back from JSON.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

SCHEMA_VERSION = 1

RunStatus = Literal["running", "done", "interrupted", "stopped", "failed"]
"""`stopped`: asked to stop and did so at a safe point. `running` with no live process: killed."""


EndStatus = Literal["done", "interrupted", "failed", "cancelled"]
"""How a node or a tool came to its end. `interrupted`: it waits for a person; `cancelled`: it was
not let finish, because a sibling failed or the run was stopped."""


class Record(BaseModel):
    """What every record tells."""

    model_config = ConfigDict(frozen=True, extra="ignore")

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
    task: str = ""
    """Id of the plan's task being worked on, where there is one."""


class RunStarted(Record):
    """A run of a graph began, or went on after an interrupt or a crash."""

    type: Literal["run_started"] = "run_started"
    team: str
    """How the graph was named by the caller; the graph's own name otherwise."""
    question: str = ""
    """The last human message of the input; empty on a resume."""
    resumed: bool = False
    model: str = ""
    context: dict[str, Any] = Field(default_factory=dict)
    limits: dict[str, int] = Field(default_factory=dict)
    process: int = 0
    """Id of the process that does the work, 0 when not known."""
    host: str = ""
    """The machine it runs on."""
    born: str = ""
    """When that process began, as its machine tells it: a reused process id shows."""


class RunEnded(Record):
    """A run came to its end, paused or failed."""

    type: Literal["run_ended"] = "run_ended"
    status: RunStatus
    error: str = ""
    seconds: float


class NodeStarted(Record):
    """A node began."""

    type: Literal["node_started"] = "node_started"


class NodeEnded(Record):
    """A node ended or was left."""

    type: Literal["node_ended"] = "node_ended"
    status: EndStatus
    error: str = ""
    seconds: float


class ModelStarted(Record):
    """A model was called."""

    type: Literal["model_started"] = "model_started"
    model: str
    messages: int
    """How many messages it was given."""


class ModelEnded(Record):
    """A model answered, or failed."""

    type: Literal["model_ended"] = "model_ended"
    model: str
    text: str = ""
    """The beginning of what it wrote."""
    tool_calls: tuple[str, ...] = ()
    """Names of the tools it called for."""
    input_tokens: int = 0
    output_tokens: int = 0
    error: str = ""
    seconds: float


class ToolStarted(Record):
    """A tool was called."""

    type: Literal["tool_started"] = "tool_started"
    tool: str
    call: str = ""
    """The tool call id."""
    args: dict[str, Any] = Field(default_factory=dict)


class ToolEnded(Record):
    """A tool returned, failed, waits for a person or was left."""

    type: Literal["tool_ended"] = "tool_ended"
    tool: str
    call: str = ""
    status: EndStatus
    result: str = ""
    """The beginning of what it returned."""
    error: str = ""
    seconds: float


class Decided(Record):
    """A planner, router or reviewer chose, and why."""

    type: Literal["decided"] = "decided"
    by: str
    decision: str
    """In a word or few: "plan", "accept", "revise"."""
    reason: str = ""
    alternatives: tuple[str, ...] = ()
    data: dict[str, Any] = Field(default_factory=dict)
    """The decision itself as JSON: a plan, a review with its rules, an answer."""


class Interrupted(Record):
    """The run waits for a person."""

    type: Literal["interrupted"] = "interrupted"
    interrupt: str
    """Id under which it is answered."""
    value: Any = None


class Answered(Record):
    """A person answered an interrupt."""

    type: Literal["answered"] = "answered"
    interrupt: str
    """Empty when one answer was given to the only interrupt."""
    answer: Any = None
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
    | Answered,
    Field(discriminator="type"),
]
"""Any record, told apart by `type`."""

_adapter: TypeAdapter[AnyRecord] = TypeAdapter(AnyRecord)


def parse(data: str | bytes) -> AnyRecord:
    """Read a record back from its JSON; fields it does not know are ignored.

    Raises:
        pydantic.ValidationError: The JSON is not a record of a known type.
    """
    return _adapter.validate_json(data)


DECIDED_EVENT = "stretto.decided"
"""Name of the LangChain custom event by which a pattern tells the journal a decision; its data
are the fields of `Decided` that the pattern knows: by, decision, reason, alternatives, data."""

AGENT_KEY, TASK_KEY, TEAM_KEY = "stretto_agent", "stretto_task", "stretto_team"
"""Keys of LangChain run metadata by which a record learns its agent, task and team."""
