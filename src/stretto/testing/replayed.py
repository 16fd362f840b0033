"""A recorded run as a test of the graph that made it."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from stretto.replay import load_recording, replay_recording

if TYPE_CHECKING:
    from stretto.replay import Recording, Replay
    from stretto.runs.stream import Graph


def replayed(path: str | Path, graph: Graph) -> Replay:
    """Replay a saved run on a graph, and fail when the graph would do something else.

    No model and no tool is called. Save a run with `stretto replay THREAD --save tests/NAME`.

    Args:
        path: The saved run, a `.jsonl` file.
        graph: The graph that made it, as it is today.

    Raises:
        AssertionError: It does something else; shows the first difference.
        InvalidInput: The file is no saved run.
        Unreplayable: The saved run is not whole.
    """
    recording = load_recording(Path(path))
    found = _finished(graph, recording)
    if not found.same:
        raise AssertionError(
            f"the graph does not do any more what {Path(path).name} recorded.\n{found}\n"
            "If that is what you want, run it again and save that run in its place."
        )
    return found


def _finished(graph: Graph, recording: Recording) -> Replay:
    """Run to the end, in a thread of its own where an event loop runs in this one already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(replay_recording(graph, recording))
    with ThreadPoolExecutor(1, "stretto-replay") as pool:
        return pool.submit(asyncio.run, replay_recording(graph, recording)).result()
