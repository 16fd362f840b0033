"""Run recorded threads again with no model and no tool, set them side by side, import logs.

Names are loaded when they are first used: to compare does not take what to run takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stretto.lazy import load_lazily

if TYPE_CHECKING:
    from stretto.replay.comparing import Comparison, compare
    from stretto.replay.difference import Difference
    from stretto.replay.importing import import_log
    from stretto.replay.recording import Recording, load_recording, recorded, save_recording
    from stretto.replay.replaying import Replay, replay, replay_recording

__all__ = [
    "Comparison",
    "Difference",
    "Recording",
    "Replay",
    "compare",
    "import_log",
    "load_recording",
    "recorded",
    "replay",
    "replay_recording",
    "save_recording",
]

__getattr__ = load_lazily(
    __name__,
    {
        "stretto.replay.comparing": ("Comparison", "compare"),
        "stretto.replay.importing": ("import_log",),
        "stretto.replay.recording": ("Recording", "load_recording", "recorded", "save_recording"),
        "stretto.replay.replaying": ("Replay", "replay", "replay_recording"),
        "stretto.replay.difference": ("Difference",),
    },
)
