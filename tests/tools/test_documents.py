"""Search and read as an agent calls them."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from langchain_core.tools import StructuredTool

from stretto.errors import InvalidInput
from stretto.spec.tool import effect_of
from tools import documents
from tools.documents import read, search, sources_of, survey


class Runtime:
    """What a tool is given by LangGraph, as far as these look at it."""

    def __init__(self, *sources: Path | str) -> None:
        self.context = {"sources": [str(each) for each in sources]}


@pytest.fixture(autouse=True)
def _nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_open", {})


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """A folder with one document."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# Rondo\n\nThe theme returns.\n\n# Suite\n\nDances.\n")
    return tmp_path / "docs"


async def test_a_search_returns_passages_as_json(docs: Path) -> None:
    """With all that a citation needs."""
    runtime: Any = Runtime(docs)
    (found,) = await search("theme", runtime)
    assert found == {
        "path": str(docs / "a.md"),
        "line": 3,
        "symbol": "Rondo",
        "kind": "text",
        "text": "The theme returns.",
        "score": found["score"],
    }
    around = await read(found["path"], found["line"], runtime)
    assert [each["text"] for each in around] == ["The theme returns.", "Dances."]


async def test_an_empty_query_is_refused(docs: Path) -> None:
    """With what to do."""
    runtime: Any = Runtime(docs)
    with pytest.raises(InvalidInput, match="the query is empty"):
        await search("  ", runtime)


async def test_one_index_serves_many_searches(docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when they begin at once; changes are seen when it is looked after."""
    runtime: Any = Runtime(docs)
    await asyncio.gather(*(search("theme", runtime) for _ in range(8)))
    ((index, _),) = documents._open.values()
    (docs / "b.md").write_text("A theme with variations.")
    assert len(await search("theme", runtime)) == 1
    monkeypatch.setattr(documents, "FRESH", -1.0)
    assert len(await search("theme", runtime)) == 2
    assert [each for each, _ in documents._open.values()] == [index]


async def test_an_index_that_was_deleted_is_made_again(docs: Path) -> None:
    """While it is open."""
    runtime: Any = Runtime(docs)
    await search("theme", runtime)
    (docs / ".stretto" / "index.sqlite").unlink()
    assert await search("theme", runtime)
    assert (docs / ".stretto" / "index.sqlite").exists()


def test_the_sources_are_those_of_the_run_or_the_environment_or_the_demo(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In this order; an empty list is none."""
    demo = sources_of(None)
    assert demo[:3] == documents.DEMO
    monkeypatch.setenv("STRETTO_SOURCES", os.pathsep.join(["a", "", "package:b"]))
    assert sources_of({"sources": []}) == ("a", "package:b")
    assert sources_of({"sources": ["c"]}) == ("c",)


def test_a_model_is_asked_for_what_it_can_know() -> None:
    """Not for the runtime."""
    for tool, names in ((search, {"query"}), (read, {"path", "line"})):
        made = StructuredTool.from_function(coroutine=tool)
        assert set(made.args) == names
        assert effect_of(made) == "reads"


async def test_a_survey_gives_each_document_once(docs: Path) -> None:
    """Its best passage, for the whole request and each of its sentences."""
    (docs / "b.md").write_text(
        "# Fugue\n\nThe theme enters again.\n\n# Stretto\n\nBefore it ends.\n"
    )
    runtime: Any = Runtime(docs)
    found = await survey("Where does the theme return? What enters again?", runtime)
    assert sorted(Path(each["path"]).name for each in found) == ["a.md", "b.md"]
    assert effect_of(survey) == "reads"
    with pytest.raises(InvalidInput, match="the query is empty"):
        await survey(" ", runtime)
