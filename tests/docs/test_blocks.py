"""What the documentation shows is true: its code runs, its commands exist, its links lead on."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import io
import json
import linecache
import re
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from langgraph.graph import StateGraph
from langgraph.pregel import Pregel
from typer.main import get_command

from stretto import errors
from stretto.check.checking import found_in
from stretto.check.reading.compiled import read_graph
from stretto.check.rules import all_rules
from stretto.cli import main
from stretto.cli.app import app
from stretto.project import Project
from stretto.records import Record
from stretto.spec.mcp import mcp_servers
from stretto.spec.team import parse_team, team_schema
from stretto.spec.wiring import PATTERNS, Placed
from stretto.spec.yaml import parse_agent
from stretto.teams import build_team
from tests.docs.pages import PAGES, ROOT, Block, anchors, blocks, last_line, links

if TYPE_CHECKING:
    from collections.abc import Iterator

COPIED = ("agents", "examples", "graphs", "prompts", "steps", "tools", "langgraph.json")
"""What a page finds in its working directory: a project."""
OTHER_COMMANDS = {
    "cd",
    "cp",
    "curl",
    "export",
    "git",
    "kill",
    "pip",
    "pre-commit",
    "python",
    "source",
}
"""Commands that pages may show beside ours; they are not run."""
CHEAP = {
    "feedback",
    "graph",
    "lineage",
    "list",
    "metrics",
    "resume",
    "run",
    "show",
    "threads",
    "timeline",
}
"""Commands that are run; `run` only where the line names its sources, which are few then."""
WIDTH = "120"


def name(page: Path) -> str:
    """A page's name in the list of tests."""
    return page.relative_to(ROOT).as_posix()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project as working directory."""
    folder = tmp_path / "project"
    folder.mkdir()
    for part in COPIED:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns(".stretto"))
        else:
            shutil.copy(ROOT / part, folder / part)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", WIDTH)
    monkeypatch.setenv("STRETTO_MODEL", "offline")
    return folder


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_blocks_run_and_print_what_is_shown(
    page: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page's Python runs from its top to its end, its cheap commands too, in a project's copy."""
    module = ModuleType(f"page_{page.stem.replace('-', '_')}")
    sys.modules[module.__name__] = module
    _keep_source(page)
    try:
        for block in blocks(page):
            if block.unrun:
                continue
            if block.file:
                (project / block.file).parent.mkdir(exist_ok=True)
                (project / block.file).write_text(block.content)
            elif block.language == "python":
                _assert_shown(block, _run_python(block, module))
            elif block.language == "bash":
                _run_commands(block, monkeypatch)
        _assert_sound(page, module)
    finally:
        del sys.modules[module.__name__]


def _run_python(block: Block, module: ModuleType) -> str:
    """Run a block, and the tests that it defines."""
    code = compile("\n" * (block.line - 1) + block.text, str(block.page), "exec")
    printed = io.StringIO()
    before = set(vars(module))
    with contextlib.redirect_stdout(printed):
        exec(code, module.__dict__)
        for test in [
            vars(module)[each] for each in set(vars(module)) - before if each[:5] == "test_"
        ]:
            if (coroutine := test()) is not None:
                asyncio.run(coroutine)
    return printed.getvalue()


def _keep_source(page: Path) -> None:
    """Let the source of a page's functions be found, as that of a file's is."""
    lines = [""] * len(page.read_text().splitlines())
    for block in blocks(page):
        if block.language == "python" and not block.unrun and not block.file:
            text = block.text.splitlines()
            lines[block.line - 1 : block.line - 1 + len(text)] = text
    source = [f"{line}\n" for line in lines]
    linecache.cache[str(page)] = (sum(map(len, source)), None, source, str(page))


def _assert_sound(page: Path, module: ModuleType) -> None:
    """Nothing is wrong with the graphs that a page builds, as `stretto check` sees it."""
    for value in dict(vars(module)).values():
        if isinstance(value, StateGraph | Pregel):
            facts = read_graph(value, file=str(page))
            assert found_in(facts, [r for r in all_rules() if not r.advice]) == []


def _run_commands(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    printed = ""
    for command in commands(block):
        if command.is_cheap or command.runs_a_team_of(block.page):
            with monkeypatch.context() as changed:
                for variable, value in command.settings.items():
                    changed.setenv(variable, value)
                said, code = _run_command(command.words[1:])
            assert (code != 0) == ("error: " in block.output), f"{block.where}: {code} {said}"
            printed += said
    if printed:
        _assert_shown(block, printed)


def _run_command(arguments: list[str]) -> tuple[str, object]:
    printed = io.StringIO()
    with (
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        pytest.raises(SystemExit) as ended,
    ):
        main(arguments)
    return printed.getvalue(), ended.value.code


def _assert_shown(block: Block, printed: str) -> None:
    """Each line that the page shows was printed; figures and ids may differ, `...` is left out."""
    said = _plain(printed)
    for line in block.output.splitlines():
        for part in line.split("..."):
            assert _plain(part) in said, f"{block.where} shows {line!r}, printed was:\n{printed}"


def _plain(text: str) -> str:
    """Text without what differs from run to run: ids, figures, frames, spaces, how fast it was."""
    text = re.sub(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b", "ID", text)
    text = re.sub(r"(\d) ms\b", r"\1 s", re.sub(r"[─━╭╮╰╯│]", "", text))
    return re.sub(r"\s+", "", re.sub(r"\d[\d,.]*", "N", text))


@dataclass(frozen=True)
class Command:
    """A command of a block."""

    settings: dict[str, str]
    """Variables set for it alone."""
    words: list[str]

    @property
    def is_cheap(self) -> bool:
        """Whether it is ours and takes little time."""
        program, *arguments = self.words
        named = "--sources" in arguments or "STRETTO_SOURCES" in self.settings
        return program == "stretto" and arguments[0] in CHEAP and (arguments[0] != "run" or named)

    def runs_a_team_of(self, page: Path) -> bool:
        """Whether it adds or runs a team that the page itself shows as YAML."""
        files = [Path(each.file) for each in blocks(page) if each.file.startswith("graphs/")]
        teams = {each.stem for each in files if each.suffix == ".yaml"}
        match self.words:
            case ["stretto", "run" | "check" | "add", team, *_]:
                return Path(team).stem.partition("@")[0] in teams
            case _:
                return False


def commands(block: Block) -> Iterator[Command]:
    """The commands of a block, without comments."""
    for line in block.text.replace("\\\n", " ").splitlines():
        for part in line.split(" | "):
            words = shlex.split(part, comments=True)
            settings: dict[str, str] = {}
            while words and re.match(r"[A-Z_]+=", words[0]):
                variable, _, settings[variable] = words.pop(0).partition("=")
            if words:
                yield Command(settings, [words[0].removeprefix(".venv/bin/"), *words[1:]])


BASH = [block for page in PAGES for block in blocks(page) if block.language == "bash"]


@pytest.mark.parametrize("block", BASH, ids=lambda block: block.where)
def test_commands_exist_and_take_what_they_are_given(block: Block) -> None:
    """Each command of ours is one, with these options; so are make's targets and our modules."""
    for command in commands(block):
        match command.words:
            case ["stretto", *arguments]:
                _assert_parsed(arguments)
            case ["make", *targets]:
                for target in targets:
                    assert "=" in target or f"\n{target}:" in (ROOT / "Makefile").read_text()
            case ["python", "-m", module, *arguments]:
                _assert_module(module, arguments)
            case _:
                program = command.words[0]
                assert program in OTHER_COMMANDS, f"{block.where}: unknown command {program!r}"


def _assert_parsed(arguments: list[str]) -> None:
    group: Any = get_command(app)
    if arguments[0] in {"--help", "--version"}:
        return
    command = group.commands[arguments[0]]
    if arguments[1:] != ["--help"]:
        command.make_context(arguments[0], arguments[1:]).close()


def _assert_module(module: str, arguments: list[str]) -> None:
    spec = importlib.util.find_spec(module)
    assert spec is not None
    source = Path(spec.origin or "").read_text()
    for option in arguments:
        assert not option.startswith("-") or f'"{option}"' in source, f"{module} has no {option}"


DEFINITIONS = [b for page in PAGES for b in blocks(page) if b.language in {"yaml", "json"}]


@pytest.mark.parametrize("block", DEFINITIONS, ids=lambda block: block.where)
def test_definitions_can_be_read(
    block: Block, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """YAML is an agent or a team of a project with the page's files; JSON names servers or graphs."""
    if block.language == "json":
        said = json.loads(block.text)
        monkeypatch.setenv("TICKETS_KEY", "any")
        assert mcp_servers(said) if "mcpServers" in said else "checkpointer" in said
        return
    for other in blocks(block.page):
        if other.file and not other.unrun:
            (project / other.file).parent.mkdir(exist_ok=True)
            (project / other.file).write_text(other.content)
    if block.unrun:
        return
    if re.search(r"^graph:", block.text, re.MULTILINE):
        _assert_team(block, Project.find(project))
    else:
        agent = parse_agent(block.text, block.file or "agent.yaml", names=Project.find(project))
        assert agent.name


def _assert_team(block: Block, project: Project) -> None:
    """A team can be built in the page's project, and editors find it as its schema asks."""
    team, definition, faults = parse_team(block.text, block.file or "graphs/page.yaml")
    build_team(team, project, definition=definition, faults=faults)
    jsonschema.Draft202012Validator(team_schema()).validate(definition.data)


def test_the_table_of_patterns_tells_all_keys() -> None:
    """The page on teams in YAML: a row a pattern, what it needs and what it may say."""
    page = (ROOT / "docs" / "teams-in-yaml.md").read_text()
    for pattern, kind in PATTERNS.items():
        own = {k: f for k, f in kind.model_fields.items() if k not in Placed.model_fields}
        needed = {key for key, field in own.items() if field.is_required()}
        (row,) = [each for each in page.splitlines() if each.startswith(f"| `{pattern}` |")]
        _, _, needs, may, _ = row.split("|")
        assert set(re.findall(r"`(\w+)`", needs)) == needed, pattern
        assert set(re.findall(r"`(\w+)`", may)) == {*own} - {*needed, "pattern"}, pattern


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    """A link leads to a file of the project, and to a heading that is in it."""
    for target in links(page):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{name(page)} links to {target}"
        assert not anchor or anchor in anchors(file), f"{name(page)} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_newcomer_finds_the_next_step(page: Path) -> None:
    """Each page ends with the page or command to go on with."""
    assert last_line(page).startswith("Next: ")


def test_the_map_knows_every_page() -> None:
    """No page is hidden."""
    told = set(links(ROOT / "docs" / "index.md"))
    assert {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md"} <= told


def test_what_is_not_run_says_why() -> None:
    """A block that is left out has its reason above it."""
    left_out = [block for page in PAGES for block in blocks(page) if block.unrun]
    assert all(len(block.unrun) > len("a key") for block in left_out)


def test_every_error_is_explained_with_its_exit_code() -> None:
    """The page of errors has a row for each class, which ends with the code."""
    page = (ROOT / "docs" / "errors.md").read_text()
    kinds = [
        k for k in vars(errors).values() if isinstance(k, type) and k.__module__ == errors.__name__
    ]
    for kind in kinds:
        if kind is not errors.StrettoError:
            rows = [
                row
                for row in page.splitlines()
                if row.startswith("|") and f"`{kind.__name__}`" in row
            ]
            assert rows, kind
            assert rows[0].endswith(f"| {kind.exit_code} |"), rows[0]


def test_every_command_and_record_is_told_of() -> None:
    """No command and no record type is left out of the pages."""
    text = "\n".join(page.read_text() for page in PAGES)
    group: Any = get_command(app)
    assert [c for c in group.commands if f"stretto {c}" not in text] == []
    records = {kind.model_fields["type"].default for kind in Record.__subclasses__()}
    assert [r for r in records if f"`{r}`" not in text] == []
