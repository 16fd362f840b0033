"""Options that several commands share, and the checks of what they are given."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stretto.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stretto.policy import Limits

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")]
Team = Annotated[
    str,
    typer.Argument(
        help="A team, team.yaml, agent:NAME, file.py:attribute or module:attribute; "
        "NAME@VERSION for an older version."
    ),
]
Thread = Annotated[str, typer.Argument(help="A thread: its id, the beginning of it, or 'last'.")]
Sources = Annotated[
    list[str] | None,
    typer.Option(
        "--sources", metavar="PATH", help="Folder, file or package:NAME to answer from; repeatable."
    ),
]
ContextValues = Annotated[
    list[str] | None,
    typer.Option(
        "--context",
        metavar="NAME=VALUE",
        help="What the team is told beside the question: JSON or text; repeatable.",
    ),
]
Model = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", help="offline, openai:NAME or PROVIDER:NAME."),
]
MaxModelCalls = Annotated[
    int | None,
    typer.Option("--max-model-calls", min=0, help="Model calls that the turn may make. [100]"),
]
MaxToolCalls = Annotated[
    int | None, typer.Option("--max-tool-calls", min=0, help="Tool calls that the turn may make.")
]
MaxSteps = Annotated[
    int | None, typer.Option("--max-steps", min=1, help="Supersteps of each graph. [1000]")
]
MaxTokens = Annotated[
    int | None,
    typer.Option("--max-tokens", min=0, help="Tokens that models may be given and write."),
]
MaxMoney = Annotated[
    float | None,
    typer.Option("--max-money", min=0, help="Money, by the prices that STRETTO_PRICES names."),
]
MaxSeconds = Annotated[
    float | None,
    typer.Option("--max-seconds", min=0.001, help="Wall time until the run is ended."),
]
Wait = Annotated[
    float,
    typer.Option("--wait", min=0, help="Seconds to wait while the thread is being worked on."),
]

NoCheck = Annotated[
    bool, typer.Option("--no-check", help="Run it even with faults that `stretto check` proves.")
]
Compensate = Annotated[
    bool,
    typer.Option(
        "--compensate",
        help="Undo what was done in the turn if it fails or is cancelled or refused.",
    ),
]


def limits_of(before: Mapping[str, float] | None = None, **given: float | None) -> Limits:
    """Give the limits asked for, over those the turn began with, over the defaults.

    Raises:
        InvalidInput: One of them is no number that limits anything.
    """
    from pydantic import ValidationError

    from stretto.policy import Limits

    asked = {name: value for name, value in given.items() if value is not None}
    try:
        return Limits.model_validate({**(before or {}), **asked})
    except ValidationError as error:
        first = error.errors()[0]
        option = str(first["loc"][0]).replace("_", "-")
        raise InvalidInput(
            f"--max-{option} {first['input']}: {first['msg']}. Give a number, such as 10."
        ) from error


def use_model(name: str | None) -> str:
    """Make a model the default of what is built from now on; give the default's name.

    Raises:
        InvalidInput: It cannot be had: no such name, no key, a package that is not installed.
    """
    from stretto.models import chat_model, default_model

    if name:
        chat_model(name)
        os.environ["STRETTO_MODEL"] = name
    return default_model()


def checked_sources(given: list[str] | None) -> list[str]:
    """Give sources as absolute paths.

    Raises:
        InvalidInput: One is not there or cannot be read.
    """
    return [_source(one) for one in given or ()]


def deep_form(team: str) -> str:
    """Give the name of a team's deep form.

    Raises:
        InvalidInput: It is no name of a team.
    """
    if not team.isidentifier():
        raise InvalidInput(f"--deep {team}: only a team named in langgraph.json has a deep form.")
    return f"{team}_deep"


def context_of(given: list[str] | None) -> dict[str, Any]:
    """Give the run's context: each value as the JSON it is, else as text.

    Raises:
        InvalidInput: One has no name.
    """
    context: dict[str, Any] = {}
    for each in given or ():
        name, equals, value = each.partition("=")
        if not name.strip() or not equals:
            raise InvalidInput(f"--context {each}: there is no name. Write NAME=VALUE.")
        try:
            context[name.strip()] = json.loads(value)
        except ValueError:
            context[name.strip()] = value
    return context


def _source(given: str) -> str:
    if given.startswith("package:"):
        return _package(given)
    path = Path(given).expanduser().absolute()
    if not path.exists():
        raise InvalidInput(
            f"--sources {given}: there is no such file or folder. "
            f"Give one that is there; the working directory is {Path.cwd()}."
        )
    if not os.access(path, os.R_OK | os.X_OK if path.is_dir() else os.R_OK):
        raise InvalidInput(f"--sources {given}: it cannot be read. Give yourself the right to.")
    return str(path)


def _package(given: str) -> str:
    from importlib.util import find_spec

    name = given.removeprefix("package:")
    try:
        found = name.isidentifier() and find_spec(name) is not None
    except (ImportError, ValueError):
        found = False
    if not found:
        raise InvalidInput(
            f"--sources {given}: no package {name!r} is installed here. "
            "Install it, or give its folder."
        )
    return given


def question_of(given: str) -> str:
    """Give the question; `-` reads it from the standard input.

    Raises:
        InvalidInput: It is empty.
    """
    import sys

    asked = (sys.stdin.read() if given == "-" else given).strip()
    if not asked:
        raise InvalidInput("the question is empty. Say what you want to know.")
    return asked
