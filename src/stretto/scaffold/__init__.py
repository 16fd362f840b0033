"""New projects: laid out from a template, with teams that ship with Stretto copied in."""

from __future__ import annotations

from stretto.scaffold.copying import copy_team, refuse_unknown, shipped_teams
from stretto.scaffold.laying import lay_out
from stretto.scaffold.serving import serve

__all__ = ["copy_team", "lay_out", "refuse_unknown", "serve", "shipped_teams"]
