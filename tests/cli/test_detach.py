from __future__ import annotations

import os
import time

from stretto.cli.detach import command
from stretto.cli.run import Asked
from stretto.policy import Limits


def wait_for_end(stretto, thread):
    """Watch a thread until it runs no more; give what was shown."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        said = stretto("watch", thread)
        if "running" not in stretto("threads").out:
            return said
    raise AssertionError(said)


def test_a_run_goes_on_in_the_background_and_is_watched(stretto):
    """A run goes on in the background and is watched."""
    told = stretto("run", "team", "x", "--detach", "--json").json
    assert told["process"] != os.getpid()
    said = wait_for_end(stretto, told["thread"])
    assert "── answer" in said.out
    assert stretto("show", told["thread"]).out.count("✓") == 3


def test_a_run_that_does_not_begin_says_why(stretto):
    """A run that does not begin says why."""
    said = stretto("run", "teem", "x", "--detach")
    assert said.code == 2
    assert "Did you mean 'team'?" in said.err


def test_the_background_process_gets_all_that_was_asked():
    """The background process gets all that was asked."""
    asked = Asked(
        team="team",
        question="--why?",
        thread="t",
        sources=["/a", "/b"],
        limits=Limits(model_calls=3, steps=9),
        model="offline",
        wait=0.0,
        compensate=True,
        context={"output": "b", "scale": {"best": 5}},
    )
    assert command(asked)[3:] == [
        *["run", "--json", "--thread", "t", "--model", "offline", "--max-model-calls", "3"],
        *["--max-steps", "9", "--sources", "/a", "--sources", "/b"],
        *["--context", 'output="b"', "--context", 'scale={"best": 5}', "--compensate"],
        *["--", "team", "--why?"],
    ]
