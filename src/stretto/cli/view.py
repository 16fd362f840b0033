"""What a run looks like: values that records are folded into and that screens are drawn from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from stretto.journal import ThreadStatus

TaskState = Literal["waiting", "running", "done", "failed", "asks", "stopped"]


@dataclass(slots=True)
class Call:
    """A call of a tool."""

    tool: str
    args: dict[str, Any]
    started: float
    """Seconds since the epoch."""
    seconds: float | None = None
    """`None` while it runs."""
    status: str = "running"
    told: str = ""
    """The beginning of its result or error."""


@dataclass(slots=True)
class Work:
    """What is being done in one place: calls of tools and models, and how long it took."""

    started: float | None = None
    seconds: float | None = None
    """`None` before it starts and while it runs."""
    calls: list[Call] = field(default_factory=list[Call])
    model_calls: int = 0
    thinking: int = 0
    """Model calls that run now."""
    error: str = ""

    def elapsed(self, now: float) -> float:
        """Seconds until now, or in all."""
        if self.seconds is not None:
            return self.seconds
        return max(0.0, now - self.started) if self.started is not None else 0.0


@dataclass(slots=True)
class TaskView(Work):
    """A task of a plan, in one round."""

    id: str = ""
    goal: str = ""
    agent: str = ""
    needs: tuple[str, ...] = ()
    state: TaskState = "waiting"
    again: str = ""
    """Why it was sent back to be done in this round, empty when it was not."""
    before: bool = False
    """Whether it was done before the turn was gone on with."""
    kept: bool = False
    """Whether its result is of an earlier round."""


@dataclass(slots=True)
class Step(Work):
    """A node of a graph that has no plan, or one beside the plan's tasks."""

    node: str = ""
    agent: str = ""
    depth: int = 0
    """0 in the graph itself, 1 in a subgraph of it, ..."""
    status: str = "running"
    place: str = ""
    """Its place in a chain, such as "3 of 7"; empty for all else."""
    times: int = 1
    """How many steps it stands for: of those that are done many times only a few are kept."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What rules and reviewer said of a round."""

    by: str
    decision: str
    reason: str
    checks: tuple[dict[str, Any], ...]
    """As `state.RuleOutcome`."""
    rules: dict[str, str]
    """The sentence of each rule, by name."""
    again: dict[str, str]
    """Why tasks are sent back, by task id."""
    goes_on: bool = True
    """Whether what falls short is done again."""


@dataclass(slots=True)
class Round:
    """A round of work on a plan, and what was said of it."""

    number: int
    most: int
    """Rounds that the team has; 0 when not known."""
    planner: str
    tasks: dict[str, TaskView]
    verdict: Verdict | None = None


@dataclass(slots=True)
class View:
    """A turn on a thread, as far as its records tell."""

    thread: str = ""
    team: str = ""
    question: str = ""
    model: str = ""
    context: dict[str, Any] = field(default_factory=dict[str, Any])
    limits: dict[str, float] = field(default_factory=dict[str, float])
    status: ThreadStatus = "running"
    error: str = ""
    failed_in: str = ""
    """The innermost node that failed."""
    started: float = 0.0
    """When the turn's last run began, in seconds since the epoch."""
    seconds: float = 0.0
    """What all ended runs of the turn took."""
    resumed: int = 0
    """How often the turn was gone on with."""
    rounds: list[Round] = field(default_factory=list[Round])
    steps: list[Step] = field(default_factory=list[Step])
    paces: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    """How passes over sources get on, by node: as `patterns.pace` tells."""
    notes: list[str] = field(default_factory=list[str])
    """What else was decided: plans that were not valid, what a person said."""
    asked: dict[str, Any] = field(default_factory=dict[str, Any])
    """What waits for a person, by interrupt id."""
    answer: dict[str, Any] | None = None
    """As `state.Answer`."""
    model_calls: int = 0
    tool_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    @property
    def round(self) -> Round | None:
        """The round being worked on."""
        return self.rounds[-1] if self.rounds else None

    def elapsed(self, now: float) -> float:
        """Seconds of work so far."""
        return self.seconds + (max(0.0, now - self.started) if self.status == "running" else 0.0)
