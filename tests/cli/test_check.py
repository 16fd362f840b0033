"""`stretto check` at the command line."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

SOUND = """
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    text: str


def write(state: State) -> dict:
    return {"text": "a draft"}


builder = StateGraph(State)
builder.add_node("write", write)
builder.add_edge(START, "write")
builder.add_edge("write", END)
graph = builder.compile()
"""
FAULTY = SOUND.replace('{"text": "a draft"}', '{"text": "a draft", "txet": 1}')
HIDDEN = SOUND.replace(
    'builder.add_edge("write", END)',
    "def after(state: State):\n"
    '    return END if state["text"] else "write"\n\n\n'
    'builder.add_conditional_edges("write", after)',
)
"""A graph whose branch does not say where it leads: `--fix` mends that."""


@pytest.fixture
def app(project, monkeypatch):
    """Writes a module of a user, and gives its path."""
    monkeypatch.delitem(sys.modules, "app", raising=False)

    def write(text: str, name: str = "app.py"):
        file = project / name
        file.write_text(text)
        return file

    return write


def test_all_graphs_of_the_project_are_checked(stretto):
    """Without a target it is about langgraph.json; a team's name is a target, too."""
    said = stretto("check")
    assert "P406" in said.out, "an agent of the project has no limit"
    said = stretto("check", "team")
    assert said.code == 0, said.out
    assert "nothing is wrong" in said.out


@pytest.mark.parametrize("target", ["app.py", "app.py:graph", "app:graph", "app:builder"])
def test_what_is_wrong_is_shown_with_its_line(stretto, app, target):
    """A finding has its place, its code, the source underlined, and the remedy."""
    app(FAULTY)
    said = stretto("check", target)
    assert said.code == 1
    assert "app.py:11:32 S201" in said.out
    assert "^^^^^^" in said.out
    assert "help: " in said.out
    assert "1 error in 1 graph" in said.out


def test_source_alone_says_the_same(stretto, app):
    """With `--static` nothing is imported, so that a missing package is no hindrance."""
    app("import not_installed_anywhere\n" + FAULTY)
    assert stretto("check", "app.py").code == 2
    said = stretto("check", "app.py", "--static")
    assert said.code == 1
    assert "app.py:12:32 S201" in said.out


def test_what_cannot_be_loaded_does_not_keep_the_rest(stretto, app):
    """Each is told in a line, the rest is checked, and the code is 2."""
    app(FAULTY)
    app("def broken(:\n", "syntax.py")
    app("import nothing_like_this\n", "missing.py")
    app(
        "import os\nfrom langgraph.graph import StateGraph\n\n\n"
        'def make() -> StateGraph:\n    return os.environ["SECRET_KEY_OF_NOBODY"]\n',
        "secret.py",
    )
    app("value = 1\n", "empty.py")
    names = ["syntax.py", "missing.py", "secret.py", "empty.py", "no.py", "no.mod:graph", "app:no"]
    said = stretto("check", "app.py", *names)
    assert said.code == 2
    assert "S201" in said.out
    told = [line for line in said.out.splitlines() if line.startswith("not checked: ")]
    assert [line.removeprefix("not checked: ").partition(": ")[0] for line in told] == [
        name.replace("secret.py", "secret.py:make") for name in names
    ]
    assert "SyntaxError" in told[0]
    assert "nothing_like_this" in told[1]
    assert "SECRET_KEY_OF_NOBODY" in told[2]
    assert "no graph" in told[3]
    assert "Did you mean" in told[6] or "Known" in told[6]


def test_a_folder_is_walked(stretto, app, project):
    """Folders of tools and environments are left out, and what is excluded."""
    (project / "deep" / "node_modules").mkdir(parents=True)
    app(FAULTY, "deep/one.py")
    app(FAULTY, "deep/node_modules/two.py")
    app(FAULTY, "deep/three.py")
    app('[tool.stretto.check]\nexclude = ["three.py"]\n', "pyproject.toml")
    said = stretto("check", "deep", "--json")
    assert {f["place"]["file"] for f in json.loads(said.out)["findings"]} == {"deep/one.py"}


def test_what_a_module_prints_does_not_get_into_the_json(stretto, app):
    """The standard output holds one JSON object, whatever an import prints."""
    app("print('hello')\n" + FAULTY)
    said = stretto("check", "app.py", "--json")
    (finding,) = json.loads(said.out)["findings"]
    assert finding["code"] == "S201"
    assert finding["certainty"] == "proved"
    assert finding["place"]["line"] == 12
    assert finding["place"]["column"] == 32


def test_sarif_holds_rules_and_results(stretto, app):
    """SARIF names its version, each rule, and a region that counts from 1."""
    app(FAULTY)
    log = json.loads(stretto("check", "app.py", "--format", "sarif").out)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    (result,) = run["results"]
    assert result["ruleId"] in ids
    assert result["level"] == "error"
    where = result["locations"][0]["physicalLocation"]
    assert where["artifactLocation"]["uri"] == "app.py"
    assert where["region"]["startLine"] == 11


def test_annotations_of_github(stretto, app):
    """One command a finding, in GitHub's form."""
    app(FAULTY)
    app("def broken(:\n", "syntax.py")
    lines = stretto("check", "app.py", "syntax.py", "--format", "github").out.splitlines()
    assert lines[0].startswith(
        "::error file=app.py,line=11,endLine=11,col=32,title=S201 unknown-key::"
    )
    assert lines[1].startswith("::error title=not checked::syntax.py: ")


def test_what_is_safe_is_mended(stretto, app):
    """`--diff` shows it, `--fix` does it, and then nothing is left."""
    file = app(HIDDEN)
    shown = stretto("check", "app.py", "--diff")
    assert '+def after(state: State) -> Literal["__end__", "write"]:' in shown.out
    assert file.read_text() == HIDDEN
    said = stretto("check", "app.py", "--fix", "--select", "G105")
    assert said.code == 0
    assert "mended 1 finding in app.py" in said.err
    text = file.read_text()
    assert text.count("from typing import Literal") == 1
    assert "-> Literal[" in text
    assert stretto("check", "app.py", "--select", "G105").code == 0


def test_an_ignore_needs_its_reason(stretto, app):
    """With a reason the finding is gone; without one, unused or unknown, the ignore is found."""
    line = '    return {"text": "a draft", "txet": 1}'
    app(FAULTY.replace(line, f"{line}  # stretto: ignore[S201] the parent reads it"))
    assert stretto("check", "app.py").code == 0
    app(FAULTY.replace(line, f"{line}  # stretto: ignore[S201]"))
    assert "X001" in stretto("check", "app.py").out
    app("# stretto: ignore-file[S201] generated\n" + FAULTY)
    assert stretto("check", "app.py").code == 0
    app("# stretto: ignore-file[S201, S999] generated\n" + SOUND)
    said = stretto("check", "app.py").out
    assert "X002" in said
    assert "X003" in said


def test_settings_choose_the_rules(stretto, app):
    """`select`, `ignore` and `per-file-ignores` of pyproject.toml, and their options."""
    app(FAULTY)
    app('[tool.stretto.check]\nignore = ["S2"]\n', "pyproject.toml")
    assert stretto("check", "app.py").code == 0
    assert stretto("check", "app.py", "--ignore", "G").code == 1
    app('[tool.stretto.check]\nper-file-ignores = {"app.py" = ["S201"]}\n', "pyproject.toml")
    assert stretto("check", "app.py").code == 0
    app("", "pyproject.toml")
    assert stretto("check", "app.py", "--select", "G").code == 0
    assert stretto("check", "app.py", "--exit-zero").code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[tool.stretto.check]\nselct = ["G"]\n', "'select'"),
        ("[tool.stretto.check]\nmax-usd = -1\n", "max-usd"),
        ("[tool.stretto.check\n", "TOML"),
    ],
)
def test_settings_that_cannot_be_read(stretto, app, text, said):
    """The file, what is wrong and what was meant; exit code 2."""
    app(SOUND)
    app(text, "pyproject.toml")
    told = stretto("check", "app.py")
    assert told.code == 2
    assert "pyproject.toml" in told.err
    assert said in told.err


def test_a_rule_is_explained(stretto):
    """By its code or its name; what is no rule is met with the nearest."""
    said = stretto("check", "--explain", "G101").out
    assert "unreachable-node" in said
    assert "builder.add_node" in said
    assert stretto("check", "--explain", "unreachable-node").out == said
    told = stretto("check", "--explain", "unreachable-nod")
    assert told.code == 2
    assert "Did you mean 'unreachable-node'" in told.err


def test_all_rules_are_listed(stretto):
    """A line each."""
    said = stretto("check", "--rules").out
    assert "G101" in said
    assert "swallowed-interrupt" in said


def test_a_form_that_there_is_not(stretto, app):
    """Exit code 2, and those there are."""
    app(SOUND)
    told = stretto("check", "app.py", "--format", "xml")
    assert told.code == 2
    assert "sarif" in told.err
    assert stretto("check", "app.py", "--select", "Q9").code == 2


def test_a_run_is_refused_where_a_fault_is_proved(stretto, app):
    """`stretto run` checks first; `--no-check` runs it all the same."""
    app(FAULTY.replace("text: str", "text: str\n    messages: list"))
    said = stretto("run", "app.py:graph", "hello")
    assert said.code == 2
    assert "S201" in said.err
    assert "--no-check" in said.err
    assert stretto("run", "app.py:graph", "hello", "--no-check").code == 0


LOOP = (
    SOUND.replace("text: str", "text: str\n    rounds: int")
    .replace('{"text": "a draft"}', '{"text": "a draft", "rounds": state.get("rounds", 0) + 1}')
    .replace(
        'builder.add_edge("write", END)',
        "def again(state: State):\n"
        '    return "write" if state["rounds"] < 4 else END\n\n\n'
        'builder.add_conditional_edges("write", again, ["write", END])',
    )
)
"""A graph that writes four times."""


def test_bounds_are_printed(stretto, app):
    """The most of each count, and what is taken for granted."""
    app(LOOP)
    said = stretto("check", "app.py", "--bounds").out
    assert "a run comes to at most" in said
    assert "supersteps" in said
    assert "4" in said
    assert "rounds begins at 0" in said


def test_what_is_above_a_limit_is_found(stretto, app):
    """As an option or a setting; what is below is not."""
    app(LOOP)
    assert stretto("check", "app.py", "--max-supersteps", "4").code == 0
    said = stretto("check", "app.py", "--max-supersteps", "3")
    assert said.code == 1
    assert "B701" in said.out
    app("[tool.stretto.check]\nmax-supersteps = 3\n", "pyproject.toml")
    assert stretto("check", "app.py").code == 1
    assert stretto("check", "app.py", "--tokens", "many").code == 2
    assert stretto("check", "app.py", "--input", "items").code == 2


def test_stored_threads_are_compared(stretto, app):
    """A thread that waits in a node that is gone is found, and only when it is asked for."""
    asking = (
        SOUND.replace('return {"text": "a draft"}', 'return {"text": interrupt("?")}')
        .replace(
            "import END, START, StateGraph\n",
            "import END, START, StateGraph\nfrom langgraph.types import interrupt\n",
        )
        .replace("text: str", "text: str\n    messages: list")
    )
    app(asking)
    assert stretto("run", "app.py:graph", "hello", "--thread", "t1").code == 0
    app(asking.replace('"write"', '"compose"'))
    assert stretto("check", "app.py").code == 0
    said = stretto("check", "app.py", "--stored")
    assert "G109" in said.out
    assert "t1" in said.out


def test_an_ignore_that_another_rule_needs_is_let_be(stretto, app):
    """What was not asked for, or not looked at as a whole, may need an ignore."""
    line = '    return {"text": "a draft", "txet": 1}'
    app(FAULTY.replace(line, f"{line}  # stretto: ignore[S201] the parent reads it"))
    assert stretto("check", "app.py", "--select", "G,X").code == 0
    app("# stretto: ignore-file[S201] generated\n" + SOUND)
    assert stretto("check", "app.py").code == 1
    assert stretto("check", "app.py", "--ignore", "X").code == 0
    assert stretto("check", "app.py:graph").code == 0
    assert stretto("check", "app.py", "--static").code == 0


def test_a_code_that_is_none_in_the_settings(stretto, app):
    """The file that names it is told."""
    app(SOUND)
    app('[tool.stretto.check]\nper-file-ignores = {"app.py" = ["Q1"]}\n', "pyproject.toml")
    told = stretto("check", "app.py")
    assert told.code == 2
    assert "pyproject.toml: no rule 'Q1'" in told.err


def test_rules_of_ignores_are_explained(stretto):
    """They are rules as all others are."""
    assert "unused-ignore" in stretto("check", "--explain", "x002").out
    assert "X003" in stretto("check", "--rules").out


def test_what_is_left_after_a_fix_is_shown_where_it_now_stands(stretto, app):
    """An import that was added moves the lines below it."""
    app(HIDDEN.replace('{"text": "a draft"}', '{"text": "a draft", "txet": 1}'))
    before = stretto("check", "app.py", "--diff")
    assert "--- app.py\n+++ app.py\n" in before.out
    assert "app.py:11:32 S201" in before.out
    said = stretto("check", "app.py", "--fix")
    assert said.code == 1
    assert "app.py:12:32 S201" in said.out
    assert '   12 | return {"text": "a draft", "txet": 1}' in said.out


def test_the_page_shows_what_is_printed(stretto, app):
    """The first example of docs/check.md is what the command says."""
    page = (Path(__file__).parents[2] / "docs" / "check.md").read_text()
    first, said, *_ = re.findall(r"```(?:python\n(?=# app)|text\n)(.*?)```", page, re.DOTALL)
    app(first)
    assert stretto("check", "app:graph").out == said


def test_rules_are_listed_on_any_screen(stretto, monkeypatch):
    """A table where there is room, two lines a rule where there is not."""
    monkeypatch.setenv("COLUMNS", "70")
    narrow = stretto("check", "--rules").out
    assert all(len(line) <= 70 for line in narrow.splitlines())
    assert "G101 unreachable-node error\n     A node that no path leads to" in narrow
    monkeypatch.setenv("COLUMNS", "150")
    assert "unreachable-node  " in stretto("check", "--rules").out


def test_bounds_are_in_the_json(stretto, app):
    """By graph, as text; and where they are not allowed they are a finding."""
    app(SOUND)
    told = json.loads(stretto("check", "app.py", "--bounds", "--json").out)
    assert told["bounds"]["graph"]["supersteps"] == "1"
    assert told["bounds"]["graph"]["own_supersteps"] == "1"
    assert "bounds" not in json.loads(stretto("check", "app.py", "--json").out)


def test_a_fault_of_ours_does_not_keep_the_rest(stretto, app, monkeypatch):
    """A rule that fails on one graph is told, and the code is 2."""

    def fail(*_):
        raise ZeroDivisionError("no")

    monkeypatch.setattr(sys.modules["stretto.check.checking"], "found_in", fail)
    app(FAULTY)
    said = stretto("check", "app.py")
    assert said.code == 2
    assert "our fault" in said.out


def test_what_several_graphs_share_is_told_once(stretto, app):
    """A function of two graphs has its fault once."""
    more = 'other = StateGraph(State)\nother.add_node("write", write)\n'
    edges = 'other.add_edge(START, "write")\nother.add_edge("write", END)\n'
    app(FAULTY + more + edges + "second = other.compile()\n")
    said = stretto("check", "app.py")
    assert said.out.count("S201") == 1
    assert "1 error in 2 graphs" in said.out


def test_a_counterexample_is_drawn(stretto, app):
    """With `-v` the graph is mermaid text, in which the path is marked."""
    app(SOUND.replace('builder.add_edge("write", END)', 'builder.add_edge("write", "write")'))
    said = stretto("check", "app.py", "--select", "G103", "-v").out
    assert "path: write -> write" in said
    assert "graph TD" in said
    assert "class n1 path" in said


STEP = '''
from langgraph.types import interrupt


async def refund(state) -> str:
    """Pays money back, when a person says yes."""
    try:
        return interrupt("Pay it back?")
    except:
        return "not paid"
'''
BY_PATTERN = "graph = sequential(project.step('desk.refund')).compile(name='desk')"
BY_HAND = """
graph = StateGraph(MessagesState)
graph.add_node("refund", project.step("desk.refund"))
graph.add_edge(START, "refund")
graph.add_edge("refund", END)
"""


@pytest.mark.parametrize("built", [BY_PATTERN, BY_HAND])
def test_steps_are_looked_into(stretto, project, built):
    """What a graph takes from `steps/` is read as its own functions are, and found in its file."""
    (project / "steps").mkdir()
    (project / "steps" / "desk.py").write_text(STEP)
    (project / "graphs" / "desk.py").write_text(
        "from langgraph.graph import END, START, MessagesState, StateGraph\n"
        "from stretto import Project, sequential\n"
        f"project = Project.at(__file__)\n{built}\n"
    )
    said = stretto("check", "graphs/desk.py:graph", "--json")
    assert said.code == 1
    [found] = said.json["findings"]
    assert found["code"] == "E301"
    assert (found["place"]["file"], found["place"]["line"]) == ("steps/desk.py", 8)
