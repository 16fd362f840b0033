"""Replies in order, each given once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from langchain_core.messages import HumanMessage

from stretto.testing.call import Call, call
from stretto.testing.reply import UnexpectedCall
from stretto.testing.script import LONGEST, Script, quoted

ASKED = Call((HumanMessage("hi"),))


def test_each_reply_is_given_once_whoever_asks():
    """Threads that ask at once share the list."""
    script = Script(range(200))
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: script.take(ASKED), range(200)))
    assert sorted(taken) == list(range(200))
    assert script.left == 0


def test_a_script_that_has_run_out_says_what_was_asked_and_what_to_do():
    """The error is the first thing a test's author reads."""
    script = Script(["one"])
    script.take(ASKED)
    with pytest.raises(UnexpectedCall) as caught:
        script.take(ASKED)
    assert str(caught.value) == (
        "the script of 1 replies has run out, and the model was asked 'hi' (from human; tools: "
        "none). Add a reply to the script, or give a function that answers any call."
    )


def test_a_quoted_call_is_short_and_names_the_tools():
    """A prompt of pages does not belong into an error."""

    def search(query: str) -> str:
        """Search."""
        return query

    text = quoted(call([HumanMessage("x" * 5000)], tools=[search]))
    assert len(text) < LONGEST + 100
    assert "tools: search" in text
