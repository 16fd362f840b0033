"""Paused turns keep to the version of the team in which they began."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

import stretto
from stretto import Resume
from stretto.errors import BadDefinition, InvalidInput, VersionGone
from stretto.runs import pinning
from stretto.runs.pinning import pinned, version_of
from stretto.teams import team

if TYPE_CHECKING:
    from pathlib import Path

STEPS = '''
def find(state) -> str:
    """Finds."""
    return "found"


def weigh(state) -> str:
    """Weighs."""
    return "weighed"


def pay(state) -> str:
    """Pays."""
    return "paid"


def from_1(values, waiting):
    assert waiting == ("desk",), waiting
    return "weigh", {"results": {"weigh": "weighed before"}}


def lost(values, waiting):
    return "nowhere", {}
'''
ONE = "version: 1\ngraph:\n  pattern: sequential\n  steps: [{step: desk.find}, {name: desk, pattern: approve, member: {step: desk.pay}}]\n"
TWO = "version: 2\nmigrates: {1: desk.from_1}\ngraph:\n  pattern: sequential\n  steps: [{step: desk.find}, {step: desk.weigh}, {name: till, pattern: approve, member: {step: desk.pay}}]\n".replace(
    "{1:", "{'1':"
)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a team in its first version."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("STRETTO_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "langgraph.json": '{"dependencies": ["."], "graphs": {}}',
        "steps/desk.py": STEPS,
        "graphs/shop.yaml": ONE,
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


async def paused(root: Path) -> Any:
    """A turn that waits for a person, in version 1; then the file says version 2."""
    result = await stretto.run(team(root / "graphs/shop.yaml"), "Buy it.", thread="t", team="shop")
    assert result.status == "interrupted"
    (root / "graphs/shop.yaml").write_text(TWO)
    return result


APPROVED = {"decisions": [{"type": "approve"}]}


async def test_the_newest_version_is_refused_and_nothing_is_lost(root: Path) -> None:
    """The error names both versions; the question still waits."""
    await paused(root)
    newest = team(root / "graphs/shop.yaml")
    with pytest.raises(InvalidInput, match=r"began in version 1, and this graph is version 2"):
        await stretto.run(newest, Resume(answer=APPROVED), thread="t", team="shop")
    async with stretto.open_storage() as storage:
        old = await pinned("shop", "1", storage.store)
        done = await stretto.run(old, Resume(answer=APPROVED), thread="t", storage=storage)
    assert (version_of(old), done.text) == ("1", "paid")


async def test_a_version_that_has_gone_is_found_in_the_state(root: Path) -> None:
    """What a turn began in is kept, with its agents; also when the team's file is gone."""
    await paused(root)
    (root / "graphs/shop.yaml").unlink()
    async with stretto.open_storage() as storage:
        assert version_of(await pinned("shop", "1", storage.store)) == "1"
        with pytest.raises(VersionGone, match=r"version 7 of shop .* Kept are: 1\. Put"):
            await pinned("shop", "7", storage.store)


async def test_a_version_beside_the_newest_comes_before_what_was_kept(root: Path) -> None:
    """Its file may have been mended."""
    await paused(root)
    mended = ONE.replace("member: {step: desk.pay}", "ask: Sure?, member: {step: desk.pay}")
    (root / "graphs/shop@1.yaml").write_text(mended)
    async with stretto.open_storage() as storage:
        graph = await pinned("shop", "1", storage.store)
    assert "Sure?" in str(graph.builder.stretto_team)  # type: ignore[attr-defined]


async def test_a_turn_is_taken_over_by_a_declared_function(root: Path) -> None:
    """It goes on behind the node that the function names, and asks anew."""
    await paused(root)
    newest = team(root / "graphs/shop.yaml")
    taken = await stretto.run(newest, Resume(migrate=True), thread="t", team="shop")
    assert taken.status == "interrupted"
    assert taken.value["results"]["weigh"] == "weighed before"
    done = await stretto.run(newest, Resume(answer=APPROVED), thread="t", team="shop")
    assert done.text == "paid"
    async with stretto.open_storage() as storage:
        last = await storage.journal.last_run("t")
    assert last is not None
    assert last.team_version == "2"


async def test_a_migration_that_leads_nowhere_changes_nothing(root: Path) -> None:
    """The turn can still be resumed in its own version."""
    await paused(root)
    (root / "graphs/shop.yaml").write_text(TWO.replace("from_1", "lost"))
    with pytest.raises(InvalidInput, match=r"Give the node behind which the turn goes on \(find"):
        await stretto.run(team(root / "graphs/shop.yaml"), Resume(migrate=True), thread="t")
    (root / "graphs/shop.yaml").write_text(TWO.replace("migrates: {'1': desk.from_1}\n", ""))
    with pytest.raises(InvalidInput, match=r"no migration from version 1\. Add `migrates"):
        await stretto.run(team(root / "graphs/shop.yaml"), Resume(migrate=True), thread="t")
    async with stretto.open_storage() as storage:
        old = await pinned("shop", "1", storage.store)
        done = await stretto.run(old, Resume(answer=APPROVED), thread="t", storage=storage)
    assert done.text == "paid"


async def test_a_new_turn_is_in_the_newest_version(root: Path) -> None:
    """A turn that has ended binds nobody."""
    await stretto.run(team(root / "graphs/shop.yaml"), "Buy.", thread="t", team="shop")
    await stretto.run(team(root / "graphs/shop.yaml"), Resume(answer=APPROVED), thread="t")
    (root / "graphs/shop.yaml").write_text(TWO)
    result = await stretto.run(team(root / "graphs/shop.yaml"), "Again.", thread="t", team="shop")
    assert result.value["results"]["weigh"] == "weighed"


async def test_a_team_runs_wherever_the_process_stands(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its project is found from its file, not from the working directory: kept, resumed, moved."""
    outside = root.parent
    monkeypatch.chdir(outside)
    await paused(root)
    newest = team(root / "graphs/shop.yaml")
    taken = await stretto.run(newest, Resume(migrate=True), thread="t", team="shop")
    done = await stretto.run(newest, Resume(answer=APPROVED), thread="t", team="shop")
    assert (taken.status, done.text) == ("interrupted", "paid")


async def test_a_team_with_a_name_of_its_own_keeps_its_versions(root: Path) -> None:
    """The file's name need not be the team's; a wrong file of a version is told, not passed by."""
    (root / "graphs/shop.yaml").write_text(f"name: store\n{ONE}")
    await paused(root)
    (root / "graphs/shop.yaml").write_text(f"name: store\n{TWO}")
    async with stretto.open_storage() as storage:
        assert version_of(await pinned("shop", "1", storage.store)) == "1"
        (root / "graphs/shop.yaml").write_text(TWO)
        (root / "graphs/shop@1.yaml").write_text(ONE.replace("steps", "stps"))
        with pytest.raises(BadDefinition, match=r"shop@1\.yaml:4:3: unknown key 'stps'"):
            await pinned("shop", "1", storage.store)


async def test_a_team_that_its_caller_names_otherwise_is_found_when_its_file_is_gone(
    root: Path,
) -> None:
    """By the name in langgraph.json, and by the path of its file."""
    (root / "graphs/shop.yaml").write_text(f"name: store\n{ONE}")
    path = str(root / "graphs/shop.yaml")
    await stretto.run(team(path), "Buy it.", thread="t", team="shop")
    await stretto.run(team(path), "Buy it.", thread="u", team=path)
    (root / "graphs/shop.yaml").unlink()
    async with stretto.open_storage() as storage:
        for thread, target in (("t", "shop"), ("u", path)):
            old = await pinned(target, "1", storage.store)
            done = await stretto.run(old, Resume(answer=APPROVED), thread=thread, storage=storage)
            assert done.text == "paid"
        with pytest.raises(BadDefinition, match="there is no such file"):
            await pinned(path, "", storage.store)


async def test_going_on_does_not_change_what_was_kept(root: Path) -> None:
    """A file that changed without a new version is refused, and is not what is kept from then."""
    await stretto.run(team(root / "graphs/shop.yaml"), "Buy it.", thread="t", team="shop")
    (root / "graphs/shop.yaml").write_text(ONE.replace("name: desk", "name: till"))
    with pytest.raises(InvalidInput, match="goes on in 'desk', which the graph 'shop' does not"):
        await stretto.run(team(root / "graphs/shop.yaml"), Resume(answer=APPROVED), thread="t")
    (root / "graphs/shop.yaml").unlink()
    async with stretto.open_storage() as storage:
        old = await pinned("shop", "1", storage.store)
        done = await stretto.run(old, Resume(answer=APPROVED), thread="t", storage=storage)
    assert done.text == "paid"


async def test_a_migration_that_was_killed_half_way_can_be_made_again(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends between the two updates of the state."""
    await paused(root)
    newest = team(root / "graphs/shop.yaml")
    whole = type(newest).abulk_update_state

    async def half(self: Any, config: Any, updates: Any) -> Any:
        await whole(self, config, updates[:1])
        raise KeyboardInterrupt

    for _ in range(2):
        with monkeypatch.context() as killed:
            killed.setattr(type(newest), "abulk_update_state", half)
            with pytest.raises(KeyboardInterrupt):
                await stretto.run(newest, Resume(migrate=True), thread="t", team="shop")
    taken = await stretto.run(newest, Resume(migrate=True), thread="t", team="shop")
    assert taken.value["results"]["weigh"] == "weighed before"
    done = await stretto.run(newest, Resume(answer=APPROVED), thread="t", team="shop")
    assert (taken.status, done.text) == ("interrupted", "paid")


async def test_what_is_kept_is_written_out_once_a_graph(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A turn of a graph that has been kept only looks whether it still is."""
    graph, times = team(root / "graphs/shop.yaml"), []
    told = pinning.dump_team
    monkeypatch.setattr(pinning, "dump_team", lambda team: (times.append(1), told(team))[1])
    async with stretto.open_storage() as storage:
        for _ in range(3):
            await pinning.keep_version(graph, storage.store, "shop")
    assert len(times) == 1
