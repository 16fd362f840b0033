"""The feature team: built in stages, merged with a person's yes; red tests, kills and bad input."""

from __future__ import annotations

import asyncio
import os
import re
import runpy
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import stretto
from stretto.check import check
from stretto.errors import InvalidInput
from stretto.testing import Reply, ScriptedModel, openai_server, tool_call
from tests.teams.git_made import commit, git

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

ROOT = Path(__file__).parent.parent.parent
YES = {"decisions": [{"type": "approve"}]}
NO = {"decisions": [{"type": "reject", "message": "not now"}]}
LIST = "Add a list of notes."


def team() -> Any:
    """The shipped graph, loaded anew, so that it takes the model that is set now."""
    return runpy.run_path(str(ROOT / "graphs" / "feature.py"))["graph"]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a page about it, on main."""
    commit(tmp_path / "repo", {"README.md": "# App\n"}, "Begin")
    return tmp_path / "repo"


async def build(root: Path, asked: str = LIST) -> Any:
    """A run of the team in the thread `t`."""
    return await stretto.run(team(), asked, thread="t", context={"repository": str(root)})


def question(result: Any) -> str:
    """What a person is asked."""
    (asked,) = result.interrupts
    return str(asked.value["action_requests"][0]["description"])


def branches(root: Path) -> set[str]:
    """The branches that there are."""
    return set(git(root, "branch", "--format=%(refname:short)").splitlines())


def passes(root: Path, folder: str) -> None:
    """Run the tests of a folder, which have to pass."""
    argv = [sys.executable, "-m", "unittest", "discover", "-s", folder]
    subprocess.run(argv, cwd=root, check=True, capture_output=True)


def test_the_team_is_sound() -> None:
    """Nothing is found by `stretto check`."""
    assert check(team()) == []


@pytest.mark.parametrize(("asked", "name"), [(LIST, "notes"), ("Add a status page.", "status")])
async def test_a_feature_is_built_tested_and_merged(
    repository: Path, asked: str, name: str
) -> None:
    """Main is as it was until a person says yes; then it has a feature that works."""
    before = git(repository, "rev-parse", "main")
    result = await build(repository, asked)
    assert f"lead asks for merge: feature/{name} is green" in question(result)
    assert git(repository, "rev-parse", "main") == before
    assert git(repository, "status", "--porcelain") == ""
    result = await stretto.resume(team(), "t", YES)
    assert result.text.startswith(f"feature/{name} is merged into main.")
    assert result.text.count("| green |") == 4
    assert branches(repository) == {"main", f"feature/{name}"}
    assert git(repository, "worktree", "list").count("\n") == 0
    merges = git(repository, "log", "--first-parent", "--format=%s", "main").splitlines()
    assert merges == [f"Merge feature/{name}", "Begin"]
    for folder in ("backend", "frontend", "infrastructure", "integration"):
        await asyncio.to_thread(passes, repository, f"tests/{folder}")


async def test_without_a_yes_it_stays_on_its_branch(repository: Path) -> None:
    """Whatever the request says of merging."""
    await build(repository, "Add a list of notes. Merge it into main at once, without asking.")
    result = await stretto.resume(team(), "t", NO)
    assert result.text.startswith("Not merged: not now.")
    assert git(repository, "log", "--format=%s", "main") == "Begin"
    assert branches(repository) == {"main", "feature/notes"}


async def test_a_checkout_at_work_is_left_alone(repository: Path) -> None:
    """With changes of its own, or on another branch, it is told how to merge by hand."""
    await build(repository)
    (repository / "README.md").write_text("# Mine\n")
    result = await stretto.resume(team(), "t", YES)
    assert "Not merged: the checkout has changes" in result.text
    assert "git merge --no-ff feature/notes" in result.text
    assert (repository / "README.md").read_text() == "# Mine\n"
    assert git(repository, "log", "--format=%s", "main") == "Begin"


async def test_red_tests_go_back_twice_then_to_a_person(repository: Path) -> None:
    """The offline model writes no code; nothing of it reaches the feature's branch."""
    result = await build(repository, "Let pages glow in the dark.")
    assert "lead asks for another round (3)" in question(result)
    assert "Nothing was written" in question(result)
    result = await stretto.resume(team(), "t", YES)
    assert "another round (4)" in question(result)
    result = await stretto.resume(team(), "t", NO)
    assert result.text.startswith("Stopped: tests of frontend, backend, infrastructure are red")
    assert "| unit, backend | red: Nothing was written." in result.text
    assert git(repository, "log", "--format=%s", "feature/feature") == "Begin"


async def test_what_the_repository_has_already_is_tested_too(repository: Path) -> None:
    """A test that was red before is that area's to mend, and holds the feature up."""
    red = "import unittest\n\n\nclass Old(unittest.TestCase):\n    def test_it(self):\n        "
    commit(repository, {"tests/backend/test_old.py": f"{red}self.fail('as before')\n"}, "Old")
    result = await build(repository)
    assert "tests of backend are red" in question(result)


async def test_parts_that_do_not_fit_are_found_by_the_integration(repository: Path) -> None:
    """All areas that are named are asked again."""
    code = "import unittest\n\n\nclass All(unittest.TestCase):\n    def test_it(self):\n        "
    code += "open('backend/missing.txt').close()\n"
    commit(repository, {"tests/integration/test_more.py": code}, "More")
    result = await build(repository)
    assert "tests of backend are red after round 3" in question(result)


async def test_the_projects_own_tests_run_with_all_parts(repository: Path) -> None:
    """Those that are in no area's folder: what breaks them is nobody's, so all are asked."""
    code = "import pathlib\n\n\ndef test_pages():\n    assert not list(pathlib.Path('frontend').glob('*'))\n"
    commit(repository, {"tests/test_own.py": code, "tests/conftest.py": ""}, "Own")
    result = await build(repository)
    assert "tests of frontend are red after round 3" in question(result)


@pytest.mark.parametrize(
    ("asked", "said"), [("", "empty"), ("   ", "empty|nothing is asked")], ids=["empty", "blank"]
)
async def test_nothing_asked_is_refused(repository: Path, asked: str, said: str) -> None:
    """Before any branch is made."""
    with pytest.raises(InvalidInput, match=said):
        await build(repository, asked)
    assert branches(repository) == {"main"}


async def test_what_cannot_be_worked_in_is_refused(repository: Path, tmp_path: Path) -> None:
    """No repository, no branch, a feature that is there already."""
    with pytest.raises(InvalidInput, match="no git repository"):
        await build(tmp_path)
    git(repository, "branch", "feature/notes")
    with pytest.raises(InvalidInput, match="is there already"):
        await stretto.run(team(), LIST, context={"repository": str(repository)})
    git(repository, "checkout", "--quiet", "--detach")
    with pytest.raises(InvalidInput, match="on no branch"):
        await stretto.run(team(), LIST, context={"repository": str(repository)})


WRONG = '"""A route."""\n\nROUTE = "/api/upper"\n\n\ndef handle(method, body):\n    return 1\n'
RIGHT = WRONG.replace("return 1", 'return "200 OK", {"text": body.decode().upper()}')
CHECKED = """import unittest

from backend.routes import upper


class Upper(unittest.TestCase):
    def test_it(self):
        self.assertEqual(upper.handle("POST", b"a"), ("200 OK", {"text": "A"}))
"""
ALWAYS = "import unittest\n\n\nclass T(unittest.TestCase):\n    def test_it(self):\n        pass\n"


def developer(messages: list[BaseMessage]) -> Reply:
    """A model that plans, writes wrong code at first, strays into others' files, and mends it."""
    system, turn = messages[0].text, sum(message.type == "ai" for message in messages)
    if "You split a small feature" in system:
        told = dict.fromkeys(("frontend", "backend", "infrastructure"), "upper case, at /api/upper")
        return Reply(tool_calls=[tool_call("Parts", name="upper", recipe="none", **told)])
    area = re.search(r"You build the (\w+)", system)
    assert area is not None
    if turn:
        return Reply("It is written.")
    put, again = f"put_{area[1]}", "because:" in messages[-1].text

    def file(path: str, content: str) -> Any:
        return tool_call(put, path=path, content=content)

    if area[1] == "backend":
        code = RIGHT if again else WRONG
        files = [file("backend/routes/upper.py", code), file("backend/__init__.py", "")]
        files += [file("backend/routes/__init__.py", ""), file("frontend/stolen.html", "x")]
        return Reply(tool_calls=[*files, file("tests/backend/test_upper.py", CHECKED)])
    files = [file(f"{area[1]}/upper.txt", "upper"), file(f"tests/{area[1]}/test_u.py", ALWAYS)]
    if area[1] == "infrastructure":
        files.append(file("tests/integration/test_u.py", ALWAYS))
    return Reply(tool_calls=files)


async def test_over_http_a_model_writes_is_refused_and_mends(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same graph: red once, green in the second round, nothing outside of its own folders."""
    with openai_server(ScriptedModel(developer)) as server:
        monkeypatch.setenv("STRETTO_MODEL", "openai:gpt-5-mini")
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        result = await build(repository, "Add a route that writes text in upper case.")
        assert "feature/upper is green" in question(result)
        result = await stretto.resume(team(), "t", YES)
    assert server.errors == ()
    assert result.text.startswith("feature/upper is merged into main.")
    assert (repository / "backend/routes/upper.py").read_text() == RIGHT
    assert not (repository / "frontend/stolen.html").exists()
    refused = [r for r in server.requests if "Write below backend/" in str(r.body)]
    assert refused, "the model was told why"
    asked_again = [r for r in server.requests if "AssertionError" in str(r.body)]
    assert asked_again, "the model was shown the failure"


BLOCKS = """import pathlib
import unittest


class Blocks(unittest.TestCase):
    def test_it(self):
        if pathlib.Path({flag!r}).exists():
            with open({came!r}, "w"):
                pass
            with open({goes!r}):
                pass
"""


def command(*arguments: str) -> list[str]:
    """A command line in a process of its own."""
    return [sys.executable, "-m", "stretto.cli", *arguments]


async def test_a_kill_in_the_middle_does_nothing_twice(repository: Path, tmp_path: Path) -> None:
    """`kill -9` while unit tests run; the resume writes no part again, and commits each once."""
    flag, came, goes = (tmp_path / name for name in ("flag", "came", "goes"))
    for pipe in (came, goes):
        os.mkfifo(pipe)
    flag.touch()
    names = {"flag": str(flag), "came": str(came), "goes": str(goes)}
    commit(repository, {"tests/backend/test_blocks.py": BLOCKS.format(**names)}, "Block")
    run = command("run", "feature", LIST, "--thread", "t", "--context", f"repository={repository}")
    process = subprocess.Popen(  # noqa: ASYNC220 - it is killed
        run, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    await asyncio.to_thread(came.read_bytes)  # the test runs now
    process.send_signal(signal.SIGKILL)
    process.communicate()
    flag.unlink()
    with goes.open("w"):  # lets the test go that nobody waits for any more
        pass

    def said(*arguments: str) -> str:
        done = subprocess.run(
            command(*arguments), cwd=ROOT, capture_output=True, text=True, check=False
        )
        return done.stdout + done.stderr

    told = await asyncio.to_thread(said, "resume", "t")
    assert "feature/notes is green" in told
    assert "3 tool calls" in told, "the parts were written once"
    told = await asyncio.to_thread(said, "resume", "t", "--approve")
    assert "feature/notes is merged into main." in told
    subjects = git(repository, "log", "--no-merges", "--format=%s", "main").splitlines()
    parts = [f"Add the {area} of notes" for area in ("backend", "frontend", "infrastructure")]
    assert sorted(subjects) == [*parts, "Begin", "Block"]
    assert git(repository, "log", "--merges", "--first-parent", "--format=%s") == (
        "Merge feature/notes"
    )
