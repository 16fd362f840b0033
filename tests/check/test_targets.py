"""What is named is loaded, and what cannot be is told."""

from __future__ import annotations

import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from stretto.check.targets import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Write = Callable[..., Path]

STATE = """
from typing_extensions import TypedDict


class State(TypedDict):
    text: str
"""
BUILD = """
from langgraph.graph import END, START, StateGraph


def write(state: State) -> dict:
    return {"text": "a draft"}


builder = StateGraph(State)
builder.add_node("write", write)
builder.add_edge(START, "write")
builder.add_edge("write", END)
"""
GRAPH = STATE + BUILD + "graph = builder.compile()\n"


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes files of somebody who never heard of Stretto, and stands in their folder."""
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)

    def written(name: str, *parts: str) -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(dedent(part) for part in parts))
        return file

    yield written
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def names(*targets: str, static: bool = False) -> list[str]:
    """The graphs that are loaded without a problem."""
    loaded = load(targets, static=static)
    assert loaded.problems == []
    return [graph.name for graph in loaded.graphs]


def why(target: str, *, static: bool = False) -> str:
    """Why one target cannot be checked."""
    loaded = load([target], static=static)
    assert loaded.graphs == []
    (problem,) = loaded.problems
    assert "\n" not in problem.why
    return problem.why


@pytest.mark.parametrize("static", [False, True])
@pytest.mark.parametrize("target", ["app.py", "app.py:graph", "app:graph", "app", "."])
def test_a_graph_is_one_graph(write: Write, target: str, *, static: bool):
    """The builder of a graph is not checked beside it, however it is named."""
    write("app.py", GRAPH)
    assert len(names(target, static=static)) == 1


def test_a_file_of_a_package_is_imported_as_part_of_it(write: Write):
    """Relative imports and those of its own package work, from a src folder, too."""
    write("src/pkg/__init__.py")
    write("src/pkg/state.py", STATE)
    write("src/pkg/near.py", "from .state import State\n", BUILD)
    write("src/pkg/whole.py", "from pkg.state import State\n", BUILD)
    for target in (
        "src/pkg/near.py",
        "src/pkg/whole.py",
        "pkg.near:builder",
        "src/pkg/near.py:builder",
    ):
        assert names(target) == ["builder"]


def test_a_script_finds_what_stands_beside_it(write: Write):
    """As when it is run; and a module of that name in another folder is another one."""
    for folder, field in (("one", "text"), ("two", "other")):
        write(f"{folder}/state.py", f"{STATE}    {field}: str\n")
        write(f"{folder}/app.py", "from state import State\n", BUILD, "graph = builder.compile()\n")
    loaded = load(["one/app.py", "two/app.py"])
    assert [set(g.fields) for g in loaded.graphs] == [{"text"}, {"text", "other"}]


def test_a_graph_that_another_file_imports_is_checked_once(write: Write):
    """What a package's front door gives again is no other graph."""
    write("pkg/__init__.py", "from pkg.graph import graph\n# langgraph\n")
    write("pkg/graph.py", GRAPH)
    write("main.py", "from pkg import graph  # langgraph\n")
    assert names(".") == ["graph"]


def test_factories_that_say_what_they_give(write: Write):
    """Those of a file are called where they need a config at most; each graph is taken once."""
    write(
        "app.py",
        STATE,
        BUILD,
        """
        from langchain_core.runnables import RunnableConfig

        def make() -> StateGraph:
            return builder

        async def other(config: RunnableConfig) -> StateGraph:
            made = StateGraph(State)
            made.add_node("else", write)
            made.add_edge(START, "else")
            return made

        def silent():
            raise AssertionError

        def wants(more) -> StateGraph:
            raise AssertionError
        """,
    )
    assert names("app.py") == ["builder", "other"]


@pytest.mark.parametrize("name", ["plain", "waits", "wants", "manages", "manages_async"])
def test_each_kind_of_factory(write: Write, name: str):
    """Functions, async ones, those that want a config, context managers of both kinds."""
    write(
        "app.py",
        STATE,
        BUILD,
        """
        from contextlib import asynccontextmanager, contextmanager

        def plain():
            return builder

        async def waits():
            return builder.compile()

        def wants(config):
            assert config["configurable"] == {}
            return builder

        @contextmanager
        def manages():
            yield builder

        @asynccontextmanager
        async def manages_async(config):
            yield builder.compile()
        """,
    )
    assert names(f"app:{name}") == [name]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import nothing_there\n", "bad.py:1: ModuleNotFoundError: No module named 'nothing_there'"),
        ("import nothing_there\n", "Install 'nothing_there' or correct the import, or check its so"),
        ("import os\nos.environ['A_TOKEN']\n", "bad.py:2: KeyError: 'A_TOKEN'. Set A_TOKEN (any text"),
        ("raise ValueError('Set OPENAI_API_KEY\\nplease')\n", "Set OPENAI_API_KEY (any text will do"),
        ("import sys\nsys.exit('no')\n", "bad.py:2: SystemExit: no. Leave out the call that exits"),
        ("def f(:\n", "bad.py:1: SyntaxError: "),
        ("def f():\n    f()\nf()\n", "RecursionError: "),
        ("graph = 1\n", "has no graph at its top"),
        ("x = '\0'\n", "null bytes"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_loaded(write: Write, text: str, said: str):
    """One line says where, what, and what to do about it."""
    write("bad.py", text)
    assert said in why("bad.py")


def test_the_line_of_the_user_is_named_and_not_that_of_a_library(write: Write):
    """What a library raises is told at the user's line that called it, in a helper, too."""
    write("helper.py", "import json\n\n\ndef read():\n    return json.loads('{')\n")
    write("app.py", "import helper\n\n\nhelper.read()\n")
    assert why("app.py").startswith("helper.py:5: JSONDecodeError: ")


def test_a_factory_that_raises_does_not_keep_the_other_graphs(write: Write):
    """The file's other graphs are there, and the factory is named."""
    write("app.py", GRAPH, "\n\ndef make() -> StateGraph:\n    raise OSError('no database')\n")
    loaded = load(["app.py"])
    assert [graph.name for graph in loaded.graphs] == ["graph"]
    (problem,) = loaded.problems
    assert problem.target == "app.py:make"
    assert "OSError: no database" in problem.why


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("no.py", "there is no file"),
        ("no/where", "there is no file or folder"),
        ("nothing", "no file, folder, module or team 'nothing'"),
        ("no.mod:graph", "no module 'no.mod'"),
        ("app.py:graf", "Did you mean 'graph'?"),
        ("app.py:State", "no graph but of type"),
        ("notes.txt", "Name one in .py or .yaml"),
        ("", "Say what to check"),
    ],
)
def test_a_target_that_is_not_there(write: Write, target: str, said: str):
    """It is said what there is not, and what to name."""
    write("app.py", GRAPH)
    write("notes.txt", "")
    assert said in why(target)


def test_source_alone_runs_nothing(write: Write):
    """What a file would do on import is not done; an attribute is found by its name."""
    write("app.py", "raise SystemExit\nimport not_there\n", GRAPH)
    assert names("app.py", static=True) == names("app:graph", static=True)
    assert "it builds 'graph'" in why("app:other", static=True)
    write("bad.py", "def f(:\n")
    assert why("bad.py", static=True).endswith("Mend the syntax there.")
    (write("latin.py").write_bytes("# é StateGraph\n".encode("latin-1")))
    assert "UTF-8" in why("latin.py", static=True)


def test_the_path_is_as_it_was(write: Write):
    """Loading leaves no folder on `sys.path`, and nothing on the standard output."""
    write("app.py", "print('noise')\n", GRAPH)
    before = list(sys.path)
    names("app.py")
    assert sys.path == before


def test_what_is_named_twice_is_checked_once(write: Write, tmp_path: Path):
    """However it is named, and a file that only imports a graph has it, too."""
    file = write("app.py", GRAPH)
    write("again.py", "from app import graph\n")
    (tmp_path / "link.py").symlink_to(file)
    for static in (False, True):
        near = f"../{tmp_path.name}/app.py"
        assert names("app.py", str(file), near, "link.py", "app:graph", static=static) == ["graph"]
    assert names("app.py", "again.py") == names("again.py") == ["graph"]


def test_a_project_is_checked_by_its_langgraph_json(write: Write):
    """Each graph that it names is served, and one that is not there does not keep the rest."""
    write("app.py", GRAPH, "\n\nother = StateGraph(State)\nother.add_node('b', write)\n")
    text = '{"dependencies": ["."], "graphs": {"one": "./app.py:graph", "two": "./no.py:graph"}}'
    write("langgraph.json", text)
    for static in (False, True):
        loaded = load([], static=static)
        assert [(set(graph.nodes), graph.served) for graph in loaded.graphs] == [({"write"}, True)]
        (problem,) = loaded.problems
        assert problem.target == "two"
        assert "there is no file" in problem.why
    assert names("one") == ["one"]
    assert "a team of langgraph.json (one, two)" in why("three")


def test_a_team_that_source_does_not_tell_of_is_not_passed_over(write: Write):
    """It is said that it was not looked into."""
    write("app.py", "from elsewhere import graph\n")
    write("langgraph.json", '{"dependencies": ["."], "graphs": {"one": "./app.py:graph"}}')
    (graph,) = load([], static=True).graphs
    (unknown,) = graph.unknown
    assert (unknown.graph, graph.nodes) == ("one", {})
    assert "Leave out --static" in why("app.py", static=True)
