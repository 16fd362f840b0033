"""What a score of loans costs, with an underwriter for those in doubt.

Run as `python -m bench.loans FILE.csv`. The score of the team `loans` is trained on
`../shared/data/credit` (`--train` names another file) and scored on FILE. A bad loan that is
granted costs 5, a good one that is refused 1, and one sent to the underwriter, who is right, .5.
Nothing is tuned on what is scored: where FILE is the file trained on, each tenth of it is scored by
what was trained, calibrated and chosen on the others; else the rows of FILE are taken out of those
trained on. The band of those in doubt follows from the three costs alone.

`--compare` scores other models in the same way.
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.model_selection import StratifiedKFold

from bench.loans_models import MODELS
from stretto import Project

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Loans = tuple[list[dict[str, Any]], list[bool]]
    Chances = Callable[[list[dict[str, Any]]], list[float]]
    Fit = Callable[[Loans], Chances]
    """Learns from loans how to tell the chances that others go bad."""

ROOT = Path(__file__).parent.parent
step = Project.at(ROOT).step
TRAIN = ROOT.parent / "shared" / "data" / "credit" / "german_credit.csv"
FOLDS = 10
REPEATS = 3
"""Times the file is dealt out anew, to see by how much chance moves the figures."""
COSTS = step("loans_score.Costs")()


def scorecard(loans: Loans) -> Chances:
    """The score of the team."""
    score = step("loans_learning.learned")(*loans)
    return lambda rows: [score.chance(row) for row in rows]


def cost(chances: Sequence[float], bad: Sequence[bool], *, refer: bool = True) -> float:
    """What decisions cost in all, with the underwriter or by the model alone."""
    total = 0.0
    for chance, went in zip(chances, bad, strict=True):
        leaning = COSTS.leaning(chance)
        if leaning == "refer" and not refer:
            grant = chance * COSTS.granted_bad < (1 - chance) * COSTS.refused_good
            leaning = "grant" if grant else "refuse"
        match leaning:
            case "refer":
                total += COSTS.referred
            case "grant":
                total += COSTS.granted_bad * went
            case _:
                total += COSTS.refused_good * (not went)
    return total


def figures(chances: Sequence[float], bad: Sequence[bool]) -> dict[str, float]:
    """The costs as shares of what the better of granting all and refusing all costs."""
    granting, refusing = COSTS.granted_bad * sum(bad), COSTS.refused_good * (len(bad) - sum(bad))
    best = min(granting, refusing) or 1.0
    referred = [COSTS.leaning(chance) == "refer" for chance in chances]
    return {
        "cost_ratio": cost(chances, bad) / best,
        "escalated": statistics.fmean(referred),
        "model_alone_ratio": cost(chances, bad, refer=False) / best,
        "cost": cost(chances, bad),
        "model_alone": cost(chances, bad, refer=False),
        "granting_all": granting,
        "refusing_all": refusing,
    }


def held_out(fit: Fit, loans: Loans, seed: int) -> list[float]:
    """The chance of each loan, by what was learned from the other nine tenths."""
    rows, bad = loans
    deal = StratifiedKFold(n_splits=FOLDS, shuffle=True, random_state=seed)
    found = [0.0] * len(rows)
    for known, out in deal.split(np.zeros(len(rows)), bad):
        chances = fit(([rows[n] for n in known], [bad[n] for n in known]))
        for n, chance in zip(out, chances([rows[n] for n in out]), strict=True):
            found[n] = chance
    return found


def without(loans: Loans, others: Loans) -> Loans:
    """The loans that are not among the others."""
    taken = {_key(row, went) for row, went in zip(*others, strict=True)}
    kept = [pair for pair in zip(*loans, strict=True) if _key(*pair) not in taken]
    return [row for row, _ in kept], [went for _, went in kept]


def _key(row: dict[str, Any], went: bool) -> str:  # noqa: FBT001 - a pair of a zip
    return json.dumps([row, went], sort_keys=True)


def measured(fit: Fit, train: Loans, scored: Loans, repeats: int) -> list[dict[str, float]]:
    """The figures, once for each deal; once in all where two files are given."""
    if sorted(map(_key, *train)) == sorted(map(_key, *scored)):
        return [figures(held_out(fit, scored, seed), scored[1]) for seed in range(repeats)]
    return [figures(fit(without(train, scored))(scored[0]), scored[1])]


def table(rows: dict[str, list[dict[str, float]]]) -> str:
    """The figures of each model, the mean and the spread over the deals."""
    lines = [f"{'model':28}{'cost ratio':>16}{'escalated':>12}{'model alone':>16}"]
    for name, found in rows.items():
        cells = [_mean(found, "cost_ratio"), f"{_average(found, 'escalated'):.3f}"]
        cells.append(_mean(found, "model_alone_ratio"))
        lines.append(f"{name:28}{cells[0]:>16}{cells[1]:>12}{cells[2]:>16}")
    return "\n".join(lines)


def _average(found: list[dict[str, float]], name: str) -> float:
    return statistics.fmean(each[name] for each in found)


def _mean(found: list[dict[str, float]], name: str) -> str:
    values = [each[name] for each in found]
    spread = f" ± {statistics.stdev(values):.3f}" if len(values) > 1 else ""
    return f"{statistics.fmean(values):.3f}{spread}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.loans")
    parser.add_argument("file", type=Path)
    parser.add_argument("--train", type=Path, default=TRAIN)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--compare", action="store_true", help="score other models, too")
    given = parser.parse_args()
    past = step("loans_file.past_loans")
    train_rows, train_bad, left_out = past(given.train)
    rows, bad, wrong = past(given.file)
    train, scored = (train_rows, train_bad), (rows, bad)
    print(f"trained on {len(train[0])} loans ({len(left_out)} rows left out)")
    print(f"scored on {len(scored[0])} loans ({len(wrong)} rows left out)")
    for problem in wrong[:5]:
        print(f"  {problem}")
    models: dict[str, Fit] = {"scorecard": scorecard, **(MODELS if given.compare else {})}
    found = {n: measured(fit, train, scored, given.repeats) for n, fit in models.items()}
    own = found["scorecard"]
    print(f"\nin units of a good loan that is refused, of {len(scored[0])} loans:")
    for name in ("granting_all", "refusing_all", "model_alone", "cost"):
        said = "with the underwriter" if name == "cost" else name.replace("_", " ")
        print(f"  {said:24}{_average(own, name):8.1f}")
    print(f"\nas a share of the better of granting all and refusing all:\n{table(found)}\n")
    keys = ("cost_ratio", "escalated", "model_alone_ratio")
    result: dict[str, Any] = {key: round(_average(own, key), 3) for key in keys}
    print(json.dumps({**result, "loans": len(scored[0]), "left_out": len(wrong)}))


if __name__ == "__main__":
    main()
