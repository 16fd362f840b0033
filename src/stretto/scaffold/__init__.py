"""New projects: laid out from a template, with teams that ship with Stretto copied in."""

from __future__ import annotations

from stretto.scaffold.copying import copy_team, shipped_teams
from stretto.scaffold.laying import lay_out

__all__ = ["copy_team", "lay_out", "shipped_teams"]
