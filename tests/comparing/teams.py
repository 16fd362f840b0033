"""Small teams in YAML of each pattern, and edits of them as they are made in a file."""

from __future__ import annotations

from dataclasses import dataclass

STEPS = '''
"""What the teams do."""

from stretto.state import Delegate, HandOver, Plan, Review, Task, TaskRevision
from tests.comparing.watching import here


async def a(state) -> str:
    """Does one thing."""
    return await here("a")


async def b(state) -> str:
    """Does another."""
    return await here("b")


async def c(state) -> str:
    """Does a third."""
    return await here("c")


async def n(state) -> str:
    """Is new."""
    return await here("n")


async def pay(state) -> str:
    """Pays."""
    return await here("pay")


async def each(state) -> str:
    """Works on one."""
    return await here(f"each {state['item']}")


async def listed(state) -> dict:
    """Makes a list."""
    await here("listed")
    return {"things": ["x", "y", "z"]}


def things(state) -> list:
    return state["things"]


async def work(state) -> str:
    """Does a task."""
    return await here(f"work {task_of(state)}")


async def help(state) -> str:
    """Does a task, too."""
    return await here(f"work {task_of(state)}")


def task_of(state):
    task = state["task"]
    return getattr(task, "id", None) or task


def way(state) -> str:
    return "one"


def other_way(state) -> str:
    return "two"


async def critic(state) -> dict:
    """Judges."""
    await here("critic")
    return {"score": 1, "feedback": "more"}


async def planner(state):
    """Plans."""
    await here("planner")
    return Plan(tasks=[
        Task(id="t1", goal="one", executor="work"),
        Task(id="t2", goal="two", executor="gate"),
        Task(id="t3", goal="three", executor="work", needs=["t1", "t2"]),
    ])


async def planner_door(state):
    """Plans for a door."""
    made = await planner(state)
    tasks = [t.model_copy(update={"executor": "door"}) if t.executor == "gate" else t for t in made.tasks]
    return Plan(tasks=tasks)


async def planner_work(state):
    """Plans without a gate."""
    made = await planner(state)
    return Plan(tasks=[t.model_copy(update={"executor": "work"}) for t in made.tasks])


async def reviewer(state):
    """Reviews."""
    again = "t1" in str(state["messages"][-1].content) and await here("reviewer") and first()
    if again:
        return Review(verdict="revise", reason="again", revise=[TaskRevision(task="t1", why="more")])
    return Review(verdict="accept", reason="good", answer="done")


def first():
    from tests.comparing.watching import RAN
    return RAN["reviewer"] == 1


async def chief(state):
    """Gives work away."""
    done = len([w for w in state.get("work") or [] if w.status == "done"])
    await here(f"chief {done}")
    if done == 0:
        return [Delegate(worker="work", task="one"), Delegate(worker="gate", task="two")]
    if done == 2:
        return Delegate(worker="work", task="three")
    return "done"


async def chief_door(state):
    """Gives work away, to a door."""
    said = await chief(state)
    return [d.model_copy(update={"worker": "door"}) if d.worker == "gate" else d for d in said] if isinstance(said, list) else said


async def over(state):
    """Hands over to b."""
    await here("over")
    return HandOver(to="b", reason="it is theirs")


async def back_door(state):
    """Hands over to door."""
    await here("back")
    return HandOver(to="door", reason="pay")


async def back(state):
    """Hands over to gate."""
    await here("back")
    return HandOver(to="gate", reason="pay")


def moderator(state):
    spoken = state.get("spoken") or []
    order = ["a", "gate", "b"]
    return order[len(spoken)] if len(spoken) < 3 else None


def undo(output, brief):
    """Undoes."""


async def rows(state) -> str:
    """Works on rows."""
    return await here("rows " + ",".join(map(str, state if isinstance(state, list) else state["items"])))


async def sums(items) -> str:
    """Works on a chunk."""
    return await here("sums " + ",".join(map(str, items)))


def numbers(state):
    return iter(range(30))


def more_numbers(state):
    return iter(range(33))


def join(one, other):
    return f"{one};{other}"
'''


@dataclass(frozen=True)
class Made:
    """A team, and what of its text is put otherwise in each edit."""

    graph: str
    edits: dict[str, tuple[str, ...]]
    """By what it is called: old and new words, in turn."""
    again: bool = False
    """Whether a step that is killed takes those before it along, in the same version, too."""

    def edited(self, label: str) -> str:
        """The team's text after an edit."""
        text, said = self.graph, self.edits[label]
        for old, new in zip(said[::2], said[1::2], strict=True):
            assert old in text, (label, old)
            text = text.replace(old, new, 1)
        return text


GATE = "{pattern: approve, name: gate, member: {step: w.pay}}"
FEWER = frozenset({"require", "any"})
"""Edits after which less is waited for, so that some work is given up as it is meant to be."""
S = "pattern: sequential\nsteps: [{step: w.a}, " + GATE + ", {step: w.b}]\n"
N = "{step: w.n}"
TEAMS = {
    "sequential": Made(
        S,
        {
            "before": (", {pattern", ", {step: w.n}, {pattern"),
            "behind": ("{step: w.b}]", "{step: w.b}, {step: w.n}]"),
            "between": ("{step: w.b}]", "{step: w.n}, {step: w.b}]"),
            "rename": ("name: gate", "name: door"),
            "swap": ("[{step: w.a}, " + GATE, "[" + GATE + ", {step: w.a}"),
            "state": ("pattern: sequential", "pattern: sequential\nstate: {plates: int}"),
            "inner": ("{step: w.pay}}", "{step: w.c}}"),
            "when": ("{step: w.b}", "{step: w.b, when: {results: '-'}}"),
            "policy": (
                "member: {step: w.pay}",
                "member: {step: w.pay, policy: {retry: {attempts: 2}}}",
            ),
            "ask": ("name: gate", "name: gate, ask: Really?"),
            "drop": ("[{step: w.a}, ", "["),
        },
    ),
    "fields": Made(
        "pattern: sequential\nstate: {things: 'list[str]'}\nsteps: [{step: w.listed}, {step: w.a}, "
        + GATE
        + "]\n",
        {
            "type": ("'list[str]'", "'list[int]'"),
            "merge": ("'list[str]'", "{type: 'list[str]', merge: append}"),
            "gone": ("state: {things: 'list[str]'}\n", "state: {stuff: 'list[str]'}\n"),
            "more": ("'list[str]'}", "'list[str]', more: int}"),
        },
    ),
    "fused": Made(
        "pattern: sequential\nfuse: true\nsteps: [{step: w.a}, {step: w.b}, {step: w.c}]\n",
        {
            "before": ("{step: w.c}", "{step: w.n}, {step: w.c}"),
            "behind": ("{step: w.c}]", "{step: w.c}, {step: w.n}]"),
            "apart": ("fuse: true\n", ""),
            "swap": ("{step: w.a}, {step: w.b}", "{step: w.b}, {step: w.a}"),
            "rename": ("{step: w.a}", "{step: w.a, name: z}"),
        },
        again=True,
    ),
    "pipeline": Made(
        "pattern: sequential\nstate: {things: 'list[str]'}\nsteps:\n- {step: w.listed}\n- {pattern: sequential, name: line, items: things, state: {things: 'list[str]'}, steps: [{step: w.each}, {step: w.c}]}\n",
        {
            "before": ("[{step: w.each}", "[{step: w.n}, {step: w.each}"),
            "behind": ("{step: w.c}]", "{step: w.c}, {step: w.n}]"),
            "width": ("items: things", "items: things, width: 2"),
            "buffer": ("items: things", "items: things, buffer: 1"),
            "rename": ("{step: w.c}", "{step: w.c, name: z}"),
            "swap": ("{step: w.each}, {step: w.c}", "{step: w.c}, {step: w.each}"),
        },
    ),
    "parallel": Made(
        "pattern: parallel\nmembers: [{step: w.a}, " + GATE + ", {step: w.b}]\njoin: {step: w.c}\n",
        {
            "member": ("{step: w.b}]", "{step: w.b}, {step: w.n}]"),
            "less": (", {step: w.b}]", "]"),
            "rename": ("{step: w.b}", "{step: w.b, name: z}"),
            "require": ("join:", "require: 2\njoin:"),
            "any": ("join:", "require: any\njoin:"),
            "swap": ("[{step: w.a}, " + GATE, "[" + GATE + ", {step: w.a}"),
            "nojoin": ("join: {step: w.c}\n", ""),
            "join": ("join: {step: w.c}", "join: {step: w.n}"),
            "policy": ("{step: w.b}", "{step: w.b, policy: {retry: {attempts: 2}}}"),
        },
    ),
    "scatter": Made(
        "pattern: sequential\nstate: {things: 'list[str]'}\nsteps:\n- {step: w.listed}\n- {pattern: scatter, name: all, each: things, member: {step: w.each}, join: {step: w.c}, state: {things: 'list[str]'}}\n",
        {
            "most": ("each: things", "each: things, most: 2"),
            "require": ("each: things", "each: things, require: 2"),
            "rename": ("{step: w.each}", "{step: w.each, name: z}"),
            "by": ("each: things", "each: {step: w.things}"),
            "behind": ("'list[str]'}}\n", "'list[str]'}}\n- {step: w.n}\n"),
            "join": ("join: {step: w.c}", "join: {step: w.n}"),
        },
    ),
    "route": Made(
        "pattern: route\nby: {step: w.way}\nmembers: {one: " + GATE + ", two: {step: w.b}}\n",
        {
            "by": ("w.way", "w.other_way"),
            "label": ("one: {", "won: {step: w.n}, one: {"),
            "rename": ("name: gate", "name: door"),
            "gone": (", two: {step: w.b}", ""),
            "otherwise": ("by:", "otherwise: {say: no}\nby:"),
            "swap": ("one: " + GATE + ", two: {step: w.b}", "two: " + GATE + ", one: {step: w.b}"),
        },
    ),
    "refine": Made(
        "pattern: refine\ndraft: " + GATE + "\ncritic: {step: w.critic}\nuntil: 5\nmax_rounds: 3\n",
        {
            "fewer": ("max_rounds: 3", "max_rounds: 2"),
            "one": ("max_rounds: 3", "max_rounds: 1"),
            "more": ("max_rounds: 3", "max_rounds: 4"),
            "until": ("until: 5", "until: 1"),
            "patience": ("until: 5", "until: 5\npatience: 1"),
            "rename": ("{step: w.critic}", "{step: w.critic, name: judge}"),
        },
    ),
    "approve": Made(
        "pattern: approve\nmember: {step: w.pay}\n",
        {
            "ask": ("member:", "ask: Really?\nmember:"),
            "to": ("member:", "to: ann\nmember:"),
            "member": ("w.pay", "w.n"),
            "revisions": ("member:", "max_revisions: 1\nmember:"),
            "rename": ("{step: w.pay}", "{step: w.pay, name: z}"),
        },
    ),
    "plan": Made(
        "pattern: plan\nplanner: {step: w.planner}\nexecutors: [{step: w.work}, "
        + GATE
        + "]\nreviewer: {step: w.reviewer}\n",
        {
            "executor": ("{step: w.work}, ", "{step: w.work}, {step: w.n}, "),
            "rename": (
                "{step: w.planner}",
                "{step: w.planner_door, name: planner}",
                "name: gate",
                "name: door",
            ),
            "gone": ("{step: w.planner}", "{step: w.planner_work, name: planner}", ", " + GATE, ""),
            "other": ("{step: w.work}, ", "{step: w.help, name: work}, "),
            "width": ("planner:", "width: 1\nplanner:"),
            "rounds": ("planner:", "max_rounds: 1\nplanner:"),
            "tasks": ("planner:", "max_tasks: 2\nplanner:"),
            "asks": ("planner:", "approve: [tasks]\nplanner:"),
            "asks_plan": ("planner:", "approve: [plan]\nplanner:"),
            "asks_answer": ("planner:", "approve: [answer]\nplanner:"),
            "swap": ("[{step: w.work}, " + GATE + "]", "[" + GATE + ", {step: w.work}]"),
            "compaction": ("planner:", "rules: []\nplanner:"),
        },
    ),
    "plan_asks": Made(
        "pattern: plan\napprove: [tasks]\nplanner: {step: w.planner}\nexecutors: [{step: w.work}, "
        + GATE
        + "]\nreviewer: {step: w.reviewer}\n",
        {
            "no": ("approve: [tasks]\n", ""),
            "plan": ("approve: [tasks]", "approve: [tasks, plan]"),
        },
    ),
    "supervisor": Made(
        "pattern: supervisor\nmanager: {step: w.chief}\nworkers: [{step: w.work}, " + GATE + "]\n",
        {
            "worker": ("{step: w.work}, ", "{step: w.work}, {step: w.n}, "),
            "rename": (
                "{step: w.chief}",
                "{step: w.chief_door, name: chief}",
                "name: gate",
                "name: door",
            ),
            "gone": (", " + GATE, ""),
            "other": ("{step: w.work}, ", "{step: w.help, name: work}, "),
            "most": ("manager:", "max_delegations: 2\nmanager:"),
            "restarts": ("manager:", "restarts: 0\nmanager:"),
            "escalate": ("manager:", "escalate: person\nmanager:"),
            "head": ("{step: w.chief}", "{step: w.chief, name: boss}"),
        },
    ),
    "hierarchy": Made(
        "pattern: hierarchy\nmanager: {step: w.chief}\nmembers: [{step: w.work}, " + GATE + "]\n",
        {
            "worker": ("{step: w.work}, ", "{step: w.work}, {step: w.n}, "),
            "rename": (
                "{step: w.chief}",
                "{step: w.chief_door, name: chief}",
                "name: gate",
                "name: door",
            ),
            "authority": ("manager:", "authority: {may_decide: {pay: 5}}\nmanager:"),
            "most": ("manager:", "max_delegations: 2\nmanager:"),
        },
    ),
    "swarm": Made(
        "pattern: swarm\nagents: [{step: w.over}, {step: w.back, name: b}, " + GATE + "]\n",
        {
            "agent": ("[{step: w.over}", "[{step: w.over}, {step: w.n}"),
            "first": ("[{step: w.over}", "[{step: w.n}, {step: w.over}"),
            "rename": ("{step: w.back,", "{step: w.back_door,", "name: gate", "name: door"),
            "edges": ("agents:", "edges: {over: [b], b: [gate], gate: []}\nagents:"),
            "most": ("agents:", "max_handoffs: 1\nagents:"),
            "swap": (
                "{step: w.over}, {step: w.back, name: b}",
                "{step: w.back, name: b}, {step: w.over}",
            ),
            "start": ("agents:", "start: b\nagents:"),
        },
    ),
    "board": Made(
        "pattern: board\ntasks: [one, two, three]\nagents: [{step: w.work}, {step: w.help}]\n",
        {
            "agent": ("[{step: w.work}", "[{step: w.work}, {step: w.help, name: m}"),
            "rename": ("{step: w.help}", "{step: w.help, name: m}"),
            "gone": (", {step: w.help}", ""),
            "tasks": ("[one, two, three]", "[one, two, three, four]"),
            "order": ("[one, two, three]", "[three, two, one]"),
            "width": ("tasks:", "width: 1\ntasks:"),
            "attempts": ("tasks:", "attempts: 1\ntasks:"),
            "most": ("tasks:", "max_tasks: 2\ntasks:"),
        },
    ),
    "board_asks": Made(
        "pattern: board\ntasks: [one]\nagents: [" + GATE + "]\n",
        {
            "agent": ("agents: [", "agents: [{step: w.work}, "),
            "rename": ("name: gate", "name: door"),
        },
    ),
    "saga": Made(
        "pattern: saga\nsteps: [{do: {step: w.a}, undo: w.undo}, " + GATE + ", {step: w.b}]\n",
        {
            "before": (", {pattern", ", {step: w.n}, {pattern"),
            "behind": ("{step: w.b}]", "{step: w.b}, {step: w.n}]"),
            "rename": ("name: gate", "name: door"),
            "side": (GATE + ", {step: w.b}", "[" + GATE + ", {step: w.b}]"),
            "undo": ("{do: {step: w.a}, undo: w.undo}", "{step: w.a}"),
            "confirm": ("steps:", "confirm: true\nsteps:"),
        },
    ),
    "map_reduce": Made(
        "pattern: map_reduce\nsource: {step: w.numbers}\nworker: {step: w.sums}\nreduce: w.join\nchunk: 3\nwidth: 1\n",
        {
            "chunk": ("chunk: 3", "chunk: 4"),
            "smaller": ("chunk: 3", "chunk: 2"),
            "width": ("width: 1", "width: 2"),
            "source": ("w.numbers", "w.more_numbers"),
            "finish": ("chunk: 3", "finish: {step: w.c}\nchunk: 3"),
            "tree": ("chunk: 3", "tree: true\nchunk: 3"),
            "rename": ("{step: w.sums}", "{step: w.sums, name: z}"),
            "failed": ("chunk: 3", "max_failed: 1\nchunk: 3"),
            "initial": ("chunk: 3", "initial: zero\nchunk: 3"),
        },
    ),
    "map_wide": Made(
        "pattern: map_reduce\nsource: {step: w.numbers}\nworker: {step: w.sums}\nreduce: w.join\nchunk: 3\nwidth: 2\n",
        {
            "width": ("width: 2", "width: 1"),
        },
    ),
    "group_chat": Made(
        "pattern: group_chat\nmembers: [{step: w.a}, " + GATE + ", {step: w.b}]\nmax_turns: 3\n",
        {
            "member": ("{step: w.b}]", "{step: w.b}, {step: w.n}]"),
            "first": ("[{step: w.a}", "[{step: w.n}, {step: w.a}"),
            "rename": ("name: gate", "name: door"),
            "gone": (", {step: w.b}]", "]"),
            "fewer": ("max_turns: 3", "max_turns: 2"),
            "moderator": ("max_turns: 3", "moderator: {step: w.moderator}\nmax_turns: 3"),
            "swap": ("[{step: w.a}, " + GATE, "[" + GATE + ", {step: w.a}"),
        },
    ),
}
