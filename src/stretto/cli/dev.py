"""`stretto dev`: the LangGraph development server, with the right settings, for Studio."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stretto.errors import MissingExtra

if TYPE_CHECKING:
    from collections.abc import Mapping

STUDIO = "https://smith.langchain.com/studio/?baseUrl="


def dev(
    port: Annotated[int, typer.Option("--port", min=1, max=65535)] = 2024,
    host: Annotated[str, typer.Option("--host")] = "127.0.0.1",
    browser: Annotated[bool, typer.Option("--browser", help="Open Studio.")] = False,
    reload: Annotated[
        bool, typer.Option("--reload/--no-reload", help="Start anew when a file changes.")
    ] = True,
) -> None:
    """Serve the project's graphs for LangGraph Studio and the LangGraph SDK; Ctrl-C ends it."""
    from stretto.project import Project

    root = Project.find().root
    command = [*server(), "dev", "--config", str(root / "langgraph.json")]
    command += ["--host", host, "--port", str(port)]
    command += [] if browser else ["--no-browser"]
    command += [] if reload else ["--no-reload"]
    sys.stderr.write(f"Studio finds it at {STUDIO}http://{host}:{port}\n")
    sys.stderr.flush()
    os.chdir(root)
    os.execvpe(command[0], command, settings(os.environ))  # noqa: S606 - it takes our place


def server() -> list[str]:
    """The command of `langgraph`, the one installed beside this Python first.

    Raises:
        MissingExtra: The extra `dev-server` is not installed.
    """
    from importlib.util import find_spec

    if find_spec("langgraph_api") is None or find_spec("langgraph_cli") is None:
        raise MissingExtra("`stretto dev`", "dev-server")
    beside = Path(sys.executable).with_name("langgraph")
    found = str(beside) if beside.is_file() else shutil.which("langgraph")
    if found is None:
        raise MissingExtra("`stretto dev`", "dev-server")
    return [found]


def settings(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for the server: it tells nobody anything unless a LangSmith key is there."""
    made = {**environment, "LANGGRAPH_CLI_NO_ANALYTICS": "1"}
    if not environment.get("LANGSMITH_API_KEY") and not environment.get("LANGCHAIN_API_KEY"):
        made["LANGSMITH_TRACING"] = "false"
    return made
