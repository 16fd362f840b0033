"""How a score of applications is learned from past loans."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from stretto import Project
from stretto.errors import InvalidInput, MissingExtra

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STRENGTHS = (0.05, 0.1, 0.2, 0.4)
"""Inverse strengths of the penalty among which held-out loans choose."""
FOLDS, DEALS = 5, 3
"""Parts that the past loans are dealt into, and how often; each part is held out once a deal."""
MANY = 10
"""Different values from which on a number counts by its logarithm, and by the square of that."""
FEWEST = 50
"""Past loans of each outcome that a score needs."""
SEED = 0
EXTRA = "routing"


def learned(rows: Sequence[Mapping[str, Any]], bad: Sequence[bool]) -> Any:
    """Learn a score from past loans.

    Each fifth of the loans is judged by a regression of the others, three times over. On these the
    strength of the penalty is chosen by the log loss, and the chances are calibrated (Platt, 1999);
    then the regression is made of all. The same loans make the same score, in any order.

    Args:
        rows: Checked attributes, as `loans_codes.checked` gives them.
        bad: Whether each went bad.

    Returns:
        A `loans_score.Score`.

    Raises:
        InvalidInput: There are fewer than `FEWEST` of an outcome.
        MissingExtra: scikit-learn is not installed.
    """
    if min(sum(bad), len(bad) - sum(bad)) < FEWEST:
        raise InvalidInput(
            f"of {len(bad)} past loans {sum(bad)} went bad. Give {FEWEST} or more that went bad, "
            "and as many that did not."
        )
    np, regression, folds, threads = _tools()
    with threads(1):  # of linear algebra; more of them wait for one another, as small as this is
        deals = folds(n_splits=FOLDS, n_repeats=DEALS, random_state=SEED)
        pairs = sorted(zip(rows, bad, strict=True), key=_order)
        return _learned(np, regression, deals, [row for row, _ in pairs], [b for _, b in pairs])


def _learned(
    np: Any, regression: Any, deals: Any, rows: Sequence[Mapping[str, Any]], bad: Sequence[bool]
) -> Any:
    shapes, matrix = _matrix(np, rows)
    truth = np.array(bad, dtype=int)
    parts = list(deals.split(matrix, truth))
    order = np.concatenate([out for _, out in parts])
    held = {c: _held_out(np, regression, (matrix, truth), parts, c) for c in STRENGTHS}
    best = min(STRENGTHS, key=lambda c: _log_loss(np, truth[order], held[c]))
    platt = regression(C=1e6, max_iter=5000).fit(held[best][:, None], truth[order])
    slope, shift = float(platt.coef_[0][0]), float(platt.intercept_[0])
    model = regression(C=best, max_iter=5000).fit(matrix, truth)
    weights = slope * model.coef_[0]
    base = slope * float(model.intercept_[0]) + shift
    told = slope * held[best] + shift
    measured = {
        "loans": len(bad),
        "bad": sum(bad),
        "strength": best,
        "log_loss": round(_log_loss(np, truth[order], told), 4),
        "calibration": round(_calibration(np, truth[order], told), 4),
    }
    middle = matrix.mean(axis=0) * weights
    numbers, codes = _points(shapes, weights, middle)
    made = Project.at(__file__).step("loans_score.Score")
    return made(base + float(middle.sum()), numbers, codes, measured, digest_of(rows, bad))


def digest_of(rows: Sequence[Mapping[str, Any]], bad: Sequence[bool]) -> str:
    """SHA-256 of past loans, in any order."""
    told = sorted(map(_order, zip(rows, bad, strict=True)))
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _order(loan: tuple[Mapping[str, Any], bool]) -> str:
    return json.dumps(loan, sort_keys=True)


def _tools() -> tuple[Any, Any, Any, Any]:
    try:
        import numpy as np
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import RepeatedStratifiedKFold
        from threadpoolctl import threadpool_limits
    except ModuleNotFoundError as error:
        raise MissingExtra("A score of loans", EXTRA) from error
    return np, LogisticRegression, RepeatedStratifiedKFold, threadpool_limits


def _matrix(np: Any, rows: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], Any]:
    """The columns of each attribute, and all of them side by side: shape (rows, columns)."""
    step = Project.at(__file__).step
    numbers, scale = step("loans_codes.NUMBERS"), step("loans_score.scaled")
    shapes: dict[str, Any] = {}
    columns: list[Any] = []
    for name in rows[0]:
        values = [row[name] for row in rows]
        if name in numbers:
            log = len(set(values)) > MANY
            scaled = np.array([scale(value, log=log) for value in values])
            mean, spread = float(scaled.mean()), float(scaled.std()) or 1.0
            z = (scaled - mean) / spread
            columns += [z, z * z - 1] if log else [z]
            shapes[name] = (min(values), max(values), log, mean, spread)
        else:
            shapes[name] = sorted(set(values))
            columns += [np.array([value == c for value in values], float) for c in shapes[name]]
    return shapes, np.array(columns).T


def _held_out(
    np: Any, regression: Any, loans: tuple[Any, Any], parts: Sequence[tuple[Any, Any]], c: float
) -> Any:
    """Log odds of the loans of each part, told by a regression of the others."""
    matrix, truth = loans
    found: list[Any] = []
    for known, out in parts:
        model = regression(C=c, max_iter=5000).fit(matrix[known], truth[known])
        found.append(model.decision_function(matrix[out]))
    return np.concatenate(found)


def _log_loss(np: Any, truth: Any, odds: Any) -> float:
    return float(np.logaddexp(0, np.where(truth == 1, -odds, odds)).mean())


def _calibration(np: Any, truth: Any, odds: Any) -> float:
    """By how much chance and share of bad loans differ, over ten parts of equal size."""
    chance = 1 / (1 + np.exp(-odds))
    parts = np.array_split(np.argsort(chance), 10)
    gaps = [abs(float((chance[part] - truth[part]).sum())) for part in parts]
    return sum(gaps) / len(truth)


def _points(
    shapes: Mapping[str, Any], weights: Any, middle: Any
) -> tuple[dict[str, Any], dict[str, dict[str, float]]]:
    """The points of each attribute, so that they are 0 on average.

    Args:
        shapes: What the columns of each attribute are.
        weights: Of the columns.
        middle: What each column weighs on average.
    """
    numbers: dict[str, Any] = {}
    codes: dict[str, dict[str, float]] = {}
    at, made = 0, Project.at(__file__).step("loans_score.Numbers")
    for name, shape in shapes.items():
        is_number = isinstance(shape, tuple)
        width = 1 + shape[2] if is_number else len(shape)
        own = [float(each) for each in weights[at : at + width]]
        offset = float(middle[at : at + width].sum())
        at += width
        if is_number:
            low, high, log, mean, spread = shape
            curve = own[1] if log else 0.0
            numbers[name] = made(low, high, log, mean, spread, own[0], curve, offset)
        else:
            codes[name] = {code: own[n] - offset for n, code in enumerate(shape)}
    return numbers, codes
