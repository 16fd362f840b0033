"""Graphs made of what team files say: equal to those that Python makes, all faults at once."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

import stretto
from stretto import Project, approve, hierarchy, member, parallel, refine, route, saga, sequential
from stretto.errors import BadDefinition, InvalidInput, StrettoError, UnknownName
from stretto.patterns import File, handoff, level, map_reduce, swarm
from stretto.policy import Authority
from stretto.routing import Threshold
from stretto.routing.holds import Holds
from stretto.spec.team import dump_team, parse_team
from stretto.teams import build_team, load_team, team, versions, whole_team
from stretto.teams.declaring import declared

if TYPE_CHECKING:
    from pathlib import Path

STEPS = '''
from typing_extensions import TypedDict
from stretto.policy import Authority


class Loan(TypedDict, total=False):
    amount: float


LIMIT = Authority(may_decide={"pay": 100})


def read(state) -> str:
    """Reads."""
    return "read"


def judge(state):
    """Judges."""
    return 9


def undo_read(output, brief):
    """Undoes."""


def add(one, other):
    return one + other


def wanted(state):
    return True


def kind(state):
    return "big"
'''


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two agents and a family of steps."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    files = {
        "langgraph.json": '{"dependencies": ["."], "graphs": {}}',
        "agents/writer.yaml": "role: writes\nprompt: Write it down.\n",
        "agents/judge.yaml": "role: judges\nprompt: Judge it.\noutput: Critique\n".replace(
            "output: Critique\n", ""
        ),
        "steps/loans.py": STEPS,
        "rows.csv": "a\n1\n2\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def built(root: Path, text: str, name: str = "t") -> Any:
    """The graph of a text, compiled."""
    path = root / "graphs" / f"{name}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return team(path)


def drawn(graph: Any) -> str:
    """All that a graph shows of itself: nodes with what they tell, edges, schemas."""
    told = graph.get_graph(xray=True).to_json(with_schemas=True)
    schemas = [graph.get_input_jsonschema(), graph.get_output_jsonschema()]
    return json.dumps([told, schemas], default=str, sort_keys=True)


def test_each_pattern_is_the_same_in_both_forms(root: Path) -> None:
    """YAML and Python make equal graphs, and Python's are told as that YAML."""
    project = Project.at(root)
    step = project.step
    writer, judge = project.agent("writer"), project.agent("judge")
    forms: list[tuple[str, Any]] = [
        (
            "pattern: sequential\nsteps: [{step: loans.read}, {agent: writer, when: {amount: '> 3'}}]\nstate: loans.Loan",
            sequential(
                step("loans.read"),
                member(writer, when=Holds({"amount": "> 3"})),
                state=step("loans.Loan"),
            ),
        ),
        (
            "pattern: parallel\nmembers: [writer, {step: loans.read, name: reader}]\nrequire: any\njoin: judge",
            parallel(writer, member(step("loans.read"), name="reader"), require="any", join=judge),
        ),
        (
            "pattern: route\nby: {threshold: amount, bounds: {small: 100}, above: big}\nmembers: {small: writer, big: {pattern: approve, name: boss, member: {step: loans.read}, ask: Pay?}}\notherwise: {say: no amount}\nstate: loans.Loan",
            route(
                Threshold("amount", {"small": 100}, above="big"),
                {
                    "small": writer,
                    "big": approve(step("loans.read"), ask="Pay?").compile(name="boss"),
                },
                otherwise="no amount",
                state=step("loans.Loan"),
            ),
        ),
        (
            "pattern: swarm\nagents: [{step: loans.read}, {agent: writer, handoff: {context: {step: loans.read}}}, {pattern: sequential, name: chain, steps: [judge], handoff: {context: none}}]",
            swarm(
                [
                    step("loans.read"),
                    handoff(writer, context=step("loans.read")),
                    handoff(sequential(judge).compile(name="chain"), context="none"),
                ]
            ),
        ),
        (
            "pattern: refine\ndraft: {step: loans.read}\ncritic: {step: loans.judge}\nuntil: 8",
            refine(step("loans.read"), step("loans.judge"), until=8),
        ),
        (
            "pattern: saga\nsteps: [{do: {step: loans.read}, undo: loans.undo_read}, writer]",
            saga((step("loans.read"), step("loans.undo_read")), writer),
        ),
        (
            "pattern: map_reduce\nsource: {file: rows.csv}\nworker: {step: loans.read}\nreduce: loans.add\nchunk: 5",
            map_reduce(File(root / "rows.csv"), step("loans.read"), step("loans.add"), chunk=5),
        ),
        (
            "pattern: hierarchy\nmanager: writer\nmembers: [{pattern: level, manager: judge, members: [{step: loans.read}], authority: loans.LIMIT}]\nauthority: {may_decide: {pay: 500}}",
            hierarchy(
                writer,
                [level(judge, [step("loans.read")], authority=step("loans.LIMIT"))],
                authority=Authority(may_decide={"pay": 500}),
            ),
        ),
    ]
    for text, python in forms:
        body = "".join(f"  {line}\n" for line in text.splitlines())
        yaml = built(root, f"graph:\n{body}")
        assert drawn(yaml) == drawn(python.compile(name="t")), text
        if "threshold" not in text:  # a decider made in Python has no name
            told = declared(python.compile(name="t"), project)
            assert told == load_team(root / "graphs" / "t.yaml"), dump_team(told)


def test_a_graph_of_a_file_tells_that_file(root: Path) -> None:
    """The team that was read is the team that is told."""
    graph = built(root, "version: 3\ngraph: {pattern: sequential, steps: [writer]}\n")
    told = declared(graph, Project.at(root))
    assert told.version == "3"
    assert told == load_team(root / "graphs" / "t.yaml")


def test_agents_of_its_own_come_first(root: Path) -> None:
    """A team may define agents, and name the project's prompts and tools in them."""
    graph = built(
        root,
        "agents: {writer: {role: own, prompt: Say it twice.}}\ngraph: {pattern: sequential, steps: [writer]}\n",
    )
    assert graph.get_graph().nodes["writer"].metadata["role"] == "own"


def test_an_agent_that_only_python_knows_becomes_the_teams_own(root: Path) -> None:
    """What `declared` gives builds the same graph again."""
    python = sequential(stretto.Agent(name="poet", role="rhymes", prompt="Rhyme it.")).compile(
        name="t"
    )
    told = declared(python, Project.at(root))
    assert "poet" in told.agents
    assert drawn(build_team(told, Project.at(root)).compile(name="t")) == drawn(python)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("steps: [writr]", "3:11: no agent 'writr'. Did you mean 'writer'?"),
        ("steps: [{step: loans.raed}]", "3:12: no step 'loans.raed'. Did you mean 'loans.read'?"),
        ("steps: [{team: other}]", "3:12: no team 'other'."),
        ("steps: [{graph: 'no.such:thing'}]", "3:12: there is no module 'no.such'"),
        ("steps: [{graph: 'json:nothing'}]", "3:12: no json:NAME 'nothing'"),
        ("steps: [writer, writer]", "1:1: two members are called 'writer'"),
        ("steps: [writer]\n  state: {a: flaot}", "4:11: no type 'flaot'. Did you mean 'float'?"),
        (
            "steps: [writer]\n  state: {a: 'list[strr]'}",
            "4:11: no type 'strr'. Did you mean 'str'?",
        ),
        ("steps: [writer]\n  state: {a: 'list('}", "4:11: 'list(' is no type. Write one such as"),
        ("steps: [{agent: writer, when: {a: '>> 3'}}]", "3:27: the condition on 'a':"),
        ("steps: ['?']", "3:11: no agent '?'"),
        ("steps: [{step: loans.Loan}]", "3:12: 'loans.Loan' is a class, no member. Name a"),
        ("steps: [{graph: 'steps/loans.py:Loan'}]", "3:12: 'steps/loans.py:Loan' is a class"),
        ("steps: [writer]\n  budget: loans.Loan", "4:3: 'loans.Loan' is a class, no Budget. Name"),
        ("steps: [writer]\n  state: loans.kind", "4:3: 'loans.kind' is a function, no class of"),
        ("steps: [{agent: writer, when: loans.LIMIT}]", "3:27: 'loans.LIMIT' is of type Authority"),
        ("steps: [{agent: writer, gives: loans.kind}]", "3:27: 'loans.kind' is no class. Name one"),
        ("steps: [{graph: 'no_such.py:graph'}]", "3:12: "),
        ("steps: [{agent: writer, policy: {undo: nothing}}]", "3:36: no tool 'nothing'"),
        (
            "steps: [{agent: writer, gives: Findin}]",
            "3:27: no type 'Findin'. Did you mean 'Finding'?",
        ),
    ],
)
def test_a_name_that_leads_nowhere_is_told_with_its_place(root: Path, text: str, said: str) -> None:
    """File, line, column, what was meant."""
    with pytest.raises(StrettoError) as fault:
        built(root, f"graph:\n  pattern: sequential\n  {text}\n")
    assert f"t.yaml:{said}" in str(fault.value) or (
        f"{said.partition(' ')[2]}" in str(fault.value)
        and f"t.yaml:{said.split(':', maxsplit=1)[0]}" in str(fault.value)
    )


def test_a_wrong_name_within_a_pattern_has_its_place(root: Path) -> None:
    """What a factory looks up itself is told with file, line and column, too."""
    text = "graph:\n  pattern: swarm\n  agents: [writer, judge]\n  edges: {writer: [judg]}\n"
    with pytest.raises(
        UnknownName, match=r"t\.yaml:1:1: swarm: edges\['writer'\]: no agent 'judg'"
    ):
        built(root, text)


def test_what_a_users_code_raises_is_told_where_it_is_named(root: Path) -> None:
    """No other exception than ours comes out of a file, whatever its functions do."""
    (root / "steps" / "odd.py").write_text(
        "class Odd:\n    def __call__(self): ...\n"
        "    @property\n    def __name__(self): raise KeyError('odd')\n\nodd = Odd()\n"
    )
    with pytest.raises(BadDefinition, match=r"t\.yaml:\d:\d+: this cannot be made \(KeyError"):
        built(root, "graph:\n  pattern: sequential\n  steps: [{step: odd.odd}]\n")


def test_all_faults_are_told_at_once_in_the_files_order(root: Path) -> None:
    """Typos of keys, of names, of types and of agents within it, in one run."""
    text = """\
nme: x
agents:
  own: {rol: y, prompt: nix}
graph:
  pattern: sequential
  steps:
    - {pattern: sequentail, steps: [a]}
    - writr
    - {agent: judge, whn: 1}
    - {step: loans.raed}
  state: {a: flaot}
"""
    with pytest.raises(BadDefinition) as fault:
        built(root, text)
    lines = str(fault.value).splitlines()
    assert [int(line.split(".yaml:")[1].split(":")[0]) for line in lines] == [
        1,
        3,
        3,
        7,
        8,
        9,
        10,
        11,
    ]


def test_a_team_in_itself_is_refused(root: Path) -> None:
    """A cycle of includes names its way."""
    (root / "graphs").mkdir()
    (root / "graphs" / "a.yaml").write_text("graph: {pattern: sequential, steps: [{team: b}]}\n")
    (root / "graphs" / "b.yaml").write_text("graph: {pattern: sequential, steps: [{team: a}]}\n")
    with pytest.raises(InvalidInput, match=r"a member of itself: a -> b -> a\. Take it out"):
        team(root / "graphs" / "a.yaml")


def test_a_team_in_a_team_is_a_member_by_its_name(root: Path) -> None:
    """Its graph is seen within."""
    built(root, "graph: {pattern: sequential, steps: [writer]}\n", "inner")
    outer = built(root, "graph: {pattern: sequential, steps: [{team: inner}, judge]}\n", "outer")
    assert "inner:writer" in " ".join(outer.get_graph(xray=2).nodes)


def test_versions_stand_beside_each_other(root: Path) -> None:
    """`NAME.yaml` is the newest; the others are `NAME@VERSION.yaml`."""
    built(root, "version: 2\ngraph: {pattern: sequential, steps: [writer, judge]}\n")
    (root / "graphs" / "t@1.yaml").write_text(
        "version: 1\ngraph: {pattern: sequential, steps: [writer]}\n"
    )
    path = root / "graphs" / "t.yaml"
    assert set(versions(path)) == {"1", "2"}
    assert "judge" not in team(f"{path}@1").get_graph().nodes
    assert "judge" in team(f"{path}@2").get_graph().nodes
    assert team(f"{path}@1").name == "t"
    with pytest.raises(UnknownName, match=r"no version '3'"):
        team(f"{path}@3")
    with pytest.raises(BadDefinition, match=r"Did you mean 't\.yaml'"):
        team(root / "graphs" / "tt.yaml")


async def test_a_team_of_a_file_runs(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers, with the offline model."""
    monkeypatch.setenv("STRETTO_HOME", str(root / "home"))
    graph = built(
        root,
        "graph: {pattern: refine, draft: {step: loans.read}, critic: {step: loans.judge}, until: 8}\n",
    )
    result = await stretto.run(graph, "Go.")
    assert result.text == "read"


def test_what_a_file_cannot_say_is_refused(root: Path) -> None:
    """Nodes of the user's own; functions that no file of `steps/` defines."""
    project = Project.at(root)
    graph = sequential(project.agent("writer"))
    graph.add_node("more", lambda state: state)
    with pytest.raises(InvalidInput, match="not made by a pattern alone"):
        declared(graph, project)

    def local(state: Any) -> str:
        return "x"

    with pytest.raises(InvalidInput, match="Define it at the top of a file in"):
        declared(sequential(local), project)


def test_a_parsed_team_without_a_file_tells_its_name(root: Path) -> None:
    """A team made in Python has no lines; its name stands for the file."""
    told, _, _ = parse_team("graph: {pattern: sequential, steps: [writr]}", "x.yaml")
    with pytest.raises(UnknownName, match=r"no agent 'writr'"):
        build_team(told, Project.at(root))


def test_an_agent_is_named_in_a_version(root: Path) -> None:
    """A team keeps to the version that it names, also where the whole team is kept."""
    (root / "agents" / "writer@0.yaml").write_text("role: older\nversion: '0'\n")
    graph = built(root, "graph: {pattern: sequential, steps: ['writer@0', judge]}\n")
    assert graph.get_graph().nodes["writer"].metadata["role"] == "older"
    whole = whole_team(load_team(root / "graphs" / "t.yaml"), Project.at(root))
    assert list(whole.agents) == ["judge"]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("texts.yaml", "price: [What is it?, How much?]\nother: [Hello, Bye]\n"),
        ("texts.json", '{"price": ["What is it?", "How much?"], "other": ["Hello", "Bye"]}'),
    ],
)
def test_examples_may_stand_in_a_file(root: Path, file: str, text: str) -> None:
    """YAML or JSON, texts by label; what is neither is told at the decider."""
    pytest.importorskip("sklearn", reason="the extra routing is not installed")
    (root / file).write_text(text)
    said = f"graph:\n  pattern: route\n  by: {{examples: {file}}}\n  members: {{price: writer, other: judge}}\n"
    assert {"writer", "judge"} <= set(built(root, said).nodes)
    (root / file).write_text("[1]")
    with pytest.raises(BadDefinition, match="Write a mapping of labels to lists of texts"):
        built(root, said)
