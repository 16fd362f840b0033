"""Kills a run at every write it makes, goes on in a new process, and compares with no kill.

    python -m bench.crash --shapes all [--store both] [--every 7 --offset 3] [--jobs 2]
    python -m bench.crash --case chain/1/before/17/sqlite

A case is a shape of graph, how many questions to a person wait in it at once, and the write of
journal or checkpoints at which the process kills itself (SIGKILL), before or after it. A new
process then resumes as a user would: it answers what is asked, truthfully, also whether an effect
that was under way has happened. Every fifth case is killed a second time in the resume. `pause`
stops the process before the write (SIGSTOP), lets another take the thread over and end the turn,
and wakes it: then it may neither write nor do anything. On Postgres that takes its time: who is
paused within a transaction holds what it holds until the server ends its session.

What the graph does to the world is in a file of its own. STRETTO_TEST_DATABASE_URL names the
Postgres server; a database for each job is made there and dropped.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import uuid
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from bench.crash.case import Case, Verdict, judge, play
from bench.crash.shapes import SHAPES
from bench.crash.sweep import Bounds, sweep

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVER = "postgresql://root@127.0.0.1:5432/test"
STORES = {"sqlite": ("sqlite",), "postgres": ("postgres",), "both": ("sqlite", "postgres")}


@contextmanager
def databases(count: int) -> Iterator[list[str]]:
    """The URLs of new databases, dropped at the end."""
    if not count:
        yield []
        return
    import psycopg

    server = os.environ.get("STRETTO_TEST_DATABASE_URL", SERVER)
    names = [f"stretto_crash_{uuid.uuid4().hex[:12]}" for _ in range(count)]
    with psycopg.connect(server, autocommit=True) as admin:
        for name in names:
            admin.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            yield [f"{server.rsplit('/', 1)[0]}/{name}" for name in names]
        finally:
            for name in names:
                admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


def table(verdicts: list[Verdict]) -> Table:
    """What came of the cases, by shape and store."""
    rows: dict[tuple[str, int, str], list[Verdict]] = defaultdict(list)
    for one in verdicts:
        rows[one.case.shape, one.case.asks, one.case.store].append(one)
    told = Table("shape", "asks", "store", "kills", "different", "doubled", "lost", "chain")
    for (shape, asks, store), these in rows.items():
        told.add_row(shape, str(asks), store, *map(str, figures(these).values()))
    return told


def figures(verdicts: list[Verdict]) -> dict[str, int]:
    """The sums."""
    return {
        "kills": sum(one.kills for one in verdicts),
        "different": sum(bool(one.different) for one in verdicts),
        "doubled": sum(len(one.doubled) for one in verdicts),
        "lost": sum(len(one.lost) for one in verdicts),
        "chain_failures": sum(bool(one.chain) for one in verdicts),
    }


def alone(text: str, root: Path, url: str, *, times: int) -> list[Verdict]:
    """One case, judged each time: when the records of a step are stored is not the same always."""
    case = Case.parse(text)
    reference = play(case.undisturbed, root, url)
    return [judge(case, play(case, root, url), reference).told() for _ in range(times)]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--shapes", default="all", help=f"all, or some of {','.join(SHAPES)}")
    parser.add_argument("--asks", default="0,1,2", help="how many questions wait at once")
    parser.add_argument("--store", choices=list(STORES), default="sqlite")
    parser.add_argument("--every", type=int, default=1, help="only every n-th write")
    parser.add_argument("--offset", type=int, default=0, help="the first of those")
    parser.add_argument("--when", default="before,after,pause", help="what is done at a write")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--case", help="one case alone, as a failure names it")
    parser.add_argument("--times", type=int, default=1, help="how often that case is repeated")
    return parser.parse_args()


def main() -> int:
    given = arguments()
    shapes = list(SHAPES) if given.shapes == "all" else given.shapes.split(",")
    stores = (given.case.rpartition("/")[2],) if given.case else STORES[given.store]
    bounds = Bounds(
        shapes=tuple(shapes),
        asks=tuple(int(n) for n in given.asks.split(",")),
        stores=stores,
        every=given.every,
        offset=given.offset,
        whens=tuple(given.when.split(",")),
    )
    with (
        tempfile.TemporaryDirectory() as root,
        databases(given.jobs if "postgres" in stores else 0) as urls,
    ):
        if given.case:
            verdicts = alone(given.case, Path(root), (urls or [""])[0], times=given.times)
        else:
            verdicts = sweep(bounds, Path(root), urls or [""] * given.jobs)
    Console(width=100).print(table(verdicts))
    print(json.dumps(figures(verdicts)))
    return int(not all(one.good for one in verdicts))


if __name__ == "__main__":
    sys.exit(main())
