"""Files of a feature at work: each area writes its own, and all can look at what lies there."""

import asyncio
from typing import Any, Literal

from langchain.tools import ToolRuntime

from stretto import Project, tool
from stretto.errors import InvalidInput

__all__ = ["look_at", "overview", "put_backend", "put_frontend", "put_infrastructure"]

Runtime = ToolRuntime[Any, dict[str, Any]]
Area = Literal["frontend", "backend", "infrastructure"]
LISTED = 500
SHOWN = 40_000
"""Characters of a file that are shown."""


def _step(name: str) -> Any:
    return Project.at(__file__).step(name)


@tool(effect="idempotent")
async def put_frontend(path: str, content: str, runtime: Runtime) -> str:
    """Store one text below frontend/ or tests/frontend/, in place of what it held before."""
    return await asyncio.to_thread(_put, "frontend", path, content, runtime)


@tool(effect="idempotent")
async def put_backend(path: str, content: str, runtime: Runtime) -> str:
    """Store one text below backend/ or tests/backend/, in place of what it held before."""
    return await asyncio.to_thread(_put, "backend", path, content, runtime)


@tool(effect="idempotent")
async def put_infrastructure(path: str, content: str, runtime: Runtime) -> str:
    """Store one text below infrastructure/, tests/infrastructure/ or tests/integration/.

    It takes the place of what was there before.
    """
    return await asyncio.to_thread(_put, "infrastructure", path, content, runtime)


@tool(effect="reads")
async def look_at(area: Area, path: str, runtime: Runtime) -> str:
    """Show one text as it lies in the worktree of an area, cut at 40,000 characters."""

    def shown() -> str:
        place = _step("repository.inside")(
            _step("feature_rooms.room_of")(runtime.config, area), path
        )
        if not place.is_file():
            raise InvalidInput(f"{area} has no {path!r}. Call overview to see what there is.")
        return str(place.read_text(errors="replace"))[:SHOWN]

    return await asyncio.to_thread(shown)


@tool(effect="reads")
async def overview(area: Area, runtime: Runtime) -> list[str]:
    """Name what lies in the worktree of an area, 500 paths at most."""

    def named() -> list[str]:
        room = _step("feature_rooms.room_of")(runtime.config, area)
        kinds = ("--cached", "--others", "--exclude-standard")
        return str(_step("repository.text_of")(room, "ls-files", *kinds)).splitlines()[:LISTED]

    return await asyncio.to_thread(named)


def _put(area: str, path: str, content: str, runtime: Any) -> str:
    room = _step("feature_rooms.room_of")(runtime.config, area)
    _step("feature_rooms.write")(room, area, {path: content})
    return f"{path}: {len(content.splitlines())} lines"
