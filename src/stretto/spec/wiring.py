"""Members and patterns, as a file declares them: the keywords of the factories, and no others."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Discriminator, Field, RootModel, Tag

from stretto.policy import Authority, Budget
from stretto.spec.deciders import DECIDERS, OneDecider
from stretto.spec.fields import Conditions, State, StateField
from stretto.spec.named import RuleName, Said, Step, StepName, TypeName
from stretto.spec.yaml import PolicyFile

See = Literal["none", "last", "summary", "full"] | Step


class Handing(Said):
    """What a handoff to an agent of a swarm takes along."""

    payload: TypeName | None = None
    """The class of which whoever hands over gives a value."""
    context: See | None = None
    """What the next one sees of what came before."""


class Placed(Said):
    """What any member of a pattern may say of its place."""

    name: str = ""
    """What it is called there; by default its own name."""
    role: str = ""
    """What it is good for, by which planners and managers choose."""
    when: StepName | Conditions | None = None
    """Whether it works at all: conditions that must all hold, or a function of the state."""
    policy: PolicyFile | None = None
    """How its work is bounded, repeated, replaced and undone."""
    takes: TypeName | None = None
    """In a chain, what the result before it must fit."""
    gives: TypeName | None = None
    """In a chain, what its own result must fit."""
    detach: bool = False
    """Whether nobody waits for it; its failure becomes a dead letter."""
    handoff: Handing | None = None
    """In a swarm, what is given along to it."""


class ByName(RootModel[str]):
    """An agent: one of the team's own `agents`, or of the project's."""


class AgentMember(Placed):
    """An agent, with more about its place."""

    agent: str
    """One of the team's own `agents`, or of the project's; `NAME@VERSION` is an older version."""


class StepMember(Placed):
    """A function of the state."""

    step: str
    """`family.name` of `steps/`, or `package.module:name`."""


class TeamMember(Placed):
    """Another team of the project."""

    team: str
    """Its name in `graphs/` or langgraph.json; `NAME@VERSION` is an older version."""


class GraphMember(Placed):
    """Any graph or Runnable: a LangGraph graph, a `create_agent` agent, a `RemoteGraph`."""

    graph: str
    """`package.module:name`, or `path/of/file.py:name` in the project."""


class Pattern(Placed):
    """Members put together; itself a member of another pattern, under its `name`."""

    star: ClassVar[str] = ""
    """The key whose list the factory takes as separate arguments."""


class _WithState(Pattern):
    state: State | None = None
    """Fields of the team's own state, which functions and graphs read and write."""


class _WithBudget(Pattern):
    budget: Budget | StepName | None = None
    """What all members together may spend."""


class _Whole(_WithState, _WithBudget):
    pass


class Sequential(_Whole):
    """One after the other."""

    star = "steps"
    pattern: Literal["sequential"] = "sequential"
    steps: list[Member] = Field(min_length=1)
    """In their order."""
    items: str | Step | None = None
    """Makes it a pipeline: the field that holds a list, or a function that gives one."""
    width: int = 1
    """Items in one step at once."""
    buffer: int = 2
    """Items that may wait between two steps."""
    fuse: bool = False
    """Run all steps in one node."""
    context: See = "last"
    """What a step sees of those before it."""


class Parallel(_Whole):
    """Side by side."""

    star = "members"
    pattern: Literal["parallel"] = "parallel"
    members: list[Member] = Field(min_length=1)
    """The branches."""
    join: Member | None = None
    """Who makes one result of all; by default the results together are it."""
    require: Literal["all", "any"] | int = "all"
    """How many must succeed."""
    deadline: float | None = None
    """Seconds after which branches that have not ended are cancelled."""
    context: See = "none"
    """What members see of the conversation."""


class Publish(_Whole):
    """Several are told, and nobody waits for any of them."""

    star = "members"
    pattern: Literal["publish"] = "publish"
    members: list[Member] = Field(min_length=1)
    """Who is told."""
    context: See = "none"
    """What members see of the conversation."""


class Scatter(_Whole):
    """One member works on each element of a list, side by side."""

    pattern: Literal["scatter"] = "scatter"
    member: Member
    """Who works."""
    each: str | Step
    """The field that holds the list, or a function that gives it."""
    join: Member | None = None
    """Who makes one result of all."""
    require: Literal["all", "any"] | int = "all"
    """How many elements must succeed."""
    deadline: float | None = None
    """Seconds after which those that have not ended are cancelled."""
    most: int = 1000
    """How many elements there may be."""
    context: See = "none"
    """What the member sees of the conversation."""


class Say(Said):
    """Words that are said where no label fits."""

    say: str


def _listed(said: Any) -> Any:
    return said if isinstance(said, list) else [said]


class Route(_Whole):
    """One of several does it, as is decided."""

    pattern: Literal["route"] = "route"
    by: Annotated[
        list[OneDecider],
        Field(min_length=1),
        BeforeValidator(_listed, json_schema_input_type=OneDecider | list[OneDecider]),
    ]
    """Who decides; of a list the next is asked when one is unsure."""
    members: dict[str, Member] = Field(min_length=1)
    """Who does it, by label."""
    otherwise: Say | Member | None = None
    """Who does what fits no label, or what is said then."""
    unsure: float = 0.8
    """Confidence below which the next of a list is asked."""
    context: See = "full"
    """What the chosen one sees."""


class FileSource(Said):
    """A file of records."""

    file: str
    """Its path, from the project's folder."""
    format: Literal["lines", "csv", "tsv", "jsonl"] | None = None
    """By default as its name ends."""
    encoding: str = "utf-8"
    """How its text is written."""
    columns: list[str] | None = None
    """The columns of a table without a header."""


class FieldSource(Said):
    """A list in the state."""

    field: str
    """The field that holds it."""


class MapReduce(_Whole):
    """Many items, chunk by chunk, whose results are folded."""

    pattern: Literal["map_reduce"] = "map_reduce"
    source: FileSource | FieldSource | Step
    """What is read."""
    worker: Member
    """Makes a partial result of a chunk."""
    reduce: StepName
    """Takes what is accumulated and a partial result, and gives what is accumulated then."""
    finish: Member | None = None
    """Makes the answer of what is accumulated."""
    chunk: int = 100
    """Records in a chunk."""
    width: int = 4
    """Chunks that are worked on at once."""
    initial: Any = None
    """What is accumulated before the first."""
    tree: bool = False
    """Reduce the results of a superstep pair by pair first."""
    max_failed: int | float | None = None
    """How many chunks, or what share of them, may fail."""


class Refine(_Whole):
    """Draft, judge, draft again."""

    pattern: Literal["refine"] = "refine"
    draft: Member
    """Who writes."""
    critic: Member
    """Who judges."""
    until: float | Step
    """The score that is good enough, or a function of the critique."""
    max_rounds: int = 3
    """Drafts in a turn."""
    patience: int = 1
    """Rounds in a row without a better score after which it ends."""
    max_attempts: int = 2
    """Times the critic is asked until its reply can be read."""
    fuse: bool = False
    """Run all rounds in one node."""
    context: See = "full"
    """What the draft's agent sees beside."""


class Escalation(Said):
    """Who is asked next, and how long."""

    to: str
    seconds: float | None = None


class Approve(_Whole):
    """Work that counts only with a person's yes."""

    pattern: Literal["approve"] = "approve"
    member: Member
    """Whose result is asked about."""
    ask: str | Step = "Is this to count?"
    """What the person reads."""
    to: str = ""
    """Who is asked; "" is anyone."""
    deadline: float | None = None
    """Seconds after which the next is asked, or the default counts."""
    escalate: list[str | Escalation] = []
    """Who is asked then, one after the other."""
    default: Literal["approve", "reject"] | None = None
    """What counts when nobody has answered in time."""
    remind: float | None = None
    """Seconds after which who is asked is reminded."""
    max_revisions: int = 3
    """How often work may be sent back in a turn."""
    context: See = "full"
    """What the member's agent sees."""


class Summarise(Said):
    """When a long conversation is summarised."""

    tokens: int | None = None
    """Above so many tokens; by default as the model's limit asks."""
    keep: int = 20
    """The newest messages that stay as they are."""


class Plan(_WithBudget):
    """Planner, executors, reviewer."""

    pattern: Literal["plan"] = "plan"
    planner: Member
    """Writes the tasks."""
    executors: list[Member] = Field(min_length=1)
    """Carry them out."""
    reviewer: Member
    """Judges the results."""
    rules: list[RuleName] = [RuleName("answered")]
    """What must hold of each result."""
    approve: list[Literal["plan", "tasks", "answer"]] = []
    """What a person must approve before it counts."""
    max_rounds: int = 3
    """Rounds of work and review in a turn."""
    max_tasks: int = 8
    """Tasks in a plan."""
    max_attempts: int = 3
    """Times planner or reviewer is asked until its reply can be used."""
    width: int = 8
    """Tasks that run at once."""
    compaction: Summarise | None = None
    """When a long conversation is summarised."""
    context: TypeName | None = None
    """The type of the run's context, such as `ResearchContext`."""


class _Managed(Pattern):
    manager: Member
    """Who gives the work away."""
    max_delegations: int = 25
    """How many there may be in a turn."""
    repeats: int = 2
    """How often the same task may be given to the same worker."""
    restarts: int = 1
    """How often a worker is restarted."""
    idle: float | dict[str, float] | None = None
    """Seconds that a worker may go without progress; for all, or by worker."""
    check: StepName | dict[str, StepName] | None = None
    """Says of a task and a result whether it will do; for all, or by worker."""
    escalate: Literal["manager", "person", "fail"] = "manager"
    """Who is told when nobody can."""
    own_tools: bool = False
    """Whether the manager may have tools that a worker has, too."""
    context: See = "none"
    """What workers see beside the task."""


class Supervisor(_Managed, _Whole):
    """A manager delegates, and the workers are watched."""

    pattern: Literal["supervisor"] = "supervisor"
    workers: list[Member] = Field(min_length=1)
    """To whom work is given."""
    reassign: list[Member] | dict[str, list[Member]] = []
    """Who takes over when a worker cannot, in order; for all, or by worker."""


class Level(_Managed):
    """A level of a hierarchy: a manager with those under it, or one who works alone."""

    pattern: Literal["level"] = "level"
    members: list[Member] = []
    """Those directly under it."""
    authority: Authority | StepName | None = None
    """What it may do without asking; what it does not say is as in the level above."""
    decide: StepName | None = None
    """Decides in the manager's place what goes beyond the authority of those below."""
    reassign: list[str] | dict[str, list[str]] = []
    """Names of those who take over when a member cannot."""


class Hierarchy(_Managed, _WithState):
    """Supervisors of supervisors, each with an authority."""

    pattern: Literal["hierarchy"] = "hierarchy"
    members: list[Member] = Field(min_length=1)
    """Those directly under the manager: members, or levels."""
    authority: Authority | StepName | None = None
    """What the whole may do without asking."""
    decide: StepName | None = None
    """Decides in the manager's place what goes beyond the authority of those below."""
    reassign: list[str] | dict[str, list[str]] = []
    """Names of those who take over when a member cannot."""


class Way(Said):
    """A handoff to a name, with what it takes along."""

    to: str
    payload: TypeName | None = None
    context: See | None = None


class Swarm(_Whole):
    """Peers that hand the conversation over."""

    pattern: Literal["swarm"] = "swarm"
    agents: list[Member] = Field(min_length=1)
    """The peers."""
    start: str | None = None
    """Who has the first turn; by default the first."""
    edges: dict[str, list[str | Way]] | None = None
    """Who may hand over to whom; by default each to all others."""
    context: See = "full"
    """What the next one sees of what came before."""
    max_handoffs: int = 12
    """Handoffs of one turn."""
    stand_ins: dict[str, list[str]] | None = None
    """Who takes an agent's place that is not available."""


class Board(_Whole):
    """Members claim tasks from a shared list."""

    pattern: Literal["board"] = "board"
    agents: list[Member] = Field(min_length=1)
    """The members."""
    tasks: Annotated[list[Any], Field(min_length=1)] | Step
    """Tasks as text or JSON, or a function that makes them of the state."""
    fits: StepName | dict[str, StepName] | None = None
    """Who fits which task."""
    width: int | None = None
    """Tasks that are worked on at once."""
    attempts: int = 3
    """Members that try a task before it counts as failed."""
    max_tasks: int = 100
    """Tasks of one turn."""
    adds: bool = False
    """Whether agents may put tasks on the board."""
    payload: TypeName | None = None
    """The class of the tasks' values."""
    context: See = "none"
    """What a member sees of what others did."""


class GroupChat(_Whole):
    """Several talk in turn."""

    pattern: Literal["group_chat"] = "group_chat"
    members: list[Member] = Field(min_length=1)
    """Those that speak."""
    moderator: Member | None = None
    """Names who speaks next; by default each in turn."""
    max_turns: int = 12
    """Contributions to one turn of the person."""
    until: StepName | None = None
    """Asked after each contribution whether the chat is over."""
    context: See = "full"
    """What a speaker sees."""


class SagaStep(Said):
    """A step, and what undoes it."""

    do: Member
    undo: StepName
    """A function `(output, brief)`."""


class Saga(_Whole):
    """Steps that are undone when it comes to nothing."""

    star = "steps"
    pattern: Literal["saga"] = "saga"
    steps: list[SagaStep | Member | list[SagaStep | Member]] = Field(min_length=1)
    """In their order; a list within works side by side."""
    confirm: bool = False
    """Whether a person is asked before anything is undone."""
    context: See = "last"
    """What a step sees of those before it."""


PATTERNS: dict[str, type[Pattern]] = {
    str(kind.model_fields["pattern"].default): kind
    for kind in (
        *(Sequential, Parallel, Publish, Scatter, Route, MapReduce, Refine, Approve, Plan),
        *(Supervisor, Hierarchy, Level, Swarm, Board, GroupChat, Saga),
    )
}
"""The classes by the name of their pattern."""

_MEMBERS: dict[str, type[Placed]] = {
    "agent": AgentMember,
    "step": StepMember,
    "team": TeamMember,
    "graph": GraphMember,
}
"""By the key that tells them apart; the tag is the key with "by ", so that it is no key."""


def _kind(said: Any) -> str | None:
    """The tag of a member: what tells its class."""
    if isinstance(said, str | ByName):
        return "by name"
    if isinstance(said, dict):
        if "pattern" in said:
            return str(said["pattern"])
        return next((f"by {key}" for key in _MEMBERS if key in said), None)
    if isinstance(said, Pattern):
        return str(getattr(said, "pattern"))  # noqa: B009  # each class declares its own  # each class declares its own
    return next((f"by {key}" for key, kind in _MEMBERS.items() if type(said) is kind), None)


_Patterns = (
    Annotated[Sequential, Tag("sequential")]
    | Annotated[Parallel, Tag("parallel")]
    | Annotated[Publish, Tag("publish")]
    | Annotated[Scatter, Tag("scatter")]
    | Annotated[Route, Tag("route")]
    | Annotated[MapReduce, Tag("map_reduce")]
    | Annotated[Refine, Tag("refine")]
    | Annotated[Approve, Tag("approve")]
    | Annotated[Plan, Tag("plan")]
    | Annotated[Supervisor, Tag("supervisor")]
    | Annotated[Hierarchy, Tag("hierarchy")]
    | Annotated[Level, Tag("level")]
    | Annotated[Swarm, Tag("swarm")]
    | Annotated[Board, Tag("board")]
    | Annotated[GroupChat, Tag("group_chat")]
    | Annotated[Saga, Tag("saga")]
)
AnyPattern = Annotated[_Patterns, Discriminator(_kind)]
"""A pattern, told apart by `pattern:`."""

Member = Annotated[
    Annotated[ByName, Tag("by name")]
    | Annotated[AgentMember, Tag("by agent")]
    | Annotated[StepMember, Tag("by step")]
    | Annotated[TeamMember, Tag("by team")]
    | Annotated[GraphMember, Tag("by graph")]
    | _Patterns,
    Discriminator(_kind),
]
"""What a pattern puts together: an agent by name, or a mapping that says what it is."""

KINDS: dict[str, type[Said]] = {
    **PATTERNS,
    **{f"by {key}": kind for key, kind in _MEMBERS.items()},
    **{f"decides by {key}": kind for key, kind in DECIDERS.items()},
    **{
        kind.__name__: kind
        for kind in (
            *(StateField, Step, Handing, Say, FileSource, FieldSource),
            *(Escalation, Summarise, Way, SagaStep),
        )
    },
}
"""The classes of parts by what tells them apart where several may stand."""
