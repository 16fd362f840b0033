from __future__ import annotations

import importlib.util
import os

from stretto.cli.dev import settings


def test_the_server_is_started_in_the_project_without_a_browser(stretto, project, monkeypatch):
    """The server is started in the project without a browser."""
    started = []
    monkeypatch.setattr(os, "execvpe", lambda *given: started.append(given))
    monkeypatch.chdir(project / "graphs")
    said = stretto("dev", "--port", "2099")
    ((program, command, environment),) = started
    assert program.endswith("langgraph")
    assert command[1:4] == ["dev", "--config", str(project / "langgraph.json")]
    assert command[-3:] == ["--port", "2099", "--no-browser"]
    assert environment["LANGGRAPH_CLI_NO_ANALYTICS"] == "1"
    assert "http://127.0.0.1:2099" in said.err


def test_nothing_is_traced_without_a_key():
    """Nothing is traced without a key."""
    assert settings({})["LANGSMITH_TRACING"] == "false"
    assert "LANGSMITH_TRACING" not in settings({"LANGSMITH_API_KEY": "k"})


def test_without_the_extra_it_says_what_to_install(stretto, monkeypatch):
    """Without the extra it says what to install."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    said = stretto("dev")
    assert (said.code, "'.[dev-server]'" in said.err) == (2, True)
