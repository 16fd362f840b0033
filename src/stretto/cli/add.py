"""`stretto add`: a team's YAML file is named in langgraph.json, with the Python that it wants."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from stretto.errors import InvalidInput


def add(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A team's YAML file in graphs/.")],
) -> None:
    """Serve a team of a YAML file like any other: in run, chat, Studio and on the server.

    Writes the Python file that LangGraph's server wants beside it, and its line into
    langgraph.json. The team is built first: one that is wrong is not added.
    """
    from stretto.project import CONFIG
    from stretto.scaffold import serve
    from stretto.teams import team, team_file

    path = team_file(Path(file)).resolve()
    if "@" in path.stem:
        raise InvalidInput(
            f"{path.name} is an older version, which needs no line in {CONFIG}. Run it with "
            f"`stretto run {path.stem}`, and add {path.stem.partition('@')[0]}{path.suffix}."
        )
    name = str(team(path).name)
    if serve(path, name):
        sys.stderr.write(f'{name} is in {CONFIG}. Next: stretto run {name} "..."\n')
    else:
        sys.stderr.write(f"{name} was in {CONFIG} already\n")
