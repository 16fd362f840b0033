from __future__ import annotations

from pathlib import Path

from stretto.cli.outcome import (
    draw_answer,
    draw_citation,
    draw_header,
    draw_usage,
    limit_words,
    next_commands,
)
from stretto.cli.progress import fold


def test_the_header_tells_what_offline_does_not_do_and_the_limit(tale, drawn):
    """The header tells what offline does not do and the limit."""
    tale.start(context={"sources": ["/docs"]})
    said = drawn(draw_header(fold(tale.records).view))
    assert "offline: quotes its sources, does not write" in said
    assert "at most 100 model calls" in said
    assert "sources  /docs" in said


def test_an_answer_has_numbered_citations_and_its_verdict(tale, drawn):
    """An answer has numbered citations and its verdict."""
    tale.start()
    tale.conclude()
    lines = drawn(draw_answer(fold(tale.records).view.answer)).splitlines()
    assert "[1] /x/y.py:7  f" in lines
    assert "    “so it is”" in lines
    assert lines[-1] == "accepted after 1 round: all is proven"


def test_an_answer_that_is_not_accepted_says_so(tale, drawn):
    """An answer that is not accepted says so."""
    tale.start()
    tale.conclude("not accepted")
    assert "NOT accepted after 1 round" in drawn(draw_answer(fold(tale.records).view.answer))


def test_paths_below_the_working_directory_are_told_from_there(drawn):
    """Paths below the working directory are told from there."""
    cited = {"path": str(Path.cwd() / "a" / "b.md"), "line": 3, "quote": "so"}
    assert "[2] a/b.md:3" in drawn(draw_citation(2, cited))


def test_usage_names_the_limit(tale, drawn):
    """Usage names the limit."""
    tale.start()
    tale.model()
    view = fold(tale.records).view
    said = drawn(draw_usage(view, 1.5, view.limits))
    assert said == "1 of 100 model calls · 0 tool calls · 10 tokens in, 3 out · 1.5 s"
    assert drawn(draw_usage(view, 75, {})).startswith("1 model call ·")


def test_limits_are_told_in_words():
    """Limits are told in words."""
    assert (
        limit_words({"model_calls": 1, "steps": 5}) == "at most 1 model call, at most 5 supersteps"
    )
    more = {"tokens": 2000, "money": 0.5, "seconds": 90}
    assert limit_words(more) == "at most 2,000 tokens, at most 0.5 of money, at most 1 min 30 s"
    assert limit_words({}) == "none"


def test_three_commands_to_try_name_the_thread(tale):
    """Three commands to try name the thread."""
    tale.start()
    commands = [command for command, _ in next_commands(fold(tale.records).view, searches=True)]
    assert len(commands) == 3
    assert commands[0] == "stretto chat team --thread thread-1"
