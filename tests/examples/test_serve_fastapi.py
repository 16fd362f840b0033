"""The FastAPI example, served by uvicorn on loopback and spoken to over HTTP."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import socket
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import uvicorn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "serve_fastapi.py"
QUESTION = {"question": "Why does glaze crack?"}


@pytest.fixture(autouse=True)
def documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the served team answers from."""
    (tmp_path / "glaze.md").write_text("# Glaze\n\nGlaze cracks because it shrinks as it cools.\n")
    monkeypatch.setenv("STRETTO_SOURCES", str(tmp_path / "glaze.md"))


@asynccontextmanager
async def served() -> AsyncIterator[httpx.AsyncClient]:
    """Serve the example on a free port and give a client of it."""
    spec = importlib.util.spec_from_file_location("serve_fastapi_under_test", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    server = uvicorn.Server(uvicorn.Config(example.app, ws="none", log_level="error"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        running = asyncio.create_task(server.serve([listening]))
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield client
        server.should_exit = True
        await running


async def turn(client: httpx.AsyncClient, thread: str) -> list[dict[str, Any]]:
    """Start a turn and give the records that it streams."""
    async with client.stream("POST", f"/threads/{thread}/turns", json=QUESTION) as response:
        assert response.status_code == 200
        return [json.loads(line) async for line in response.aiter_lines() if line]


def test_it_is_short():
    """A service is under 30 lines, blank ones included."""
    assert len(EXAMPLE.read_text().splitlines()) < 30


async def test_a_turn_is_streamed_and_an_approval_resumes_it():
    """Records come as they happen; the answer counts once a person has approved it."""
    async with served() as client:
        records = await turn(client, "t1")
        kinds = [record["type"] for record in records]
        assert kinds[0] == "run_started"
        assert {"model_started", "tool_ended", "decided", "interrupted"} <= set(kinds)
        (asked,) = [record for record in records if record["type"] == "interrupted"]
        assert "shrinks as it cools" in json.dumps(asked["value"])
        decision = {"decisions": [{"type": "approve"}]}
        response = await client.post("/threads/t1/answer", json=decision)
    assert response.json()["status"] == "done"
    assert "shrinks as it cools" in response.json()["text"]


async def test_the_records_come_while_the_turn_runs():
    """The first is here before the last has happened."""
    async with (
        served() as client,
        client.stream("POST", "/threads/t2/turns", json=QUESTION) as response,
    ):
        lines = response.aiter_lines()
        assert json.loads(await anext(lines))["type"] == "run_started"
        busy = await turn(client, "t2")
        assert [record async for record in lines]
    assert [record["type"] for record in busy] == ["error"]


async def test_a_turn_on_a_thread_that_waits_is_an_error_in_words():
    """The stream tells what to do; nothing of the waiting turn is lost."""
    async with served() as client:
        await turn(client, "t3")
        (error,) = await turn(client, "t3")
        answered = await client.post(
            "/threads/t3/answer",
            json={"decisions": [{"type": "respond", "message": "It shrinks."}]},
        )
    assert error["type"] == "error"
    assert "waits for a person's answer" in error["text"]
    assert answered.json() == {"status": "done", "text": "It shrinks."}
