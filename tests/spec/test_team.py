"""Teams as YAML: read with all faults at once, written, and told as JSON Schema."""

from __future__ import annotations

import inspect
import json

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stretto import patterns
from stretto.errors import BadDefinition
from stretto.patterns.hierarchy import Options, level
from stretto.patterns.supervisor import supervisor
from stretto.spec.team import Team, dump_team, parse_team, said, team_schema
from stretto.spec.wiring import PATTERNS, Approve, Escalation, Placed, Refine, Sequential

DESK = """\
name: desk
version: 2
agents:
  writer:
    role: writes
graph:
  pattern: route
  by:
    threshold: amount
    bounds: {clerk: 100}
    above: manager
  state:
    amount: float
    tags: {type: "list[str]", merge: append}
  members:
    clerk: writer
    manager:
      name: boss
      pattern: approve
      member: {step: loans.decide, when: {amount: "> 3"}}
      budget: {tokens: 300}
      policy: {retry: {attempts: 4}}
  otherwise: {say: "no"}
"""


def faults(text: str) -> list[str]:
    """What is said of a text, a line each."""
    try:
        _, _, found = parse_team(text, "t.yaml")
    except BadDefinition as error:
        return str(error).splitlines()
    return [str(each) for each in found]


def test_a_team_is_a_value_in_python_and_in_yaml() -> None:
    """The same content is an equal team."""
    team = Team(
        name="pair",
        graph=Sequential(steps=["writer", Refine(draft="writer", critic="judge", until=8)]),  # type: ignore[list-item]
    )
    text = "graph:\n  pattern: sequential\n  steps:\n    - writer\n    - {pattern: refine, draft: writer, critic: judge, until: 8}\n"
    assert parse_team(text, "graphs/pair.yaml")[0] == team


def test_what_is_written_is_read_as_the_same() -> None:
    """Defaults are left out, whole numbers are written as such."""
    team, _, found = parse_team(DESK, "t.yaml")
    assert not found
    text = dump_team(team)
    assert parse_team(text, "t.yaml")[0] == team
    assert "clerk: 100\n" in text
    assert "unsure" not in text
    assert text.index("pattern: route") < text.index("by:") < text.index("state:")


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (("name: desk", "nme: desk"), "1:1: unknown key 'nme'. Did you mean 'name'?"),
        (("version: 2", "version: 1.10"), "2:1: 'version' must be text, not 1.1. Put it in quotes"),
        (("pattern: route", "pattern: rout"), "7:3: unknown pattern 'rout'. Did you mean 'route'?"),
        (("pattern: approve", "pattern: aprove"), "19:7: unknown pattern 'aprove'. Did you mean"),
        (("name: desk", "name: a desk"), "1:1: name: 'a desk' cannot name an agent."),
        (("bounds: {clerk: 100}", "bounds: {}"), "10:5: 'bounds' is empty. Write at least one"),
        (("above: manager", "abov: manager"), "11:5: unknown key 'abov'. Did you mean 'above'?"),
        (("threshold: amount", "treshold: amount"), "8:3: by: it does not say who decides. Write"),
        (("merge: append", "merg: append"), "14:31: unknown key 'merg'. Did you mean 'merge'?"),
        (("amount: float", "amount: 3"), "13:5: 'amount' must be text, not 3. Put it in quotes"),
        (("{step: loans.decide, ", "{stp: loans.decide, "), "20:7: a mapping here does not say"),
        (("attempts: 4", "attempts: many"), "22:24: 'attempts' must be a whole number"),
        (("role: writes", "rol: writes"), "5:5: unknown key 'rol'. Did you mean 'role'?"),
        (("      budget:", "     budget:"), "21:"),
        (('otherwise: {say: "no"}', "otherwise: {sya: no}"), "23:"),
        (("graph:", "graph: |"), "6:1: pattern: route"),
        (("pattern: route", "agent: writer"), "6:1: a mapping here is no pattern. Write a `patt"),
        (("graph:", "grph:"), "6:1: unknown key 'grph'. Did you mean 'graph'?"),
    ],
)
def test_a_fault_names_line_column_and_remedy(change: tuple[str, str], line: str) -> None:
    """Typos, wrong types and indents, at any depth."""
    assert change[0] in DESK
    assert any(each.startswith(f"t.yaml:{line}") for each in faults(DESK.replace(*change, 1)))


def test_all_faults_are_told_and_the_rest_is_read() -> None:
    """What is wrong is taken out, so that names are looked up in what is left."""
    text = DESK.replace("name: desk", "nme: x").replace("above", "abve").replace("say:", "sa:")
    team, definition, found = parse_team(text.replace("amount: float", "amount: 3"), "t.yaml")
    assert len(found) >= 3
    assert "clerk" in definition.data["graph"]["members"]
    assert said(team)["graph"]["members"]["manager"]["name"] == "boss"


def test_a_file_without_a_graph_tells_what_to_write() -> None:
    """An empty file, a list, a team without members."""
    assert "Write `graph:`" in faults("")[0]
    assert "Write `graph:`" in faults("- a")[0]
    assert "the key 'graph' is missing. Add `graph:`" in faults("name: x\n")[0]


def _keywords(name: str) -> dict[str, inspect.Parameter]:
    factory = level if name == "level" else getattr(patterns, name)
    found = dict(inspect.signature(factory).parameters)
    if found.pop("options", None):
        found |= {
            key: inspect.signature(supervisor).parameters[key] for key in Options.__annotations__
        }
    return found


@pytest.mark.parametrize("name", list(PATTERNS))
def test_the_keys_of_a_pattern_are_the_keywords_of_its_factory(name: str) -> None:
    """All of them, with the same defaults: neither can be changed without the other."""
    kind, keywords = PATTERNS[name], _keywords(name)
    fields = {
        k: f for k, f in kind.model_fields.items() if k not in {*Placed.model_fields, "pattern"}
    }
    renamed = {"approve": {"member": "thing"}}.get(name, {})
    given = {renamed.get(key, key): field for key, field in fields.items()}
    if name == "swarm":
        del keywords["board"]  # a pattern of its own
    assert set(given) == set(keywords)
    for key, field in given.items():
        default = keywords[key].default
        if field.is_required() or default is inspect.Parameter.empty:
            continue
        if key in ("join", "ask", "most", "rules"):  # sentinels and names, looked at elsewhere
            continue
        assert field.get_default() == (list(default) if isinstance(default, tuple) else default), (
            key
        )


NAMES = st.sampled_from(["writer", "critic", "clerk"])
STEPS = st.sampled_from(
    [{"step": "a.b"}, {"step": "c.d", "when": {"x": "> 3"}}, {"step": "e.f", "when": "g.h"}]
)
FIELDS = st.dictionaries(
    st.sampled_from(["x", "y", "z"]),
    st.sampled_from(
        ["str", "list[float]", {"type": "list[str]", "merge": "append"}, {"one_of": ["a", "b"]}]
    ),
    max_size=2,
)


def _of(member: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    many = st.lists(member, min_size=1, max_size=3)
    see = st.sampled_from(["none", "last", {"step": "see.it"}])
    shared = {"name": NAMES, "state": FIELDS, "budget": st.just({"tokens": 5}), "context": see}

    def pattern(
        kind: str, needed: dict[str, object], **optional: object
    ) -> st.SearchStrategy[object]:
        own = {key: each for key, each in shared.items() if key in PATTERNS[kind].model_fields}
        return st.fixed_dictionaries(
            {"pattern": st.just(kind), **needed}, optional={**own, **optional}
        )  # type: ignore[arg-type]

    return st.one_of(
        pattern("sequential", {"steps": many}, width=st.integers(1, 5), items=st.just("x")),
        pattern(
            "parallel", {"members": many}, require=st.sampled_from(["all", "any", 2]), join=member
        ),
        pattern(
            "refine",
            {
                "draft": member,
                "critic": member,
                "until": st.sampled_from([8, 7.5, {"step": "a.b"}]),
            },
        ),
        pattern(
            "route",
            {
                "by": st.sampled_from(
                    [{"step": "a.b"}, {"agent": "writer"}, [{"step": "a.b"}, {"agent": "x"}]]
                ),
                "members": st.dictionaries(NAMES, member, min_size=1),
            },
            otherwise=st.one_of(member, st.just({"say": "no"})),
        ),
        pattern(
            "approve",
            {"member": member},
            ask=st.sampled_from(["Yes?", {"step": "a.b"}]),
            escalate=st.just(["x", {"to": "y", "seconds": 4}]),
        ),
        pattern(
            "supervisor",
            {"manager": member, "workers": many},
            check=st.sampled_from(["a.b", {"x": "a.b"}]),
            reassign=st.one_of(many, st.dictionaries(NAMES, many, max_size=1)),
        ),
        pattern(
            "hierarchy",
            {"manager": member, "members": many},
            authority=st.just({"tools": ["t"], "may_decide": {"pay": 5}}),
        ),
        pattern(
            "saga",
            {
                "steps": st.lists(
                    st.one_of(member, st.just({"do": "writer", "undo": "a.b"})),
                    min_size=1,
                    max_size=2,
                )
            },
        ),
        pattern(
            "swarm", {"agents": many}, edges=st.just({"x": ["y", {"to": "z", "context": "last"}]})
        ),
    )


GRAPHS = st.recursive(st.one_of(NAMES, STEPS), _of, max_leaves=6).filter(
    lambda made: isinstance(made, dict) and "pattern" in made
)


@settings(max_examples=150, deadline=None)
@given(GRAPHS)
def test_whatever_is_written_is_read_as_the_same_and_fits_the_schema(graph: object) -> None:
    """Any nesting of patterns: reading what was written gives an equal team."""
    team = Team.model_validate({"name": "t", "graph": graph})
    text = dump_team(team)
    again, definition, found = parse_team(text, "t.yaml")
    assert not found
    assert again == team
    VALIDATOR.validate(definition.data)


VALIDATOR = jsonschema.Draft202012Validator(team_schema())


def test_the_schema_is_one_that_editors_take() -> None:
    """It is valid, describes the keys, and refuses a typo."""
    jsonschema.Draft202012Validator.check_schema(team_schema())
    assert json.dumps(team_schema()).count("description") > 100
    good = parse_team(DESK, "t.yaml")[1].data
    VALIDATOR.validate(good)
    assert not VALIDATOR.is_valid({**good, "nme": "x"})
    assert not VALIDATOR.is_valid({"graph": {"pattern": "sequentail", "steps": ["a"]}})


def test_names_of_people_and_seconds_stay_apart() -> None:
    """An escalation is a name, or a name with seconds."""
    one = Approve(member="x", escalate=["boss", Escalation(to="board", seconds=5)])  # type: ignore[arg-type]
    assert said(one)["escalate"] == ["boss", {"to": "board", "seconds": 5}]


def test_hierarchies_hold_levels() -> None:
    """The keys of a level are those of the hierarchy, but for its state."""
    whole, part = (set(PATTERNS[name].model_fields) for name in ("hierarchy", "level"))
    assert whole - part == {"state"}
