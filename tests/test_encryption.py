"""With a key, nothing that was said lies readable in checkpoints or journal."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict

import stretto
from stretto.errors import StateUnreadable
from stretto.runs import open_storage

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "the fox is in the kiln"


class State(TypedDict, total=False):
    """Values of the kinds that savers treat differently."""

    word: str
    number: float
    said: Annotated[list[str], lambda a, b: [*a, *b]]


async def ask(state: State) -> State:
    """Ask, do something, and keep it."""
    answer = interrupt({"ask": SECRET})
    done = await stretto.effect("whisper", lambda text: f"{text}!", SECRET)
    return {"word": SECRET, "number": 7.25, "said": [done, answer]}


def graph() -> StateGraph[Any, Any, Any, Any]:
    """One node."""
    made = StateGraph(State)
    made.add_node("ask", ask)
    made.add_edge(START, "ask")
    made.add_edge("ask", END)
    return made


def lying(place: dict[str, Any]) -> Iterator[bytes]:
    """Everything that is stored."""
    if "home" in place:
        for file in Path(place["home"]).rglob("*"):
            if file.is_file():
                yield file.read_bytes()
        return
    import psycopg

    with psycopg.connect(place["url"]) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        for (table,) in tables:
            for (row,) in connection.execute(f'SELECT t::text FROM "{table}" t'):
                yield row.encode()


@pytest.mark.parametrize("encrypted", [True, False])
async def test_nothing_readable_lies_on_the_disk(
    *, encrypted: bool, place: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Input, state, texts, effects, questions and answers; without a key they do (a control)."""
    if encrypted:
        monkeypatch.setenv("STRETTO_KEY", base64.b64encode(bytes(range(32))).decode())
    async with open_storage(**place) as storage:
        await stretto.run(graph(), {"word": SECRET}, thread="t", storage=storage)
        result = await stretto.resume(graph(), "t", SECRET, storage=storage)
        assert result.value == {"word": SECRET, "number": 7.25, "said": [f"{SECRET}!", SECRET]}
        answered = [r for r in await storage.journal.records("t") if r.type == "answered"]
        assert answered[0].answer == SECRET
    found = [b for b in lying(place) if SECRET.encode() in b or SECRET.encode().hex().encode() in b]
    assert bool(found) is not encrypted


async def test_the_wrong_key_is_told(
    place: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither an empty history nor a traceback."""
    monkeypatch.setenv("STRETTO_KEY", base64.b64encode(bytes(range(32))).decode())
    async with open_storage(**place) as storage:
        await stretto.run(graph(), {"word": SECRET}, thread="t", storage=storage)
    for key in (base64.b64encode(bytes(32)).decode(), None):
        if key is None:
            monkeypatch.delenv("STRETTO_KEY")
        else:
            monkeypatch.setenv("STRETTO_KEY", key)
        async with open_storage(**place) as storage:
            with pytest.raises(StateUnreadable, match="STRETTO_KEY"):
                await stretto.resume(graph(), "t", "yes", storage=storage)
