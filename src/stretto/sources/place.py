"""Where an index lies: beside the data it is of, else in the state folder."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from stretto.home import state_home
from stretto.sources.files import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stretto.sources.files import Root

STATE = ".stretto"


def places(roots: Sequence[Root]) -> list[Path]:
    """Index files to try in turn: the first that can be written is the one.

    One folder has its index beside its documents; anything else has it in the state folder,
    named by a digest of the sources' paths.
    """
    digest = sha256("\n".join(root.path for root in roots).encode(errors="replace")).hexdigest()
    shared = state_home() / "index" / f"{digest[:16]}.sqlite"
    if len(roots) == 1 and not roots[0].source.startswith(PACKAGE):
        folder = Path(roots[0].path)
        if folder.is_dir():
            return [folder / STATE / "index.sqlite", shared]
    return [shared]
