"""What a support desk answers from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from langchain.tools import ToolRuntime

from stretto import Project

if TYPE_CHECKING:
    from collections.abc import Mapping

search = Project.at(__file__).tool("handbook.search")
read = Project.at(__file__).tool("handbook.read")


def runtime(context: Mapping[str, Any] | None) -> Any:
    """What a tool is given."""
    return ToolRuntime(
        state={}, context=context, config={}, stream_writer=print, tool_call_id="c", store=None
    )


@pytest.mark.parametrize("context", [None, {}, {"customer": "ann"}])
async def test_without_sources_the_small_bank_is_searched(context: Mapping[str, Any] | None):
    """So that the team can be tried with one command."""
    (first, *_) = await search("monthly fee of the Quay Account", runtime(context))
    assert Path(first["path"]).name == "fees.md"
    (passage, *_) = await read(first["path"], first["line"], runtime(context))
    assert "12 euros" in passage["text"]


async def test_sources_that_are_named_are_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """By the run, or by the environment."""
    (tmp_path / "own.md").write_text("# Own\n\nThe monthly fee of the account is 7 euros.\n")
    for context in ({"sources": [str(tmp_path)]}, {}):
        (first, *_) = await search("monthly fee of the account", runtime(context))
        assert Path(first["path"]).name == "own.md"
        monkeypatch.setenv("STRETTO_SOURCES", str(tmp_path))
