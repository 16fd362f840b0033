"""How a project wants to be checked: `[tool.stretto.check]` in its pyproject.toml."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stretto.check.walking import matches
from stretto.errors import BadDefinition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stretto.check.finding import Finding
    from stretto.check.rule import Rule

_TABLE = ("tool", "stretto", "check")
Limit = Annotated[float, Field(gt=0)] | None


class Settings(BaseModel):
    """What is looked for, and what may not be exceeded."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=lambda name: name.replace("_", "-"),
        populate_by_name=True,
    )  # fmt: skip

    select: tuple[str, ...] = ()
    """Codes, or their beginnings; empty for all that are no advice."""
    ignore: tuple[str, ...] = ()
    """Codes, or their beginnings, that are left out."""
    advice: bool = False
    """Whether advice is asked for, too."""
    exclude: tuple[str, ...] = ()
    """Globs of files and folders that are not looked into."""
    per_file_ignores: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Codes that are left out in files that match a glob."""
    max_usd: Limit = None
    max_model_calls: Limit = None
    max_tool_calls: Limit = None
    max_supersteps: Limit = None
    max_seconds: Limit = None

    def rules(self, rules: Iterable[Rule]) -> list[Rule]:
        """Those of the rules that are asked for."""
        chosen = [
            rule
            for rule in rules
            if (
                rule.code.startswith(self.select) if self.select else self.advice or not rule.advice
            )
        ]
        return [rule for rule in chosen if not (self.ignore and rule.code.startswith(self.ignore))]

    def allowed(self) -> dict[str, float]:
        """What a run may come to at most, as far as that is said."""
        names = ("usd", "model_calls", "tool_calls", "supersteps", "seconds")
        given = {name: getattr(self, f"max_{name}") for name in names}
        return {name: value for name, value in given.items() if value is not None}

    def allows(self, finding: Finding, root: Path) -> bool:
        """Whether a finding is left out in the file that it stands in."""
        if finding.place is None:
            return False
        path = Path(finding.place.file)
        return any(
            bool(codes) and finding.code.startswith(codes) and matches(path, [glob], root)
            for glob, codes in self.per_file_ignores.items()
        )

    def codes(self) -> Iterator[str]:
        """All codes that are named, whole or by their beginning."""
        for codes in (self.select, self.ignore, *self.per_file_ignores.values()):
            yield from codes


def settings_at(folder: Path) -> tuple[Settings, Path]:
    """The settings of the nearest pyproject.toml that has some, and the folder it is in.

    Raises:
        BadDefinition: They cannot be read, or name what there is not.
    """
    for above in (folder, *folder.parents):
        file = above / "pyproject.toml"
        if file.is_file():
            table = _table(file)
            if table is not None:
                return _settings(file, table), above
    return Settings(), folder


def _table(file: Path) -> dict[str, Any] | None:
    try:
        whole = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadDefinition(file, None, f"{error.strerror}", "Let it be read") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadDefinition(file, None, f"it is no TOML: {error}", "Mend it there") from error
    found: Any = whole
    for at, key in enumerate(_TABLE):
        found = found.get(key)
        if found is None:
            return None
        if not isinstance(found, dict):
            name = ".".join(_TABLE[: at + 1])
            raise BadDefinition(file, _line(file, key), f"{name} is no table", f"Write [{name}]")
    table: dict[str, Any] = found
    return table


def _settings(file: Path, table: dict[str, Any]) -> Settings:
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0])
        line = _line(file, key)
        if first["type"] == "extra_forbidden":
            known = [name.replace("_", "-") for name in Settings.model_fields]
            near = difflib.get_close_matches(key, known, n=1)
            remedy = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known)}"
            raise BadDefinition(
                file, line, f"[tool.stretto.check] has no {key!r}", remedy
            ) from None
        where = ".".join(str(part) for part in first["loc"])
        problem = f"[tool.stretto.check] {where}: {first['msg']}, not {first['input']!r}"
        raise BadDefinition(file, line, problem, "Correct the value") from None


def _line(file: Path, key: str) -> int | None:
    lines = file.read_text(encoding="utf-8").splitlines()
    found = [n for n, line in enumerate(lines, 1) if line.strip().strip('"').startswith(key)]
    return found[0] if found else None
