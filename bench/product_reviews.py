"""The team `product_reviews` on a file of any size: exactness, memory, speed, disk.

    python -m bench.product_reviews [--rows N]

Makes a file of N reviews (a million by default) of 20,000 products, one in a thousand broken, and
one of a tenth of that; runs the shipped team on both, offline, each in a process of its own with
checkpoints and journal on. Exact: all sums are those that the making of the file came to.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PRODUCTS = 20_000
BROKEN = 1_000
"""One row in so many breaks off."""
WORDS = {True: "wonderful story lovely acting", False: "dreadful plot boring and slow"}


def make(path: Path, rows: int) -> dict[str, int]:
    """Write a file of reviews; give what its ratings come to."""
    told = {"reviews": 0, "sum": 0, "low": 0, "high": 0, "unreadable": 0}
    with path.open("w") as file:
        file.write("product\tdate\trating\treview\n")
        for n in range(rows):
            if n % BROKEN == BROKEN - 1:
                file.write(f"product {n}\n")
                told["unreadable"] += 1
                continue
            rating = n * 7 % 10 + 1
            day = f"20{n % 24:02}-{n % 12 + 1:02}-15"
            said = f"{WORDS[rating > 5]} {n % 977}"
            file.write(f"p{n % PRODUCTS}\t{day}\t{rating}\t{said}\n")
            told["reviews"] += 1
            told["sum"] += 1_000 * rating
            told["low"] += rating <= 4
            told["high"] += rating >= 9
    return told


def run(file: str, home: str) -> dict[str, Any]:
    """Run the team once; give the figures as `make` does, seconds and peak memory in KB."""
    import stretto
    from stretto.project import Project

    team = Project.at(__file__).graph("product_reviews")
    began = time.perf_counter()
    context = {"reviews": file, "output": f"{home}/report"}
    limits = stretto.Limits(steps=10_000)
    figures = stretto.invoke(team, "Report.", context=context, limits=limits).value["figures"]
    return {
        "seconds": time.perf_counter() - began,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "told": {
            "reviews": figures["all"][0],
            "sum": figures["all"][2],
            "low": figures["low"],
            "high": figures["high"],
            "unreadable": figures["unused"]["rows"],
        },
        "state": len(json.dumps(figures)),
    }


def child(file: Path, home: Path) -> dict[str, Any]:
    """One run in a process of its own."""
    home.mkdir()
    ran = subprocess.run(
        [sys.executable, "-m", "bench.product_reviews", "--run", str(file), str(home)],
        env={"PATH": "", "STRETTO_HOME": str(home), "STRETTO_MODEL": "offline"},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise SystemExit(ran.stderr)
    told: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    stored = sum(each.stat().st_size for each in home.glob("checkpoints.sqlite*"))
    return {**told, "stored": stored}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--run", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.run:
        print(json.dumps(run(*given.run)))
        return
    print(json.dumps(measure(given.rows)))


def measure(rows: int) -> dict[str, Any]:
    """Both runs, compared."""
    with tempfile.TemporaryDirectory() as made:
        folder, runs = Path(made), dict[str, dict[str, Any]]()
        for name, many in (("tenth", rows // 10), ("whole", rows)):
            file = folder / f"{name}.tsv"
            expected = make(file, many)
            runs[name] = child(file, folder / name)
            runs[name]["exact"] = runs[name]["told"] == expected
    whole, tenth = runs["whole"], runs["tenth"]
    return {
        "exact": whole["exact"] and tenth["exact"],
        "rows": rows,
        "memory_ratio": round(whole["memory"] / tenth["memory"], 3),
        "memory_mb": whole["memory"] // 1024,
        "state_kb": whole["state"] // 1024,
        "rows_a_second": round(rows / whole["seconds"]),
        "stored_bytes_a_row": round(whole["stored"] / rows),
    }


if __name__ == "__main__":
    main()
