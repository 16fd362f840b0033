from __future__ import annotations

from pathlib import Path

import pytest

from stretto.cli.words import ago, arguments, counted, cut, near, seconds


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (59.4, "59 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")],
)
def test_durations_are_short(value, said):
    """Durations are short."""
    assert seconds(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (3, "just now"),
        (240, "4 min ago"),
        (7300, "2 h ago"),
        (90_000, "1 day ago"),
        (3e5, "3 days ago"),
    ],
)
def test_the_past_is_told_in_one_unit(value, said):
    """The past is told in one unit."""
    assert ago(value) == said


def test_the_first_text_of_arguments_stands_for_itself():
    """The first text of arguments stands for itself."""
    assert arguments({"query": "a  b", "limit": 3, "deep": True}) == '"a b" limit=3 deep=true'
    assert arguments({"n": 1, "s": "x"}) == "n=1 s=x" or arguments({"n": 1, "s": "x"}) == 'n=1 "x"'
    assert len(arguments({"query": "w " * 200})) <= 60


def test_texts_are_cut_to_a_line():
    """Texts are cut to a line."""
    assert cut("a\n b", 10) == "a b"
    assert cut("abcdef", 4) == "abc…"


def test_numbers_agree_with_their_nouns():
    """Numbers agree with their nouns."""
    assert (counted(1, "task"), counted(1200, "task")) == ("1 task", "1,200 tasks")


def test_paths_are_told_from_where_one_is(tmp_path, monkeypatch):
    """Paths are told from where one is."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ann"))
    assert near(str(tmp_path / "a.md")) == "a.md"
    assert near("/home/ann/b.md") == "~/b.md"
    assert near("/etc/c") == "/etc/c"
    assert near("d.md") == "d.md"
