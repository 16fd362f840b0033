"""How well examples route: accuracy, what is found out of scope, and the time of a decision.

Run as `python -m bench.routing TRAIN OOS_TRAIN TEST OOS_TEST [--banking TRAIN.csv]`. The first four
are JSON lists of `[text, label]` as in clinc150. All is chosen within the first two: the last two
are only scored. A text in scope counts as right when it is given its label, so one that is sent
away as out of scope is wrong. Of the banking file, with columns `text` and `category`, a tenth is
held out; nothing in it is out of scope, so there is no bound (`threshold=0`).
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import random
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stretto.routing import Cascade, Examples, rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stretto.routing import Choice

UNSURE = 0.8
"""The confidence below which the cascade asks a model."""
BINS = 15
"""Equal widths of confidence in which the calibration error is summed (Guo et al., 2017)."""


def pairs(path: Path) -> list[tuple[str, str]]:
    return [(text, label) for text, label in json.loads(path.read_text(encoding="utf-8"))]


def banking(path: Path) -> float:
    """Share of a held-out tenth that is given its label."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [(row["text"], row["category"]) for row in csv.DictReader(file)]
    random.Random(0).shuffle(rows)
    tenth = len(rows) // 10
    router = Examples(rows[tenth:], threshold=0)
    return statistics.fmean(router.of_text(text).label == label for text, label in rows[:tenth])


def calibration_error(choices: Sequence[Choice], right: Sequence[bool]) -> float:
    """By how much confidence and share of right labels differ, over bins by their size."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for choice, hit in zip(choices, right, strict=True):
        sure = choice.confidence or 0.0
        bins.setdefault(min(int(sure * BINS), BINS - 1), []).append((sure, hit))
    gaps = (abs(sum(sure - hit for sure, hit in held)) for held in bins.values())
    return sum(gaps) / len(choices)


async def without_model(router: Examples, texts: Sequence[str]) -> float:
    """Share of texts that a cascade decides without asking the model behind it."""
    asked: list[str] = []

    def model(state: Any) -> str:
        asked.append(state["text"])
        return ""

    cascade = Cascade(router, rule(model), unsure=UNSURE)
    for text in texts:
        await cascade.decide({"messages": text, "text": text})
    return 1 - len(asked) / len(texts)


def measure(train: Path, oos_train: Path, test: Path, oos_test: Path) -> dict[str, Any]:
    outside = [text for text, _ in pairs(oos_train)]
    began = time.perf_counter()
    router = Examples(pairs(train), out_of_scope=outside)
    trained = time.perf_counter() - began
    print(f"trained in {trained:.0f} s; held out: {router.measured}", file=sys.stderr)
    asked, other = pairs(test), pairs(oos_test)
    seconds: list[float] = []
    choices: list[Choice] = []
    for text, _ in [*asked, *other]:
        began = time.perf_counter()
        choices.append(router.of_text(text))
        seconds.append(time.perf_counter() - began)
    inside, away = choices[: len(asked)], choices[len(asked) :]
    right = [choice.label == label for choice, (_, label) in zip(inside, asked, strict=True)]
    answered = [(c, hit) for c, hit in zip(inside, right, strict=True) if c.label]
    answered += [(choice, False) for choice in away if choice.label]
    told, hits = zip(*answered, strict=True)
    return {
        "accuracy": round(100 * statistics.fmean(right), 1),
        "oos_recall": round(100 * statistics.fmean(choice.label == "" for choice in away), 1),
        "banking": None,
        "microseconds": round(1e6 * statistics.median(seconds)),
        "without_model": round(asyncio.run(without_model(router, [t for t, _ in asked])), 3),
        "calibration_error": round(calibration_error(told, hits), 3),
        "training_seconds": round(trained),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.routing")
    for name in ("train", "oos_train", "test", "oos_test"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--banking", type=Path)
    given = parser.parse_args()
    found = measure(given.train, given.oos_train, given.test, given.oos_test)
    if given.banking:
        found["banking"] = round(100 * banking(given.banking), 1)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
