"""Other models of loans, to compare the scorecard with: each learns from loans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

if TYPE_CHECKING:
    from collections.abc import Callable

    Row = dict[str, Any]
    Chances = Callable[[list[Row]], list[float]]
    Fit = Callable[[tuple[list[Row], list[bool]]], Chances]


def columns(rows: list[Row]) -> list[tuple[str, str | None]]:
    """An attribute for each number, and an attribute with its value for each code."""
    found: dict[tuple[str, str | None], None] = {}
    for row in rows:
        for name, value in row.items():
            found[name, value if isinstance(value, str) else None] = None
    return sorted(found, key=str)


def matrix(rows: list[Row], shape: list[tuple[str, str | None]]) -> Any:
    cells = [
        [float(row[name]) if code is None else float(row[name] == code) for name, code in shape]
        for row in rows
    ]
    return np.array(cells)


def fitting(make: Callable[[], Any]) -> Fit:
    """How a model of scikit-learn learns."""

    def fit(loans: tuple[list[Row], list[bool]]) -> Chances:
        shape = columns(loans[0])
        model = make().fit(matrix(loans[0], shape), loans[1])
        return lambda rows: [float(each) for each in model.predict_proba(matrix(rows, shape))[:, 1]]

    return fit


def together(*fits: Fit) -> Fit:
    """The mean of several."""

    def fit(loans: tuple[list[Row], list[bool]]) -> Chances:
        models = [each(loans) for each in fits]
        return lambda rows: [float(each) for each in np.mean([m(rows) for m in models], axis=0)]

    return fit


boosted = fitting(
    lambda: GradientBoostingClassifier(
        n_estimators=150, learning_rate=0.05, subsample=0.6, max_features=0.4,
        min_samples_leaf=8, random_state=0,
    )
)  # fmt: skip
forest = fitting(
    lambda: RandomForestClassifier(200, min_samples_leaf=4, max_features="sqrt", random_state=0)
)
plain = fitting(lambda: make_pipeline(StandardScaler(), LogisticRegression(C=0.05, max_iter=5000)))
pairs = fitting(
    lambda: make_pipeline(
        PolynomialFeatures(2, interaction_only=True, include_bias=False),
        StandardScaler(),
        LogisticRegression(C=0.0005, max_iter=5000),
    )
)
MODELS: dict[str, Fit] = {
    "logistic, no squares": plain,
    "logistic, all pairs": pairs,
    "boosted trees": boosted,
    "random forest": forest,
    "mean of logistic, both trees": together(plain, boosted, forest),
}
