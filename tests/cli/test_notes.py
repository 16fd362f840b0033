from __future__ import annotations

from typing import get_args

import pytest

from stretto import records as r
from stretto.cli.notes import noted

TOLD = {"time": 1.0, "thread": "t", "run": "r"}
EFFECT = {"key": "k", "kind": "tool", "name": "pay"}


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (r.Retried(**TOLD, step="model", name="gpt", attempt=3, error="E: no"), "gpt is tried again, attempt 3: E: no"),
        (r.FellBack(**TOLD, step="model", name="a", to="b", error="no"), "b takes over from a: no"),
        (r.Handoff(**TOLD, by="a", to="b", reason="wood"), "a hands over to b: wood"),
        (r.Forked(**TOLD, checkpoint="c2", origin="c1", by="eva"), "the thread goes back to checkpoint c1 by eva"),
        (r.Forgotten(**TOLD, payloads=3, by="eva"), "what was said until here is forgotten by eva"),
        (r.Pruned(**TOLD, before=30, hash="x"), "30 old records removed"),
        (r.EffectStarted(**TOLD, **EFFECT, effect="ask"), ""),
        (r.EffectStarted(**TOLD, **EFFECT, effect="ask", attempt=2), "pay is done again, attempt 2"),
        (r.EffectEnded(**TOLD, **EFFECT, status="settled"), ""),
        (r.EffectEnded(**TOLD, **EFFECT, status="returned"), "pay was done before: its record is given back"),
        (r.EffectEnded(**TOLD, **EFFECT, status="refused"), "pay may have been done and is not done again"),
        (r.BreakerChanged(**TOLD, breaker="gpt", state="open", reason="5 failures"), "breaker gpt is open: 5 failures"),
        (r.Budgeted(**TOLD, budget="team", event="reserved", unit="tokens"), ""),
        (r.Budgeted(**TOLD, budget="team", event="exceeded", unit="tokens", used=12, limit=10), "budget team exceeded: 12 of 10 tokens"),
        (r.CompensationStarted(**TOLD, scope="p", why="failed", error="no"), "what was done here is undone (failed): no"),
        (r.CompensationStarted(**TOLD, scope="", why="asked", by="Ann"), "what was done in this turn is undone (asked) by Ann"),
        (r.DeadLettered(**TOLD, letter="a1", kind="undo", name="pay", attempts=3), "pay waits for a person: stretto dead-letters show a1"),
        (r.LetterClosed(**TOLD, letter="a1", how="dropped", by="Ann", reason="by hand"), "dead letter a1 is dropped by Ann: by hand"),
        (r.Compensated(**TOLD, step="pay", status="failed", error="no"), "pay could not be undone: no"),
        (r.Feedback(**TOLD, on="r", by="eva", thumb="up", score=0.5, comment="good"), "feedback by eva: up 0.5 good"),
        (r.Outcome(**TOLD, verdict="accepted", rounds=2, human_edits=1), "outcome: accepted after 2 rounds, 1 edit by people"),
        (r.ModelStarted(**TOLD, model="m", messages=1), ""),
    ],
)  # fmt: skip
def test_each_is_said_in_a_line(record, said):
    """Nothing where nothing is amiss, or other records tell it."""
    assert noted(record) == said


def test_every_type_is_thought_of():
    """A record of a new type is told, or left out on purpose."""
    quiet = {"run_started", "run_ended", "node_started", "node_ended", "model_started",
             "model_ended", "tool_started", "tool_ended", "decided", "interrupted",
             "answered", "waited"}  # fmt: skip
    told = {"retried", "fell_back", "handoff", "forked", "pruned", "forgotten", "effect_started",
            "effect_ended", "breaker_changed", "budgeted", "compensated", "feedback",
            "outcome", "compensation_started", "dead_lettered", "letter_closed"}  # fmt: skip
    kinds = get_args(get_args(r.AnyRecord)[0])
    assert {kind.model_fields["type"].default for kind in kinds} == quiet | told
