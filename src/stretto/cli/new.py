"""`stretto new`: a project whose tests pass, perhaps with a shipped team to start from."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def new(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="The new project's folder.")],
    team: Annotated[
        list[str] | None,
        typer.Option("--team", metavar="NAME", help="Copy a shipped team into it; repeatable."),
    ] = None,
) -> None:
    """Lay out a project: a small team, its agents, tools and tests, and an AGENTS.md.

    In a folder that is a project already, --team copies a team into it. Files that are there stay.
    """
    from stretto.scaffold import copy_team, lay_out, refuse_unknown

    path = Path(folder).expanduser()
    for name in team or ():
        refuse_unknown(name)
    if not team or not (path / "langgraph.json").is_file():
        sys.stderr.write(f"{path}: {len(lay_out(path))} files\n")
    for name in team or ():
        copied = copy_team(name, path)
        sys.stderr.write(f"{name}: {len(copied.files)} files\n")
        for each in copied.files:
            sys.stderr.write(f"  {each}\n")
        for each in copied.kept:
            sys.stderr.write(f"  {each} was there and says something else; it is kept\n")
    first = team[0] if team else "counter"
    sys.stderr.write(f"\nNext: cd {path} && make test && stretto graph {first} --card\n")
