"""Two versions of a team's file: what it says of itself, its graph apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stretto.comparing.change import Change
from stretto.comparing.values import value_changes
from stretto.teams import declared_team

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph


def team_changes(old: Graph, new: Graph, *, changed: bool) -> Iterator[Change]:
    """Tell of the name, version and description of a team; nothing where Python made a graph.

    Args:
        old: The facts of the old version.
        new: The facts of the new one.
        changed: Whether the graph did, so that the version is to be another one.
    """
    before, after = (declared_team(each.live or each.builder) for each in (old, new))
    if before is None or after is None:
        return
    if changed and (before.name, before.version) == (after.name, after.version):
        told = f"changed, and the version is still {after.version}: raise it"
        yield Change("interface", after.name, told)
    if before.version != after.version:
        yield Change("wording", after.name, f"version: {before.version} -> {after.version}")
    for text in value_changes("description", before.description, after.description):
        yield Change("wording", after.name, text)
