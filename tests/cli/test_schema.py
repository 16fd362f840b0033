"""`stretto schema`: what editors check team and agent files by."""

from __future__ import annotations

import jsonschema
import pytest


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (
            ["team"],
            {"graph": {"pattern": "sequential", "steps": ["a", {"step": "b.c", "when": "b.d"}]}},
            {"graph": {"pattern": "sequential", "steps": ["a", {"stp": "b.c"}]}},
        ),
        ([], {"version": 2, "graph": {"pattern": "board", "agents": ["a"], "tasks": [1]}}, {}),
        (["agent"], {"role": "reads", "tools": ["a.b"]}, {"rol": "reads"}),
    ],
)
def test_a_schema_takes_good_files_and_no_others(stretto, kind, good, bad):
    """A team's by default."""
    said = stretto("schema", *kind)
    validator = jsonschema.Draft202012Validator(said.json)
    validator.check_schema(said.json)
    assert said.code == 0
    assert validator.is_valid(good)
    assert not validator.is_valid(bad)


def test_another_kind_is_refused(stretto):
    """With those that there are."""
    said = stretto("schema", "prompt")
    assert (said.code, "is not one of 'team'" in said.err) == (2, True)
