"""Whether what fits one JSON Schema fits another: never a wrong yes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from stretto.comparing.fitting import fits

VALUES = [
    None,
    True,
    0,
    1,
    7,
    1.5,
    "",
    "a",
    "abc",
    [],
    ["a"],
    [1],
    {},
    {"a": 1},
    {"a": "x", "b": 2},
]
LEAVES = st.sampled_from(
    [
        {},
        {"type": "string"},
        {"type": "integer"},
        {"type": "number"},
        {"type": "null"},
        {"type": "boolean"},
        {"type": ["string", "null"]},
        {"enum": ["a", "abc"]},
        {"const": 1},
        {"type": "integer", "minimum": 1},
        {"type": "string", "maxLength": 1},
    ]
)
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=2)}),
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}),
        st.builds(
            lambda one, needed: {"type": "object", "properties": {"a": one}, "required": needed},
            inner,
            st.sampled_from([[], ["a"]]),
        ),
    ),
    max_leaves=4,
)


@given(SCHEMAS, SCHEMAS)
def test_a_yes_is_never_wrong(given_, wanted):
    """Each value that the one allows the other allows, too."""
    if not fits(given_, wanted):
        return
    one, other = Draft202012Validator(given_), Draft202012Validator(wanted)
    assert all(other.is_valid(value) for value in VALUES if one.is_valid(value))


@given(SCHEMAS)
def test_a_schema_fits_itself(schema):
    """Nothing is too hard to be the same."""
    assert fits(schema, schema)


@pytest.mark.parametrize(
    ("given_", "wanted", "told"),
    [
        ({"type": "integer"}, {"type": "number"}, True),
        ({"type": "number"}, {"type": "integer"}, False),
        ({"type": "string"}, {"anyOf": [{"type": "string"}, {"type": "null"}]}, True),
        ({"$ref": "#/$defs/A", "$defs": {"A": {"type": "string"}}}, {"type": "string"}, True),
    ],
)
def test_what_is_wider_takes_what_is_narrower(given_, wanted, told):
    """Numbers take integers, optional takes required, references are followed."""
    assert fits(given_, wanted) is told
