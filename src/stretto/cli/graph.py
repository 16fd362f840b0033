"""`stretto graph`: a team's graph as mermaid text, SVG, YAML or a card, without the network."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stretto.cli.options import Team
from stretto.errors import InvalidInput, StateUnavailable

if TYPE_CHECKING:
    from langchain_core.runnables.graph import Graph

    from stretto.spec.target import AnyGraph


def graph(
    team: Team,
    xray: Annotated[bool, typer.Option("--xray", help="Look into the subgraphs.")] = False,
    svg: Annotated[
        str | None, typer.Option("--svg", metavar="FILE", help="Write an SVG file instead.")
    ] = None,
    yaml: Annotated[
        bool, typer.Option("--yaml", help="Print the team's YAML file, also of one in Python.")
    ] = False,
    card: Annotated[
        bool,
        typer.Option("--card", help="Print a page: agents, tools, authority, bounds, picture."),
    ] = False,
) -> None:
    """Print a team's graph as mermaid text, draw it into an SVG file, or tell it otherwise."""
    from stretto.build import build

    if (yaml, card, svg is not None).count(True) > 1:
        raise InvalidInput("--yaml, --card and --svg are several forms. Give one.")
    built = build(team)
    if yaml:
        sys.stdout.write(_yaml(built))
        return
    if card:
        from stretto.cli.card import card_of

        sys.stdout.write(card_of(built, team))
        return
    drawn = built.get_graph(xray=xray)
    if svg is None:
        sys.stdout.write(drawn.draw_mermaid())
        return
    path = Path(svg).expanduser()
    if path.is_dir():
        raise InvalidInput(f"--svg {svg} is a folder. Name a file in it.")
    try:
        path.write_text(_svg(drawn, team), encoding="utf-8")
    except OSError as error:
        raise StateUnavailable(
            f"cannot write {svg}: {error.strerror}. Name a file that can be written."
        ) from error
    sys.stderr.write(f"written to {svg}\n")


def _yaml(built: "AnyGraph") -> str:
    from stretto.project import Project
    from stretto.spec.team import dump_team
    from stretto.teams import declared

    return dump_team(declared(built, Project.find()))


def _svg(drawn: "Graph", title: str) -> str:
    from stretto.cli.drawing import svg
    from stretto.cli.layout import arrange
    from stretto.cli.picture import Link, Node

    nodes = [
        Node(n.id, n.name, str((n.metadata or {}).get("role", ""))) for n in drawn.nodes.values()
    ]
    links = [Link(e.source, e.target, str(e.data or ""), e.conditional) for e in drawn.edges]
    return svg(arrange(nodes, links), title=title)
