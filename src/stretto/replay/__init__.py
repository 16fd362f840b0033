"""Run recorded threads again with no model and no tool, set them side by side, import logs.

Names are loaded when they are first used: to compare does not take what to run takes.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

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

_HOMES = {
    "comparing": ("Comparison", "compare"),
    "importing": ("import_log",),
    "recording": ("Recording", "load_recording", "recorded", "save_recording"),
    "replaying": ("Replay", "replay", "replay_recording"),
    "difference": ("Difference",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'stretto.replay' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"stretto.replay.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
