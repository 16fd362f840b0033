"""The files of teams: by name in `graphs/`, and their versions, which stand beside each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stretto.errors import BadDefinition, UnknownName
from stretto.spec.definition import nearest, refuse
from stretto.spec.team import read_team

if TYPE_CHECKING:
    from stretto.errors import StrettoError
    from stretto.project import Project
    from stretto.spec.team import Team

FOLDER = "graphs"
SUFFIXES = (".yaml", ".yml")


def load_team(path: Path | str) -> Team:
    """Read a team's file as a value; raises as `team`, but looks up no names."""
    file = team_file(Path(path))
    told, _, faults = read_team(file)
    refuse(file, sorted(faults, key=_place))
    return told


def _place(fault: StrettoError) -> tuple[int, int]:
    found = fault if isinstance(fault, BadDefinition) else None
    return (found.line or 0, found.column or 0) if found else (0, 0)


def teams(project: Project) -> dict[str, Path]:
    """Give the team files of a project's `graphs/` by name, without older versions."""
    folder = project.root / FOLDER
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return {p.stem: p for p in found if p.suffix in SUFFIXES and "@" not in p.stem}


def team_file(path: Path) -> Path:
    """Give the file of a team, and of one of its versions.

    The version stands in the file that is named, or beside it in `NAME@VERSION.yaml`.

    Raises:
        BadDefinition: There is no such file.
        UnknownName: There is no such version.
    """
    text = str(path)
    plain, at, version = text.rpartition("@")
    if at and not path.is_file() and not version.endswith(SUFFIXES):
        return _version(team_file(Path(plain)), version)
    if path.suffix == ".py":
        beside = [path.with_suffix(suffix) for suffix in SUFFIXES]
        path = next((each for each in beside if each.is_file()), beside[0])
    if not path.is_file():
        near = [p.name for p in path.parent.glob("*.y*ml")] if path.parent.is_dir() else []
        raise BadDefinition(path, None, "there is no such file", _near(path.name, near))
    return path


def _near(name: str, known: list[str]) -> str:
    return nearest(name, known) if known else "Write it"


def versions(path: Path) -> dict[str, Path]:
    """Give the files of all versions of a team that stand beside each other, by version."""
    stem = path.stem.partition("@")[0]
    files = [p for suffix in SUFFIXES for p in path.parent.glob(f"{stem}@*{suffix}")]
    found = {p.stem.partition("@")[2]: p for p in sorted(files)}
    current = next(
        (path.parent / f"{stem}{s}" for s in SUFFIXES if (path.parent / f"{stem}{s}").is_file()),
        None,
    )
    if current is not None:
        found[read_team(current)[0].version] = current
    return found


def _version(path: Path, version: str) -> Path:
    known = versions(path)
    if version not in known:
        raise UnknownName("version", version, known, where=str(path))
    return known[version]
