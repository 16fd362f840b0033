"""The graphs that the Python blocks of the documentation build."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from langgraph.graph import StateGraph
from langgraph.graph.state import CompiledStateGraph

from tests.docs.pages import PAGES, ROOT, blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.docs.pages import Block

COPIED = ("agents", "examples", "graphs", "prompts", "tools", "langgraph.json")
"""What a page finds in its working directory: a project."""


def documented() -> Iterator[tuple[str, Any, Path]]:
    """Each graph that a page gives a name, after the page's name and its own; and its file."""
    for page in PAGES:
        module = _shown(page)
        for name, thing in _graphs(module):
            yield f"{page.stem}.{name}", thing, Path(str(module.__file__))


@cache
def _shown(page: Path) -> ModuleType:
    """A page's blocks, run in a copy of the project of their own."""
    module = ModuleType(f"shown_{page.stem.replace('-', '_')}")
    sys.modules[module.__name__] = module
    folder = Path(_folder().name) / page.stem
    with _within(_project(folder)):
        _run([block for block in blocks(page) if not block.unrun], module, folder)
    return module


def _graphs(module: ModuleType) -> Iterator[tuple[str, Any]]:
    seen: set[int] = set()
    for name, thing in vars(module).items():
        if isinstance(thing, StateGraph | CompiledStateGraph):
            builder = thing if isinstance(thing, StateGraph) else thing.builder
            if id(builder) not in seen and builder.nodes:
                seen.add(id(builder))
                yield name, thing


def _run(shown: list[Block], module: ModuleType, folder: Path) -> None:
    """Run a page's blocks; their source stands in a file, so that it can be read."""
    code = [block for block in shown if block.language == "python" and not block.file]
    file = folder / f"{module.__name__}.py"
    file.write_text(_laid_out(code), encoding="utf-8")
    module.__file__ = str(file)
    for block in shown:
        if block.file:
            Path(block.file).parent.mkdir(exist_ok=True)
            Path(block.file).write_text(block.content, encoding="utf-8")
        elif block.language == "python":
            at_its_lines = "\n" * (block.line - 1) + block.text
            said = io.StringIO()
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                exec(compile(at_its_lines, str(file), "exec"), module.__dict__)


def _laid_out(code: list[Block]) -> str:
    """The blocks, each at the lines at which it stands in its page."""
    text = ""
    for block in code:
        text += "\n" * (block.line - 1 - text.count("\n")) + block.text
    return text


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """It lasts as long as the process, as the graphs that are written in it do."""
    return tempfile.TemporaryDirectory(prefix="stretto-pages-")


def _project(folder: Path) -> Path:
    made = folder / "project"
    made.mkdir(parents=True)
    for part in COPIED:
        if (ROOT / part).is_dir():
            ignored = shutil.ignore_patterns(".stretto")
            shutil.copytree(ROOT / part, made / part, ignore=ignored)
        else:
            shutil.copy(ROOT / part, made / part)
    return made


@contextlib.contextmanager
def _within(folder: Path) -> Iterator[None]:
    """In a folder, with a model that needs no key."""
    before = os.environ.get("STRETTO_MODEL")
    os.environ["STRETTO_MODEL"] = "offline"
    try:
        with contextlib.chdir(folder):
            yield
    finally:
        if before is None:
            del os.environ["STRETTO_MODEL"]
        else:
            os.environ["STRETTO_MODEL"] = before
