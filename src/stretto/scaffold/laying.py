"""A project's first files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from stretto.errors import InvalidInput, StateUnavailable
from stretto.spec.team import team_schema

TEMPLATE = Path(__file__).with_name("template")
_NAMED = {"gitignore": ".gitignore"}
"""Files that a package cannot carry under their own name."""


def lay_out(folder: Path) -> list[Path]:
    """Write the files of a new project; gives them, relative to the folder.

    Raises:
        InvalidInput: The folder is there and holds something.
        StateUnavailable: It cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidInput(f"{folder} is there and not empty. Name a new folder.")
    written: list[Path] = []
    try:
        for path in sorted(TEMPLATE.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                inside = path.relative_to(TEMPLATE)
                inside = inside.with_name(_NAMED.get(inside.name, inside.name))
                (folder / inside).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, folder / inside)
                written.append(inside)
        schema = Path("team.schema.json")
        (folder / schema).write_text(json.dumps(team_schema(), indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise StateUnavailable(
            f"cannot write {folder}: {error.strerror}. Name a folder that can be written."
        ) from error
    return [*written, schema]
