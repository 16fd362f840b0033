"""Teams as files: read, made into graphs, written, compared and kept apart by version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stretto.lazy import load_lazily

if TYPE_CHECKING:
    from stretto.teams.building import build_team
    from stretto.teams.loading import load_team, team, team_file, team_graph, teams, versions

__all__ = ["build_team", "load_team", "team", "team_file", "team_graph", "teams", "versions"]

__getattr__ = load_lazily(
    __name__,
    {
        "stretto.teams.building": ("build_team",),
        "stretto.teams.loading": (
            *("load_team", "team", "team_file", "team_graph", "teams", "versions"),
        ),
    },
)
