from __future__ import annotations

import pytest

from stretto.errors import BadDefinition, BadDefinitions, InvalidInput
from stretto.observe.alert_rules import headers_of, load_rules, parse_rules

GOOD = """\
rules:
  - name: research fails
    metric: error_rate
    team: research
    above: 0.2
    window: 24h
    min: 5
    for: 1m
    every: 1h
    command: [notify, "it fails"]
    webhook: https://example.org/hook
    headers: {Authorization: "Bearer ${TOKEN}"}
  - name: someone waits
    metric: approval_waiting
    command: [notify]
"""


def test_a_rule_is_read_with_its_spans_in_seconds():
    """And what has a default has it."""
    first, second = parse_rules(GOOD, "alerts.yaml")
    assert (first.window, first.held, first.every, first.threshold) == (86_400, 60, 3600, 0.2)
    assert (second.threshold, second.held, second.every) == (3600.0, 0.0, None)


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (("above: 0.2", "above: 20"), 2, "an error rate is never above 1"),
        (("above: 0.2\n    ", ""), 2, "does not say above what"),
        (("metric: error_rate", "metric: errors"), 3, "'error_rate'"),
        (("window: 24h", "window: soon"), 6, "no span of time"),
        (("min: 5", "min: none"), 7, "'min' must be a whole number"),
        (("team: research", "breaker: m"), 2, "error_rate is not told by breaker"),
        (
            ("metric: approval_waiting", "metric: dead_letters\n    team: research"),
            13,
            "not told by team: it counts all there are. Leave `team:` out",
        ),
        (
            ("command: [notify]", 'command: "rm -rf"'),
            15,
            "'rm -rf' is no list. Write a list, such as [notify-send, ...]",
        ),
        (("team: research", "tema: research"), 4, "Did you mean 'team'"),
        (("https://example.org/hook", "example.org"), 2, "is no URL"),
        (("    command: [notify]\n", ""), 13, "calls nobody"),
        (("someone waits", "research fails"), 13, "stands here and in line 2"),
        (("team: research", "version: 2"), 2, "Add `agent:`"),
    ],
)
def test_a_fault_names_its_line_and_the_remedy(change, line, words):
    """Whatever is wrong."""
    with pytest.raises(BadDefinition) as fault:
        parse_rules(GOOD.replace(*change), "alerts.yaml")
    assert f"alerts.yaml:{line}:" in str(fault.value)
    assert words in str(fault.value)


def test_several_faults_are_told_at_once():
    """Each on its line."""
    with pytest.raises(BadDefinitions) as fault:
        parse_rules(GOOD.replace("min: 5", "min: x").replace("24h", "soon"), "alerts.yaml")
    assert len(fault.value.errors) == 2


def test_a_project_without_rules_is_shown_one(tmp_path):
    """That can be read."""
    with pytest.raises(InvalidInput) as fault:
        load_rules(tmp_path)
    assert parse_rules(str(fault.value).partition("such as:\n")[2], "x")[0].metric == "error_rate"


def test_secrets_come_from_the_environment():
    """One that is missing is named, never sent as it stands."""
    rule = parse_rules(GOOD, "alerts.yaml")[0]
    assert headers_of(rule, {"TOKEN": "s3"}) == {"Authorization": "Bearer s3"}
    with pytest.raises(InvalidInput, match="TOKEN"):
        headers_of(rule, {})
    with pytest.raises(InvalidInput, match="line break"):
        headers_of(rule, {"TOKEN": "a\r\nX: b"})


def test_an_empty_file_is_told_what_rules_look_like():
    """Not what agents do."""
    with pytest.raises(BadDefinition, match=r"no keys here\. Begin it with `rules:`") as fault:
        parse_rules("", "alerts.yaml")
    assert "role" not in str(fault.value)
