"""Teams that ship with Stretto, with all that they name: agents, prompts, tools, steps."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from stretto.errors import InvalidInput, UnknownName

if TYPE_CHECKING:
    from collections.abc import Iterator

_HERE = Path(__file__).parent.parent
FOLDERS = ("graphs", "agents", "prompts", "tools", "steps")
_WORD = re.compile(r"[A-Za-z][\w-]*(?:\.\w+)*")


def shipped() -> Path:
    """The folder of the shipped project: in the wheel, or around a source tree."""
    carried = _HERE / "shipped"
    return carried if carried.is_dir() else _HERE.parent.parent


def shipped_teams() -> list[str]:
    """Names of the teams that ship with Stretto."""
    return sorted(
        path.stem for path in (shipped() / "graphs").glob("*.yaml") if "@" not in path.stem
    )


def copy_team(name: str, folder: Path) -> list[Path]:
    """Copy a shipped team into a project, and name it in langgraph.json.

    Returns:
        The files, relative to the folder; those that were there already are left as they are.

    Raises:
        UnknownName: No such team ships.
        InvalidInput: The folder is no project.
    """
    root, config = shipped(), folder / "langgraph.json"
    if name not in (known := shipped_teams()):
        raise UnknownName("shipped team", name, known)
    if not config.is_file():
        raise InvalidInput(f"{folder} is no project. Make one: stretto new {folder} --team {name}")
    copied: list[Path] = []
    for path in _with_all_named(root, root / "graphs" / f"{name}.yaml"):
        inside = path.relative_to(root)
        if not (folder / inside).exists():
            (folder / inside).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / inside)
            copied.append(inside)
    _name_in(config, name)
    return copied


def _name_in(config: Path, name: str) -> None:
    told = json.loads(config.read_text(encoding="utf-8"))
    told.setdefault("graphs", {})[name] = f"./graphs/{name}.py:graph"
    config.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def _with_all_named(root: Path, start: Path) -> list[Path]:
    """A file with all files of the project that it names, and those that they name."""
    files = {f for folder in FOLDERS for f in (root / folder).glob("*.*") if f.is_file()}
    found, open_ = {start}, [start]
    while open_:
        path = open_.pop()
        for named in _named(path, files):
            if named not in found:
                found.add(named)
                open_.append(named)
    return sorted(found)


def _named(path: Path, files: set[Path]) -> Iterator[Path]:
    """The files whose names stand in a file as words: alone, or as `family.name`."""
    if path.parent.name == "graphs" and path.suffix == ".yaml":
        yield path.with_suffix(".py")
    text = path.read_text(encoding="utf-8", errors="replace")
    words = set(_WORD.findall(text))
    families = {word.partition(".")[0] for word in words if "." in word}
    for file in files:
        dotted = file.parent.name in ("tools", "steps") and file.suffix == ".py"
        if file.name in words or (file.stem in families if dotted else _alone(path, file, words)):
            yield file


def _alone(path: Path, file: Path, words: set[str]) -> bool:
    """Agents and teams are named in teams, prompts in agents."""
    kinds = {"graphs": ("agents", "graphs"), "agents": ("prompts", "agents")}
    return file.parent.name in kinds.get(path.parent.name, ()) and file.stem in words
