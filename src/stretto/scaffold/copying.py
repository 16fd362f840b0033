"""Teams that ship with Stretto, copied with all that they name: agents, prompts, tools, steps."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

from stretto.errors import InvalidInput, UnknownName
from stretto.scaffold.closure import closure
from stretto.scaffold.serving import name_graph, serve

_HERE = Path(__file__).parent.parent


class Copied(NamedTuple):
    """Files of a team, relative to the project's folder."""

    files: list[Path]
    """Those that were written."""
    kept: list[Path]
    """Those that were there and say something else; they are left as they are."""


def shipped() -> Path:
    """The folder of the shipped project: in the wheel, or around a source tree."""
    carried = _HERE / "shipped"
    return carried if carried.is_dir() else _HERE.parent.parent


def shipped_teams() -> list[str]:
    """Names of the teams that ship with Stretto."""
    return sorted(
        path.stem for path in (shipped() / "graphs").glob("*.yaml") if "@" not in path.stem
    )


def refuse_unknown(name: str) -> None:
    """Refuse the name of a team that does not ship.

    Raises:
        UnknownName: None is called so.
    """
    if name not in (known := shipped_teams()):
        raise UnknownName("shipped team", name, known)


def copy_team(name: str, folder: Path) -> Copied:
    """Copy a shipped team into a project, and name it in langgraph.json.

    Raises:
        UnknownName: No such team ships.
        InvalidInput: The folder is no project, or its langgraph.json names another graph so.
        BadDefinition: Its langgraph.json is wrong.
    """
    refuse_unknown(name)
    root, folder = shipped(), folder.resolve()
    if not (folder / "langgraph.json").is_file():
        raise InvalidInput(f"{folder} is no project. Make one: stretto new {folder} --team {name}")
    copied = Copied([], [])
    for path in closure(root, root / "graphs" / f"{name}.yaml"):
        inside = path.relative_to(root)
        _copy(path, folder / inside, inside, copied)
        if inside.parts[0] == "graphs":
            named = serve if path.suffix == ".yaml" else name_graph
            named(folder / inside, path.stem)
    return copied


def _copy(path: Path, to: Path, inside: Path, copied: Copied) -> None:
    if not to.exists():
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, to)
        copied.files.append(inside)
    elif to.read_bytes() != path.read_bytes():
        copied.kept.append(inside)
