"""Small graphs as values: written as source, so that what they do can be read, run and edited."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import ModuleType

Edge = tuple[str, str]
Join = tuple[tuple[str, ...], str]


@dataclass(frozen=True)
class Step:
    """A node: it may ask, read what others wrote, and hold a graph of its own."""

    name: str
    asks: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    inner: Small | None = None


@dataclass(frozen=True)
class Small:
    """A graph without loops."""

    steps: tuple[Step, ...]
    edges: frozenset[Edge]
    joins: frozenset[Join] = frozenset()
    picks: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = ()
    """Conditional edges: a node, what it starts if it is picked, and what if not."""
    kinds: tuple[tuple[str, str], ...] = ()
    """Fields that have a type of their own."""

    @property
    def names(self) -> tuple[str, ...]:
        """Those of its nodes."""
        return tuple(step.name for step in self.steps)


_HEAD = """
import asyncio
import operator
from typing import Annotated
from langgraph.graph import START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict

RAN = []
CRASH = set()
PICK = set()


async def begin(name):
    if name in CRASH:
        for _ in range(30):
            await asyncio.sleep(0)
        raise RuntimeError("killed")
"""


def source(small: Small, prefix: str = "") -> str:
    """The source of a graph, and of those within it."""
    lines: list[str] = []
    for step in small.steps:
        if step.inner is not None:
            lines.append(source(step.inner, f"{prefix}{step.name}_"))
        else:
            lines += _function(step, prefix)
    for name, yes, no in small.picks:
        lines += [
            f"\ndef {prefix}pick_{name}(state):",
            f"    if {prefix + name!r} in PICK:",
            f"        return {list(yes)!r}",
            f"    return {list(no)!r}",
        ]
    kinds = dict(small.kinds)
    keys = {f"k_{prefix}{s.name}" for s in small.steps} | {r for s in small.steps for r in s.reads}
    keys |= set(kinds)
    lines += [f"\nclass {prefix}State(TypedDict, total=False):", "    go: str"]
    lines += [f"    {key}: {kinds.get(key, 'str')}" for key in sorted(keys)]
    lines += [f"\nclass {prefix}Out(TypedDict, total=False):", "    pass"]
    lines += [f"    {key}: {kinds.get(key, 'str')}" for key in sorted(keys)]
    out = f", output_schema={prefix}Out" if prefix else ""
    lines.append(f"\n{prefix}builder = StateGraph({prefix}State{out})")
    for step in small.steps:
        what = f"{prefix}{step.name}{'_graph' if step.inner else ''}"
        lines.append(f"{prefix}builder.add_node({step.name!r}, {what})")
    for a, b in sorted(small.edges):
        start = "START" if a == "START" else repr(a)
        lines.append(f"{prefix}builder.add_edge({start}, {b!r})")
    lines += [f"{prefix}builder.add_edge({list(s)!r}, {b!r})" for s, b in sorted(small.joins)]
    lines += [
        f"{prefix}builder.add_conditional_edges({name!r}, {prefix}pick_{name})"
        for name, _, _ in small.picks
    ]
    lines.append(f"{prefix}graph = {prefix}builder.compile()")
    return "\n".join(lines) + "\n"


def _function(step: Step, prefix: str) -> Iterator[str]:
    name = f"{prefix}{step.name}"
    yield f"\nasync def {name}(state):"
    yield f"    await begin({name!r})"
    yield from (f"    state[{key!r}]" for key in step.reads)
    yield f"    said = {name!r}"
    yield from (f"    said += ' ' + interrupt({question!r})" for question in step.asks)
    yield f"    RAN.append({name!r})"
    yield f"    return {{'k_{name}': said}}"


def module(small: Small, folder: Path) -> ModuleType:
    """A module with `builder`, `RAN`, `CRASH` and `PICK`."""
    text = _HEAD + source(small)
    name = f"small_{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    path = folder / f"{name}.py"
    if not path.exists():
        path.write_text(text)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def places(small: Small, prefix: str = "") -> Iterator[str]:
    """All functions, as they are called in `RAN`."""
    for step in small.steps:
        if step.inner is None:
            yield f"{prefix}{step.name}"
        else:
            yield from places(step.inner, f"{prefix}{step.name}_")


def _inner_all(small: Small, name: str, picked: frozenset[str], prefix: str) -> set[str]:
    step = next(s for s in small.steps if s.name == name)
    if step.inner is None:
        return {f"{prefix}{name}"}
    whole, _ = ahead(step.inner, {"START"}, {}, picked, f"{prefix}{name}_")
    return whole


def ahead(
    small: Small,
    begun: set[str],
    arrived: Mapping[Join, set[str]],
    picked: frozenset[str],
    prefix: str = "",
) -> tuple[set[str], set[Join]]:
    """What a graph does from some nodes on: the functions that run, and the joins left waiting."""
    waiting = {join: set(names) for join, names in arrived.items() if join in small.joins}
    now, ran = begun & {"START", *small.names}, set[str]()
    while now:
        following: set[str] = set()
        for name in now:
            if name != "START":
                ran |= _inner_all(small, name, picked, prefix)
            following |= {b for a, b in small.edges if a == name}
            for source_, yes, no in small.picks:
                if source_ == name:
                    following |= set(yes if f"{prefix}{name}" in picked else no)
            for join in small.joins:
                if name in join[0]:
                    waiting.setdefault(join, set()).add(name)
        for join in list(waiting):
            if waiting[join] == set(join[0]):
                following.add(join[1])
                del waiting[join]
        now = following & set(small.names)
    return ran, {join for join, names in waiting.items() if names}


def whole(small: Small, picked: frozenset[str]) -> tuple[set[str], set[Join]]:
    """The same, of a run from the start."""
    return ahead(small, {"START"}, {}, picked)
