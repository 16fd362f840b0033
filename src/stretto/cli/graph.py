"""`stretto graph`: a team's graph as mermaid text, or as an SVG file, without the network."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stretto.cli.options import Team
from stretto.errors import InvalidInput, StateUnavailable

if TYPE_CHECKING:
    from langchain_core.runnables.graph import Graph


def graph(
    team: Team,
    xray: Annotated[bool, typer.Option("--xray", help="Look into the subgraphs.")] = False,
    svg: Annotated[
        str | None, typer.Option("--svg", metavar="FILE", help="Write an SVG file instead.")
    ] = None,
) -> None:
    """Print a team's graph as mermaid text, or draw it into an SVG file."""
    from stretto.build import build

    drawn = build(team).get_graph(xray=xray)
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


def _svg(drawn: "Graph", title: str) -> str:
    from stretto.cli.drawing import svg
    from stretto.cli.layout import arrange
    from stretto.cli.picture import Link, Node

    nodes = [
        Node(n.id, n.name, str((n.metadata or {}).get("role", ""))) for n in drawn.nodes.values()
    ]
    links = [Link(e.source, e.target, str(e.data or ""), e.conditional) for e in drawn.edges]
    return svg(arrange(nodes, links), title=title)
