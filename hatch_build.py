"""Lets a wheel carry the shipped teams, which `stretto new --team` copies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDERS = ("graphs", "agents", "prompts", "tools", "steps")


class ShippedTeams(BuildHookInterface[Any]):
    """Adds the project's folders under `stretto/shipped`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add them to a standard build: an editable one sees them where they are."""
        if version != "standard":
            return
        for folder in FOLDERS:
            place = str(Path(self.root) / folder)
            build_data["force_include"][place] = f"stretto/shipped/{folder}"
