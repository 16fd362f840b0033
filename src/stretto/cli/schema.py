"""`stretto schema`: the JSON Schema of a team's or an agent's file, for editors."""

from enum import StrEnum
from typing import Annotated

import typer


class Kind(StrEnum):
    """Files that have a schema."""

    team = "team"
    agent = "agent"


def schema(
    kind: Annotated[Kind, typer.Argument(help="Of a team's file, or of an agent's.")] = Kind.team,
) -> None:
    """Print the JSON Schema of a team's or an agent's YAML file.

    Write it to a file and name that in your editor, or in the first line of a YAML file:
    # yaml-language-server: $schema=team.schema.json
    """
    from stretto.cli.result import print_json
    from stretto.spec.team import team_schema
    from stretto.spec.yaml import agent_schema

    print_json(team_schema() if kind is Kind.team else agent_schema())
