"""Records folded into who decided, who executed and who approved."""

from __future__ import annotations

from typing import Any

from stretto import records as r
from stretto.cli.deeds import deeds_of

BASE: dict[str, Any] = {"time": 1.0, "thread": "t", "run": "r"}
AGENT: dict[str, Any] = {**BASE, "agent": "payer", "version": "3", "node": "model"}


def ended(name: str, status: Any, kind: Any = "tool") -> r.EffectEnded:
    """What the ledger tells of a call."""
    return r.EffectEnded(**AGENT, key="k", kind=kind, name=name, status=status)


def test_calls_are_counted_once_by_how_they_ended() -> None:
    """The tool's own record counts what was done, the ledger what was not."""
    deeds = deeds_of(
        "t",
        [
            r.EffectStarted(**AGENT, key="k", kind="tool", name="pay", effect="ask", args={}),
            r.ToolEnded(**AGENT, tool="pay", status="interrupted", seconds=1),
            ended("pay", "suspended"),
            r.ToolEnded(**{**AGENT, "task": "t1"}, tool="pay", status="done", seconds=1),
            ended("pay", "settled"),
            ended("pay", "returned"),
            ended("pay", "refused"),
            r.ModelEnded(**AGENT, model="gpt", seconds=1),
            r.ModelEnded(**AGENT, model="gpt", seconds=1, error="no"),
            ended("gpt", "settled", "model"),
            ended("gpt", "returned", "model"),
            ended("save", "settled", "call"),
            ended("save", "suspended", "call"),
        ],
    )
    (payer,) = deeds.executors
    assert (payer.name, payer.version, payer.tasks) == ("payer", "3", ["t1"])
    assert [(use.name, use.effect, use.outcomes) for use in payer.uses] == [
        ("pay", "ask", {"asked": 1, "done": 1, "returned from the record": 1, "refused": 1}),
        ("gpt", "model", {"done": 1, "failed": 1, "returned from the record": 1}),
        ("save", "tool", {"done": 1, "asked": 1}),
    ]


def test_answers_meet_their_questions() -> None:
    """By id, or the last one asked when the answer has none; each in a few words."""
    action = {"action_requests": [{"name": "pay", "args": {"to": "Ann"}}], "review_configs": []}
    edit = {"type": "edit", "edited_action": {"name": "pay", "args": {"to": "Bob"}}}
    deeds = deeds_of(
        "t",
        [
            r.Interrupted(**AGENT, interrupt="a" * 32, value=action),
            r.Interrupted(**AGENT, interrupt="b" * 32, value={"question": "Sure?"}),
            r.Interrupted(**AGENT, interrupt="c" * 32, value="Why?"),
            r.Answered(**BASE, interrupt="a" * 32, answer={"decisions": [edit]}, by="ann"),
            r.Answered(**BASE, interrupt="", answer="because"),
            r.Answered(**BASE, interrupt="d" * 32, answer={"decisions": [{"type": "approve"}]}),
        ],
    )
    assert [(one.asked, one.by, one.answer) for one in deeds.approvals] == [
        ('pay "Ann"', "ann", 'approved, changed to: pay "Bob"'),
        ("Sure?", "", ""),
        ("Why?", "", "because"),
        ("", "", "approved"),
    ]
    assert [one.answered for one in deeds.approvals] == [True, False, True, True]


def test_all_else_is_told_in_a_line() -> None:
    """Handoffs, retries, fallbacks, bounds, undoing, judgements, forks, removals, failures."""
    happened: list[Any] = [
        r.RunStarted(**BASE, team="team", question="Why?", model="gpt"),
        r.Handoff(**BASE, by="a", to="b", reason="money"),
        r.Retried(**BASE, step="model", name="gpt", attempt=2, error="slow"),
        r.FellBack(**BASE, step="model", name="gpt", to="offline", error="gone"),
        r.BreakerChanged(**BASE, breaker="gpt", state="open"),
        r.Budgeted(**BASE, budget="day", event="settled", unit="tokens", used=5),
        r.Budgeted(**BASE, budget="day", event="exceeded", unit="tokens", used=9),
        r.Compensated(**BASE, step="book", status="done"),
        r.Feedback(**BASE, on="r", by="ann", thumb="up", score=0.5, comment="good"),
        r.RunStarted(**BASE, team="team", resumed=True),
        r.RunEnded(**BASE, status="failed", error="E", seconds=1),
        r.Forked(**BASE, checkpoint="2", origin="1", by="bob"),
        r.Pruned(**BASE, before=9, hash="h", runs=("x",)),
        r.Forgotten(**BASE, payloads=3, by="ann"),
    ]
    deeds = deeds_of("t", happened)
    assert [(one.kind, one.text) for one in deeds.events] == [
        ("handoff", "a to b: money"),
        ("retry", "model gpt, attempt 2: slow"),
        ("fallback", "model gpt to offline: gone"),
        ("breaker", "gpt open"),
        ("budget", "day exceeded: 9 tokens"),
        ("undone", "book done"),
        ("feedback", "ann: up, 0.5, good"),
        ("run resumed", "after one that ended without a word"),
        ("run failed", "E"),
        ("fork", "back to checkpoint 1, by bob"),
        ("prune", "1 run, the records before 9"),
        ("forgotten", "what was said before, 3 payloads, by ann"),
    ]
    assert (deeds.runs, deeds.model, deeds.question, deeds.records) == (2, "gpt", "Why?", 14)


def test_decisions_tell_what_else_was_possible() -> None:
    """What was chosen is not among the others."""
    told = {"by": "payer", "decision": "pay", "reason": "due", "alternatives": ("pay", "wait")}
    (one,) = deeds_of("t", [r.Decided(**AGENT, **told)]).decisions
    assert (one.by, one.version, one.reason, one.others) == ("payer", "3", "due", ("wait",))


def test_what_is_forgotten_is_told() -> None:
    """One record whose words are gone is enough."""
    record = r.Decided(**BASE, by="a", decision="b").model_copy(update={"forgotten": True})
    assert deeds_of("t", [record]).forgotten
    assert not deeds_of("t", [r.Decided(**BASE, by="a", decision="b")]).forgotten


def test_question_of_the_ledger_is_told_by_its_node() -> None:
    """The name of its task is ours, and tells a person nothing."""
    fields = {**BASE, "node": "ask about send send:0 unknown 1", "interrupt": "a" * 32}
    place = "post:1|ask about send send:0 unknown 1:2"
    for told, who in (
        ({"place": place}, "post (did it happen?)"),
        ({"place": place, "agent": "mailer"}, "mailer (did it happen?)"),
        ({}, "(did it happen?)"),
    ):
        (one,) = deeds_of("t", [r.Interrupted(**{**fields, **told})]).approvals
        assert one.by_whom == who
