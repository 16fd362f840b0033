"""`stretto replay`: runs a thread again from its records, with no model and no tool."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stretto.cli.awaiting import awaited
from stretto.cli.options import Json, Thread
from stretto.errors import InvalidInput

if TYPE_CHECKING:
    from stretto.replay import Recording, Replay

DIFFERENT = 1
"""The exit code when the graph does something else than was recorded."""


def replay(
    thread: Thread = "last",
    team: Annotated[
        str | None,
        typer.Option("--team", metavar="TEAM", help="Replay on this graph, not on the thread's."),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(
            "--save", metavar="PATH", help="Save the run as a test: PATH.jsonl and a test file."
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a test that was saved before.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Run a thread again on today's code, with no model and no tool, from the records.

    Shows the first place where it would do something else, both sides beside each other, and ends
    with exit code 1; or says that it does the same.
    """
    from stretto.cli.console import loading, screen

    with loading(f"thread {thread}", quiet=as_json):
        recording = awaited(_recorded(thread))
        graph, target = _graph(recording, team)
    found = awaited(_replayed(graph, recording))
    saved = _save(recording, save, target, force=force) if save is not None else []
    if as_json:
        from stretto.cli.result import print_json

        print_json({**json_of(found), "saved": [str(path) for path in saved]})
    else:
        from stretto.cli.beside import print_replay

        print_replay(screen(), found, saved)
    if not found.same:
        raise typer.Exit(DIFFERENT)


async def _recorded(given: str) -> "Recording":
    from stretto.cli.finding import find_thread
    from stretto.cli.journal import reading
    from stretto.replay import recorded

    async with reading() as journal:
        return await recorded(journal, (await find_thread(journal, given)).thread)


async def _replayed(graph: Any, recording: "Recording") -> "Replay":
    from stretto.replay import replay_recording

    return await replay_recording(graph, recording)


def _graph(recording: "Recording", team: str | None) -> tuple[Any, str]:
    """The graph to replay on, and the target it is built from; none for an imported thread's."""
    from stretto.build import build, lasting
    from stretto.records import RunStarted
    from stretto.replay.talk import conversation_of, is_imported
    from stretto.testing.agent import recorded_agent

    if team is None and is_imported(recording):
        return recorded_agent(conversation_of(recording)), ""
    starts = [record.team for record in recording.records if isinstance(record, RunStarted)]
    if team is None and not starts:
        raise InvalidInput(
            f"thread {recording.thread!r} does not say which team it belongs to. Give --team."
        )
    target = team or starts[-1]
    return build(target), lasting(target)


def _save(recording: "Recording", path: Path, target: str, *, force: bool) -> list[Path]:
    from stretto.replay import save_recording

    stem = path.name.removesuffix(".jsonl").removesuffix(".py").removeprefix("test_")
    if not stem.isidentifier():
        raise InvalidInput(
            f"--save {path}: a test cannot be called {stem!r}. Use letters, digits and underscores."
        )
    data, test = path.with_name(f"{stem}.jsonl"), path.with_name(f"test_{stem}.py")
    if data.exists() and not force:
        raise InvalidInput(
            f"--save {path}: {data} is there already. Use another name, or --force to replace it."
        )
    save_recording(recording, data)
    if force or not test.exists():
        text = _test(stem, _beside_test(target, test.parent), recording.thread)
        test.write_text(text, encoding="utf-8")
    return [data, test]


def _beside_test(target: str, folder: Path) -> str:
    """A target with a file's path as it is found from the test's folder, on any machine."""
    place, colon, attribute = target.rpartition(":")
    if not colon or not Path(place).is_absolute():
        return target
    return f"{Path(os.path.relpath(place, folder.resolve())).as_posix()}:{attribute}"


def _test(stem: str, target: str, thread: str) -> str:
    name = stem if stem.startswith("replay") else f"replay_{stem}"
    if not target:
        lines: tuple[str, ...] = (
            "from stretto.replay import load_recording",
            "from stretto.replay.talk import conversation_of",
            "from stretto.testing import recorded_agent, replayed",
        )
        graph = "recorded_agent(conversation_of(load_recording(RUN)))"
    else:
        lines = ("from stretto.build import build", "from stretto.testing import replayed")
        graph = f"build({json.dumps(target, ensure_ascii=False)}, start=RUN.parent)"
    imports = "\n".join(lines)
    return f'''"""Replays a recorded run: fails when the team would do something else."""

from pathlib import Path

{imports}

RUN = Path(__file__).with_name("{stem}.jsonl")


def test_{name}() -> None:
    """The team does what it did on thread {thread}."""
    replayed(RUN, {graph})
'''


def json_of(found: "Replay") -> dict[str, Any]:
    """A replay as the one object that `--json` prints."""
    told: dict[str, Any] = {
        "thread": found.thread,
        "team": found.team,
        "same": found.same,
        "turns": found.turns,
        "model_calls": found.model_calls,
        "tool_calls": found.tool_calls,
        "answers": found.answers,
        "nodes": found.nodes,
        "stopped": found.stopped,
        "difference": None,
    }
    if (one := found.difference) is not None:
        told["difference"] = {
            "what": one.what,
            "turn": one.turn,
            "path": one.path,
            "name": one.name,
            "told": one.told,
            "recorded": one.recorded,
            "now": one.now,
        }
    return told
