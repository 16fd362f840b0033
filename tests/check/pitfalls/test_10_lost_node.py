"""FACTS 2.10: a node renamed between pause and resume: the answer is lost."""

from __future__ import annotations

from typing import Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START
from langgraph.types import Command, interrupt

from tests.check.rules.chains import found
from tests.check.rules.wired import Log, wired


def _ask(state: Log) -> dict[str, Any]:
    return {"log": [interrupt("May I?")]}


def test_the_answer_is_lost_and_check_says_so():
    """The resumed run is a success without the answer; the check names node and thread."""
    saver = InMemorySaver()
    config: Any = {"configurable": {"thread_id": "order 7"}}
    old = wired((START, "draft"), ("draft", "ask"), ask=_ask).compile(checkpointer=saver)
    assert "__interrupt__" in old.invoke({"log": []}, config)
    new = wired((START, "draft"), ("draft", "approve"), approve=_ask).compile(checkpointer=saver)
    (finding,) = found(new, "G109")
    assert new.invoke(Command(resume="yes"), config) == {"log": ["draft"]}
    assert finding.node == "ask"
    assert "'order 7'" in finding.message
