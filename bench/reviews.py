"""A file of reviews through `map_reduce`: exactness, memory, speed, and a kill half way.

    python -m bench.reviews FILE.tsv.gz [--rows N]

FILE has a header and the columns `rating` and `review`; `truth.json` beside it has exact figures
(`rows`, `mean`, `low`, `high`: ratings of at most 4 and at least 9), else a plain loop gives them.
`--rows` repeats the file's rows up to so many. Each run is a process of its own, with SQLite
checkpoints at `durability="sync"` and the journal on; a plain loop reads the same file, chunk by
chunk, and calls the same worker and reduce.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import itertools
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

CHUNK, WIDTH = 1_000, 4
PAIRS = 5
"""Alternating pairs of runs for the speed; the best of each counts."""


def count(rows: list[dict[str, str]]) -> dict[str, Any]:
    """The worker: counts and sums of a chunk."""
    ratings = [int(row["rating"]) for row in rows]
    letters = sum(len(row["review"].split()) for row in rows)
    return {
        "rows": len(ratings),
        "sum": sum(ratings),
        "low": sum(r <= 4 for r in ratings),
        "high": sum(r >= 9 for r in ratings),
        "words": letters,
    }


def add(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The reduce."""
    return {name: one[name] + other[name] for name in one}


def log(path: str, line: str) -> None:
    """Note something where a kill cannot take it back."""
    with Path(path).open("a") as file:
        file.write(f"{line}\n")


async def mapped(file: str, home: str, *, notes: str = "", resumed: bool = False) -> dict[str, Any]:
    """One run of the pattern; with `notes` slowly, so that it can be killed half way."""
    import stretto
    from stretto import member
    from stretto.patterns import map_reduce

    async def counted(rows: list[dict[str, str]]) -> dict[str, Any]:
        if notes:
            await asyncio.sleep(0.02)
            log(notes, f"{rows[0]['review_id']} {rows[0]['movie_id']}")
        return count(rows)

    made = map_reduce(
        Path(file), member(counted, name="count"), add, chunk=CHUNK, width=WIDTH, tree=True
    )
    given = stretto.Resume() if resumed else "count"
    two = [{"rating": "1", "review": "a b"}] * 2
    warm = map_reduce(lambda: two, member(count, name="count"), add)
    async with stretto.open_storage(home=Path(home)) as storage:
        await stretto.run(warm, "count", storage=storage)  # what is loaded once is not counted
        began = time.perf_counter()
        result = await stretto.run(made, given, thread="t", storage=storage)
        seconds = time.perf_counter() - began
    value = result.value
    return {"total": value["accumulated"], "seconds": seconds, "failed": value["failed"]}


def plain(file: str) -> dict[str, Any]:
    """The same by hand, without anything around it."""
    began, total = time.perf_counter(), dict[str, Any]()
    with gzip.open(file, "rt", encoding="utf-8", newline="\n") as lines:
        columns = next(lines).rstrip("\n").split("\t")
        rows = (dict(zip(columns, line.rstrip("\n").split("\t"), strict=True)) for line in lines)
        while chunk := list(itertools.islice(rows, CHUNK)):
            partial = count(chunk)
            total = add(total, partial) if total else partial
    return {"total": total, "seconds": time.perf_counter() - began}


def child(*words: str) -> dict[str, Any]:
    """One measurement in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "bench.reviews", *words], capture_output=True, text=True, check=False
    )
    if ran.returncode:
        raise SystemExit(ran.stderr)
    told: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return told


def part(source: Path, target: Path, rows: int) -> None:
    """Write a file of so many rows, repeating the source's as often as it takes."""
    with gzip.open(source, "rb") as file:
        header, *lines = file.readlines()
    with gzip.open(target, "wb", compresslevel=1) as file:
        file.write(header)
        for line in itertools.islice(itertools.cycle(lines), rows):
            file.write(line)


def killed(file: str, folder: Path, chunks: int) -> dict[str, Any]:
    """Kill -9 half way, and resume in a new process."""
    home, notes = str(folder / "killed"), folder / "notes"
    words = [sys.executable, "-m", "bench.reviews", file, "--notes", str(notes)]
    running = subprocess.Popen([*words, "--run", home], stdout=subprocess.DEVNULL)
    while running.poll() is None:
        if notes.exists() and len(notes.read_text().splitlines()) >= chunks // 2:
            os.kill(running.pid, signal.SIGKILL)
            break
        time.sleep(0.002)
    running.wait()
    before = stored(home)
    first = Counter(notes.read_text().splitlines())
    result = child(file, "--notes", str(notes), "--run", home, "--resume")
    again = Counter(notes.read_text().splitlines()) - first
    return {
        **result,
        "done": len(first),
        "stored": before,
        "again": sum((first & again).values()),
        "left": chunks - before,
        "ran": sum(again.values()),
    }


def stored(home: str) -> int:
    """How many chunks a resume finds done."""

    async def look() -> int:
        import stretto

        async with stretto.open_storage(home=Path(home)) as storage:
            at: Any = {"configurable": {"thread_id": "t"}}
            held = await storage.checkpointer.aget_tuple(at)
            assert held is not None
            writes = [v for _, channel, v in held.pending_writes or [] if channel == "__return__"]
            folded = held.checkpoint["channel_values"]["mapped"].chunks
            return folded + sum("partial" in done for done in writes)

    return asyncio.run(look())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--run", default="", help=argparse.SUPPRESS)
    parser.add_argument("--plain", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--notes", default="", help=argparse.SUPPRESS)
    parser.add_argument("--resume", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.run or given.plain:
        file = str(given.file)
        told = (
            plain(file)
            if given.plain
            else asyncio.run(mapped(file, given.run, notes=given.notes, resumed=given.resume))
        )
        print(json.dumps({**told, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
        return
    if not given.file.exists():
        parser.error(f"no file {given.file}")
    measure(given.file, given.rows)


def measure(file: Path, rows: int) -> None:
    """All figures, as a table and as JSON."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        truth_file = file.with_name("truth.json")
        whole = file
        by_hand = child(str(file), "--plain")["total"]
        if rows:
            whole = folder / "whole.tsv.gz"
            part(file, whole, rows)
            by_hand = child(str(whole), "--plain")["total"]
        elif truth_file.exists():
            truth = json.loads(truth_file.read_text())
            assert abs(by_hand["sum"] / by_hand["rows"] - truth["mean"]) < 1e-12
            assert {n: by_hand[n] for n in ("rows", "low", "high")} == {
                n: truth[n] for n in ("rows", "low", "high")
            }
        tenth = folder / "tenth.tsv.gz"
        part(file, tenth, by_hand["rows"] // 10 if not rows else 5_433)
        small = child(str(tenth), "--run", str(folder / "tenth"))
        pairs = [
            (child(str(whole), "--run", str(folder / f"whole{n}")), child(str(whole), "--plain"))
            for n in range(PAIRS)
        ]
        chunks = -(-by_hand["rows"] // CHUNK)
        kill = killed(str(whole), folder, chunks)
    ours = min(one["seconds"] for one, _ in pairs)
    loop = min(other["seconds"] for _, other in pairs)
    most = max(one["memory"] for one, _ in pairs)
    told = {
        "exact": all(one["total"] == by_hand and not one["failed"] for one, _ in pairs),
        "memory_ratio": round(most / small["memory"], 3),
        "speed_ratio": round(loop / ours, 3),
        "resume_exact": kill["total"] == by_hand and kill["ran"] == kill["left"],
        "rows": by_hand["rows"],
    }
    table = Table("figure", "measured")
    figures = {
        "rows, chunks": f"{by_hand['rows']:,}, {chunks:,} of {CHUNK:,}",
        "mean": f"{by_hand['sum'] / by_hand['rows']:.6f}",
        "rows a second, map_reduce": f"{by_hand['rows'] / ours:,.0f}",
        "rows a second, plain loop": f"{by_hand['rows'] / loop:,.0f}",
        "peak memory, a tenth and whole": f"{small['memory'] // 1024}, {most // 1024} MB",
        "killed with chunks stored": f"{kill['stored']:,}",
        "run by the resume": f"{kill['ran']:,} of {kill['left']:,} left",
        "ended before the kill, not stored, run again": f"{kill['again']:,}",
    }
    for name, value in figures.items():
        table.add_row(name, value)
    Console().print(table)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
