"""Team files with random faults: they build, or are refused with place and remedy."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from stretto import Project
from stretto.errors import StrettoError
from stretto.spec.team import dump_team, parse_team, team_schema
from stretto.teams import build_team, teams

PROJECT = Project.at(Path(__file__))
TEXTS = {name: path.read_text(encoding="utf-8") for name, path in teams(PROJECT).items()}
VALIDATOR = jsonschema.Draft202012Validator(team_schema())
VALUES = (
    *("null", "3", "-1", "1.5", "true", "[]", "{}", "[a, b]", "{a: b}", '""', '"?"', "|", "*x"),
    *("{step: x}", "{team: nowhere}", "{graph: 'steps/loans.py:Loan'}", "loans.Loan", "loans.head"),
    *(
        "'a b'",
        "{agent: {}}",
        "{say: x}",
        "2024-01-01",
        "'list[str'",
        '"\\0"',
        "..",
        "os.path:join",
    ),
)
PLACED = re.compile(r".+:\d+(:\d+)?: .+\. \S.+")


def mutated(text: str, kind: str, at: int, value: str) -> str:
    """A text with one line deleted, doubled, indented, cut short, or said otherwise."""
    lines = text.splitlines()
    at %= len(lines)
    match kind:
        case "delete":
            del lines[at]
        case "double":
            lines.insert(at, lines[at])
        case "indent":
            lines[at] = f" {lines[at]}"
        case "cut":
            del lines[at + 1 :]
        case "letter":
            middle = len(lines[at]) // 2
            lines[at] = f"{lines[at][:middle]}x{lines[at][middle + 1 :]}"
        case _:
            head, colon, _ = lines[at].partition(":")
            lines[at] = f"{head}: {value}" if colon else f"{lines[at].partition('- ')[0]}- {value}"
    return "\n".join([*lines, ""])


@settings(max_examples=25, derandomize=True)
@given(
    st.sampled_from(sorted(TEXTS)),
    st.sampled_from(["delete", "double", "indent", "cut", "letter", "value", "value", "value"]),
    st.integers(0, 200),
    st.sampled_from(VALUES),
)
def test_a_file_with_a_fault_builds_or_is_refused_with_place_and_remedy(
    name: str, kind: str, at: int, value: str
) -> None:
    """Never another exception; what builds fits the schema and comes back as it is."""
    text = mutated(TEXTS[name], kind, at, value)
    try:
        told, definition, faults = parse_team(text, f"{name}.yaml")
        build_team(told, PROJECT, definition=definition, faults=faults)
    except StrettoError as error:
        lines = str(error).splitlines()
        assert lines
        assert all(map(PLACED.match, lines)), lines
    else:
        VALIDATOR.validate(definition.data)
        assert parse_team(dump_team(told), f"{name}.yaml")[0] == told
