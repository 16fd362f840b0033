"""The crash sweep in a bounded form: other writes of each shape every day, on both stores."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.crash.case import Case, Ran, judge
from bench.crash.child import Told
from bench.crash.shapes import SHAPES
from bench.crash.sweep import Bounds, cases
from bench.crash.world import World
from tests.conftest import POSTGRES

ROOT = Path(__file__).parent.parent.parent
BOUNDS = {
    "sqlite": (28, "before,after,pause", 80),
    "postgres": (40, "before,after", 36),
}
"""Of how many writes one is tried, and how; and how many kills that makes at least."""


async def swept(*arguments: str) -> tuple[str, dict[str, int]]:
    """Run the sweep; give what it says and its figures."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bench.crash", *arguments),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={
            **os.environ,
            "LANGGRAPH_STRICT_MSGPACK": "true",
            "STRETTO_TEST_DATABASE_URL": POSTGRES,
        },
    )
    out, _ = await process.communicate()
    said = out.decode()
    figures = said.strip().rpartition("\n")[2]
    assert figures.startswith("{"), said
    return said, json.loads(figures)


@pytest.mark.slow
@pytest.mark.parametrize("store", ["sqlite", "postgres"])
async def test_a_killed_run_ends_as_if_nobody_had_killed_it(
    store: str, request: pytest.FixtureRequest
) -> None:
    """Same state, each effect once, nothing lost, whole chains; at every write by and by."""
    if store == "postgres":
        request.getfixturevalue("postgres_url")
    every, when, least = BOUNDS[store]
    today = dt.datetime.now(tz=dt.UTC).date().toordinal()
    offset = today % every
    said, figures = await swept(
        f"--store={store}", f"--every={every}", f"--offset={offset}", f"--when={when}"
    )
    assert figures.pop("kills") >= least, said
    assert not any(figures.values()), said


def test_the_shapes_are_those_that_are_promised() -> None:
    """Six shapes, each with no, one and two questions that wait at once."""
    assert list(SHAPES) == ["chain", "parallel", "loop", "nested", "tasks", "agent"]
    assert Bounds(shapes=("chain",), asks=(0, 1, 2), stores=("sqlite",)).every == 1


def test_a_full_sweep_leaves_no_write_out() -> None:
    """Each write is met before it, after it, and by a process that is paused."""
    group = Case(shape="chain", asks=1, when="before", n=0, store="sqlite")
    bounds = Bounds(shapes=("chain",), asks=(1,), stores=("sqlite",))
    met = {(c.n, c.when) for c in cases(group, 30, bounds)}
    whens = ("before", "after", "pause")
    assert met >= {(n, when) for n in range(1, 31) for when in whens}
    assert any(c.then for c in cases(group, 30, bounds))


def test_offsets_share_all_writes_among_them() -> None:
    """What CI leaves out today it tries on another day."""
    group = Case(shape="chain", asks=0, when="before", n=0, store="sqlite")

    def met(every: int, offset: int) -> set[Any]:
        bounds = Bounds(
            shapes=("chain",), asks=(0,), stores=("sqlite",), every=every, offset=offset
        )
        return {(c.n, c.when) for c in cases(group, 30, bounds)}

    assert set.union(*(met(7, offset) for offset in range(7))) == met(1, 0)


@pytest.mark.parametrize(
    "text", ["chain/1/before/17/sqlite", "tasks/2/pause/3+4/postgres", "agent/0/after/1/sqlite"]
)
def test_a_case_is_read_as_it_is_written(text: str) -> None:
    """So that a failure can be repeated alone."""
    assert str(Case.parse(text)) == text


def test_what_is_no_case_is_refused() -> None:
    """With an example of one."""
    with pytest.raises(ValueError, match="chain/1/before/17/sqlite"):
        Case.parse("chain")


def _ran(world: World, **told: Any) -> Ran:
    again = told.pop("asked_again", [])
    given = {"status": "done", "state": {"done": ["a"]}, **told}
    return Ran(Told(**given), world.counts(), 1, 10, again)


def _world(path: Path, *lines: tuple[str, str, str]) -> World:
    said = [json.dumps({"name": n, "who": w, "key": k}) for n, w, k in lines]
    path.write_text("".join(f"{line}\n" for line in said))
    return World(path)


RIGHT = [("book", "a", ""), ("pay", "b", "key"), ("look", "c", "")]
"""What an undisturbed run does."""


@pytest.mark.parametrize(
    ("lines", "told", "wrong"),
    [
        (RIGHT, {}, {}),
        ([*RIGHT, RIGHT[2]], {}, {}),
        ([*RIGHT, RIGHT[1]], {}, {}),
        ([*RIGHT, RIGHT[0]], {}, {"doubled": ["book a (2 times)"]}),
        ([*RIGHT, ("pay", "b", "other")], {}, {"doubled": ["pay b (2 times)"]}),
        (RIGHT[1:], {}, {"lost": ["book a"]}),
        (RIGHT, {"unjournaled": ["book a"]}, {"lost": ["book a (no record)"]}),
        (RIGHT, {"asked_again": ["x"]}, {"lost": ["x (answer)"]}),
        (RIGHT, {"broken": "record 3"}, {"chain": "record 3"}),
        (RIGHT, {"status": "failed", "error": "why"}, {"different": ["why"]}),
        (
            RIGHT,
            {"state": {"done": ["b"]}},
            {"different": ['state.done[0]: "b" instead of "a"']},
        ),
    ],
)
def test_the_sweep_sees_what_is_wrong(
    tmp_path: Path, lines: Any, told: dict[str, Any], wrong: dict[str, Any]
) -> None:
    """A doubled, lost or unrecorded effect, another state, a broken chain; and no more."""
    reference = _ran(_world(tmp_path / "right", *RIGHT))
    case = Case.parse("chain/1/before/17/sqlite")
    verdict = judge(case, _ran(_world(tmp_path / "found", *lines), **told), reference)
    found = {n: getattr(verdict, n) for n in ("different", "doubled", "lost", "chain")}
    assert {name: value for name, value in found.items() if value} == wrong
    assert verdict.good == (not wrong)
