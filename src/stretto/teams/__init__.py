"""Teams as files: read, made into graphs, written, compared and kept apart by version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stretto.lazy import load_lazily

if TYPE_CHECKING:
    from stretto.teams.building import build_team, declared_team, project_of
    from stretto.teams.declaring import declared
    from stretto.teams.finding import (
        SUFFIXES,
        load_team,
        team_file,
        teams,
        versions,
    )
    from stretto.teams.loading import team, team_graph
    from stretto.teams.whole import whole_team

__all__ = [
    "SUFFIXES",
    "build_team",
    "declared",
    "declared_team",
    "load_team",
    "project_of",
    "team",
    "team_file",
    "team_graph",
    "teams",
    "versions",
    "whole_team",
]

__getattr__ = load_lazily(
    __name__,
    {
        "stretto.teams.building": ("build_team", "declared_team", "project_of"),
        "stretto.teams.declaring": ("declared",),
        "stretto.teams.finding": ("SUFFIXES", "load_team", "team_file", "teams", "versions"),
        "stretto.teams.loading": ("team", "team_graph"),
        "stretto.teams.whole": ("whole_team",),
    },
)
