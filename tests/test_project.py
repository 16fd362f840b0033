"""The project folder: graphs, agents, tools and prompts by name."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from langgraph.graph.state import CompiledStateGraph

from stretto.errors import BadDefinition, InvalidInput, UnknownName
from stretto.project import Project
from stretto.spec.agent import Agent, tool_name
from stretto.spec.yaml import dump_agent, parse_agent
from stretto.state import Finding, Plan, Review

if TYPE_CHECKING:
    from pathlib import Path

GRAPH = """
from pathlib import Path

from langgraph.graph import MessagesState, StateGraph

from stretto.project import Project

project = Project.at(__file__)
agent = project.agent("finder")


async def finder(state: MessagesState) -> MessagesState:
    return {"messages": [("ai", agent.prompt)]}


graph = StateGraph(MessagesState).add_node(finder).set_entry_point("finder")
"""

SEARCH = '''
async def search(query: str) -> list[str]:
    """Search."""
    return [query]
'''


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small whole project."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    files = {
        "langgraph.json": '{\n  "dependencies": ["."],\n  "graphs": {\n    "team": "./graphs/team.py:graph"\n  }\n}\n',
        "graphs/team.py": GRAPH,
        "agents/finder.yaml": "role: finds\nprompt: finder\nvariables: {language: German}\ntools: [docs.search, add]\n",
        "prompts/finder.md": "---\nversion: 1\nvariables: [language]\n---\nAnswer in {language}.\n",
        "tools/docs.py": SEARCH,
        "tools/sums.py": 'def add(a: int, b: int) -> int:\n    """Add."""\n    return a + b\n',
        "tools/_private.py": "1 / 0\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_project_is_found_from_within(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From its folder, a folder or file inside, or the working directory; always the same."""
    project = Project.find(root)
    assert project.root == root
    assert Project.at(root / "graphs" / "team.py") is project
    assert Project.find(root / "agents") is project
    monkeypatch.chdir(root / "tools")
    assert Project.find() is project
    assert str(root) in repr(project)


def test_without_a_project_the_error_says_what_to_write(tmp_path: Path) -> None:
    """The remedy is a whole langgraph.json."""
    with pytest.raises(InvalidInput, match=r"no langgraph\.json in .* or write one: \{"):
        Project.find(tmp_path)


def test_everything_has_its_name(root: Path) -> None:
    """What begins with an underscore is not meant."""
    project = Project.find(root)
    assert project.graphs() == {"team": "./graphs/team.py:graph"}
    assert project.agents() == ["finder"]
    assert project.prompts() == ["finder"]
    assert project.tools() == ["docs.search", "sums.add"]
    assert project.mcp_servers() == []


def test_an_agent_of_a_file_equals_one_of_python(root: Path) -> None:
    """Tools are the same functions, prompts the same text."""
    project = Project.find(root)
    assert project.agent("finder") == Agent(
        name="finder",
        role="finds",
        prompt=project.prompt("finder", language="German"),
        tools=[project.tool("search"), project.tool("sums.add")],
    )


def test_an_agent_comes_back_from_what_is_written(root: Path) -> None:
    """Tools are written with their family."""
    project = Project.find(root)
    agent = project.agent("finder")
    text = dump_agent(agent)
    assert "- docs.search\n  - sums.add\n" in text
    assert parse_agent(text, "x.yaml", names=project) == agent


async def test_a_graph_is_compiled_and_runs(root: Path) -> None:
    """It is loaded once, and again when its file has changed."""
    project = Project.find(root)
    graph = project.graph("team")
    assert isinstance(graph, CompiledStateGraph)
    assert project.graph("team") is graph
    state = await graph.ainvoke({"messages": [("human", "hello")]})
    assert state["messages"][-1].content == "Answer in German."
    (root / "graphs" / "team.py").write_text(f"{GRAPH}\n# changed\n")
    assert project.graph("team") is not graph


def test_nothing_depends_on_directory_or_path(root: Path) -> None:
    """Installed packages called like the folders do not get in the way."""
    elsewhere = root / "elsewhere"
    for name in ("agents", "tools", "graphs"):
        (elsewhere / name).mkdir(parents=True)
        (elsewhere / name / "__init__.py").write_text("raise RuntimeError\n")
    code = (
        "import sys; from stretto.project import Project; "
        "print(Project.find(sys.argv[1]).graph('team').name)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(root)],
        cwd=elsewhere,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "team"


def test_files_can_import_what_stands_beside_them(root: Path) -> None:
    """From the folder and from local dependencies, as under `langgraph dev`; what is installed wins."""
    (root / "beside_of_this_test.py").write_text("from deeper_of_this_test import x\n")
    (root / "libs").mkdir()
    (root / "libs" / "deeper_of_this_test.py").write_text("x = 1\n")
    (root / "json.py").write_text("raise RuntimeError\n")
    config = json.loads((root / "langgraph.json").read_text())
    (root / "langgraph.json").write_text(json.dumps({**config, "dependencies": [".", "./libs"]}))
    for file in ("graphs/team.py", "tools/sums.py"):
        text = (root / file).read_text()
        (root / file).write_text(f"import json\nfrom beside_of_this_test import x\n{text}")
    assert Project.find(root).graph("team").name == "team"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("graph('taem')", "langgraph.json: no team 'taem'. Did you mean 'team'?"),
        ("agent('fnider')", "no agent 'fnider'. Did you mean 'finder'?"),
        ("agent('../agents/finder')", "no agent '../agents/finder'"),
        ("prompt('fnider')", "no prompt 'fnider'. Did you mean 'finder'?"),
        ("prompt('finder', languages=1)", "no variable 'languages'. Did you mean 'language'?"),
        ("tool('searches')", "no tool 'searches'. Did you mean 'search'?"),
        ("tool('docs.searches')", "no tool 'docs.searches'. Did you mean 'docs.search'?"),
        ("tools_named('mcp:x')", "no MCP server 'x'. Known: none yet"),
    ],
)
def test_a_wrong_name_is_told_with_the_nearest(root: Path, call: str, said: str) -> None:
    """Whatever the sort of thing."""
    with pytest.raises(UnknownName) as caught:
        eval(f"project.{call}", {"project": Project.find(root)})
    assert said in str(caught.value)


def test_a_missing_variable_is_told_with_file_and_line(root: Path) -> None:
    """Of the prompt."""
    with pytest.raises(BadDefinition, match=r"finder\.md:5: the variable 'language' has no value"):
        Project.find(root).prompt("finder")


def test_a_tool_of_two_families_needs_its_family(root: Path) -> None:
    """Short names are for what is clear; an agent file is told with its line."""
    (root / "tools" / "web.py").write_text(SEARCH)
    (root / "agents" / "finder.yaml").write_text("role: finds\ntools: [search]\n")
    project = Project.find(root)
    with pytest.raises(InvalidInput, match=r"'search' may be docs\.search or web\.search"):
        project.tool("search")
    with pytest.raises(BadDefinition, match=r"finder\.yaml:2:9: 'search' may be .*\. Say which"):
        project.agent("finder")
    assert project.tool("web.search") is not project.tool("docs.search")


def test_a_broken_family_does_not_hinder_a_named_tool_of_another(root: Path) -> None:
    """Only who asks for it, or for everything, is told."""
    (root / "tools" / "docs.py").write_text("def search(query): ...\n")
    project = Project.find(root)
    assert project.tool("sums.add")
    with pytest.raises(BadDefinition, match=r"docs\.py:1: the tool 'search' has no docstring"):
        project.tools()


SERVER = """
from mcp.server.fastmcp import FastMCP

server = FastMCP("sums")


@server.tool()
def double(number: int) -> int:
    'Double a number.'
    return 2 * number


server.run()
"""


@pytest.fixture
def with_server(root: Path) -> Project:
    """The project with an MCP server, whose tools its agent has."""
    (root / "server.py").write_text(SERVER)
    servers = {"sums": {"command": sys.executable, "args": ["server.py"]}}
    (root / "tools" / "mcp.json").write_text(json.dumps({"mcpServers": servers}))
    (root / "agents" / "finder.yaml").write_text("prompt: Hello there.\ntools: ['mcp:sums', add]\n")
    return Project.find(root)


async def test_an_agent_gets_the_tools_of_a_server(with_server: Project) -> None:
    """It is loaded while an event loop runs; the server is asked once."""
    assert with_server.mcp_servers() == ["sums"]
    agent = with_server.agent("finder")
    assert [tool_name(tool) for tool in agent.tools] == ["double", "add"]
    assert with_server.agent("finder") == agent
    [double] = await with_server.mcp_tools("sums")
    assert double is agent.tools[0]
    answer = await double.ainvoke({"number": 4})
    assert "8" in str(answer)


def test_a_server_that_is_not_there_is_told_with_the_agents_line(with_server: Project) -> None:
    """Its name is one of the tools'."""
    path = with_server.root / "agents" / "finder.yaml"
    path.write_text("role: finds\ntools:\n  - mcp:smus\n")
    with pytest.raises(UnknownName, match=r"finder\.yaml:3:5: no MCP server 'smus'\. Did you mean"):
        with_server.agent("finder")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"graphs": {}', ":1: this is not JSON"),
        ('{\n"graphs": {,}}', ":2: this is not JSON"),
        ("[]", ":1: `graphs` is not a mapping"),
        ("{}", ":1: `graphs` is not a mapping"),
        ('{\n\n"graphs": []}', ":3: `graphs` is not a mapping"),
        ('{"graphs": {\n"a": 3}}', ":2: the graph 'a' is 3, which says no file"),
    ],
)
def test_a_wrong_langgraph_json_is_told_with_its_line(root: Path, text: str, said: str) -> None:
    """It is read when asked, so a mended file is seen."""
    project = Project.find(root)
    (root / "langgraph.json").write_text(text)
    with pytest.raises(BadDefinition) as caught:
        project.graphs()
    assert str(caught.value).startswith(f"{root / 'langgraph.json'}{said}")


def test_a_graph_may_be_described(root: Path) -> None:
    """Langgraph.json allows a mapping with `path`."""
    target = {"path": "./graphs/team.py:graph", "description": "Finds things."}
    (root / "langgraph.json").write_text(json.dumps({"graphs": {"team": target}}))
    assert Project.find(root).graph("team").name == "team"


def test_a_graph_file_that_is_not_there_is_told_with_line_and_nearest(root: Path) -> None:
    """The line is that of langgraph.json."""
    (root / "graphs" / "team.py").rename(root / "graphs" / "teams.py")
    with pytest.raises(BadDefinition) as caught:
        Project.find(root).graph("team")
    assert "langgraph.json:4: graph 'team': there is no file" in str(caught.value)
    assert "Did you mean './graphs/teams.py'?" in str(caught.value)


def test_a_wrong_name_in_a_graph_file_is_told_with_its_line(root: Path) -> None:
    """Where it was looked up, not only what."""
    (root / "graphs" / "team.py").write_text(GRAPH.replace('"finder")\n', '"findre")\n', 1))
    with pytest.raises(UnknownName, match=r"team\.py:9: no agent 'findre'\. Did you mean 'finder'"):
        Project.find(root).graph("team")


def test_a_project_is_listed_without_langgraph(root: Path) -> None:
    """Names of graphs, agents and prompts cost no heavy import."""
    code = (
        "import sys; from stretto.project import Project; p = Project.find(sys.argv[1]); "
        "p.graphs(), p.agents(), p.prompts(); p.prompt_file('finder'); "
        "print([m for m in sys.modules if m.startswith('lang')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(root)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_shipped_project_is_whole() -> None:
    """Every agent loads, with the output its place in the team needs."""
    project = Project.at(__file__)
    assert project.graphs()["research"] == "./graphs/research.py:graph"
    outputs = {name: project.agent(name).output for name in project.agents()}
    team = {"planner": Plan, "researcher": Finding, "reviewer": Review}
    assert outputs.items() >= {**team, "assistant": None}.items()
    assert all(project.agent(name).role for name in project.agents())


def test_a_step_is_found_by_family_and_name(root: Path) -> None:
    """Functions, classes and values of `steps/`; the nearest name is offered for a wrong one."""
    (root / "steps").mkdir()
    (root / "steps" / "loans.py").write_text(
        "from math import pi, sqrt\nLIMIT = 5\n\ndef score(state):\n    return sqrt(4) * LIMIT\n\n"
        "class Loan(dict):\n    pass\n"
    )
    project = Project.at(root)
    assert project.steps() == ["loans.score", "loans.Loan"]
    assert project.step("loans.score")({}) == 10
    assert project.step("loans.LIMIT") == 5
    with pytest.raises(UnknownName, match=r"Did you mean 'loans\.score'"):
        project.step("loans.scor")
    with pytest.raises(UnknownName, match="Did you mean 'loans"):
        project.step("loan.score")


def test_an_agent_has_versions(root: Path) -> None:
    """`NAME.yaml` is the newest; others stand beside it as `NAME@VERSION.yaml`."""
    (root / "agents" / "finder.yaml").write_text("role: new\nversion: 2\n")
    (root / "agents" / "finder@1.yaml").write_text("role: old\nversion: 1\n")
    project = Project.at(root)
    assert project.agents() == ["finder"]
    assert [project.agent(name).role for name in ("finder", "finder@2", "finder@1")] == [
        *("new", "new", "old"),
    ]
    assert project.agent("finder@1").name == "finder"
    with pytest.raises(UnknownName, match=r"no version '3'\. Known: 1, 2"):
        project.agent("finder@3")
