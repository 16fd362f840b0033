"""Sound graphs as people write them who never heard of Stretto; see `graphs/`."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph.types import Command

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

FOLDER = Path(__file__).parent / "graphs"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py"))


def handwritten(name: str) -> ModuleType:
    """A module with `graph`, `builder`, `given`; it may have `answers`, `pauses`, `context`."""
    known = f"tests.check.graphs.{name}"
    if known not in sys.modules:
        spec = importlib.util.spec_from_file_location(known, FOLDER / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[known] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[known]


async def finished(module: ModuleType) -> Mapping[str, Any]:
    """Run a module's graph to its end, answering what it asks, and give its output."""
    config: Any = {"configurable": {"thread_id": "1"}}
    options = {"context": module.context} if hasattr(module, "context") else {}
    said = await module.graph.ainvoke(module.given, config, **options)
    for answer in getattr(module, "answers", []):
        asked = said["__interrupt__"]
        if len(asked) > 1:
            answer = dict(zip((each.id for each in asked), answer, strict=True))  # noqa: PLW2901
        said = await module.graph.ainvoke(Command(resume=answer), config)
    for _ in range(getattr(module, "pauses", 0)):
        assert (await module.graph.aget_state(config)).next
        said = await module.graph.ainvoke(None, config)
    return said
