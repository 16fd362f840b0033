"""The shipped teams, a model behind HTTP for them, and what a person says to them."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stretto.models import names

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parent.parent.parent
YES = {"decisions": [{"type": "approve"}]}


def shipped(name: str) -> Any:
    """The graph of `graphs/NAME.py`, loaded anew, so that it takes the model that is set now."""
    return runpy.run_path(str(ROOT / "graphs" / f"{name}.py"))["graph"]


def use_server(monkeypatch: pytest.MonkeyPatch, url: str, *, model: str = "gpt-5-mini") -> None:
    """Let the agents of teams that are loaded from now on ask a server, each thing once."""
    monkeypatch.setenv("STRETTO_MODEL", f"openai:{model}")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    monkeypatch.setattr(names, "RETRIES", 0)
