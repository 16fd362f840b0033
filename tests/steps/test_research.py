"""What becomes of a synthesizer's text: only what its numbers prove is kept."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from stretto.project import Project

step = Project.at(__file__).step
BRIEF = """<request>Why?</request>
<results>
<result task="t1">
[1] /my docs/a.md:3 Glazes > Why "Glaze crazes when it shrinks."
[2] b.md:9 Firing "The kiln is opened cold."
</result>
</results>"""


def state(answer: str, *, verdict: str = "accept", own: str = "") -> dict[str, Any]:
    """What the review holds when the synthesizer has written."""
    review = {"verdict": verdict, "reason": "proven", "answer": own}
    finding = {"found": bool(answer), "answer": answer, "citations": []}
    return {
        "messages": [HumanMessage(BRIEF)],
        "results": {"judge": review, "synthesizer": finding},
    }


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("It shrinks [1]. Open it cold [2].", "It shrinks [1]. Open it cold [2]."),
        ("It shrinks. [1] And it is blue.", "It shrinks. [1]"),
        ("It shrinks [1][7]. Open it cold [2].", "Open it cold [2]."),
        ('"The kiln is opened cold."', '"The kiln is opened cold." [2]'),
        ("It is blue.", ""),
        ("", ""),
    ],
)
def test_a_sentence_counts_when_its_numbers_lead_to_quotations(written: str, kept: str):
    """Without any, the results stand as they are: the review's answer is empty."""
    assert step("research.joined")(state(written)).answer == kept


def test_nothing_is_joined_that_was_not_accepted():
    """Nor where the reviewer joined it: why is said."""
    assert step("research.accepted")(state("x")) is True
    for left in (state("x", verdict="revise"), state("x", own="Done [1].")):
        assert isinstance(step("research.accepted")(left), str)
    assert step("research.joined")(state("It shrinks [1].", verdict="revise")).answer == ""
