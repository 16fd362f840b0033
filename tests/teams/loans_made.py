"""Past loans and applications that the tests make, in the form of the German credit data."""

from __future__ import annotations

import csv
import json
import random
from typing import TYPE_CHECKING, Any

from stretto import Project

if TYPE_CHECKING:
    from pathlib import Path

step = Project.at(__file__).step
COLUMNS: tuple[str, ...] = step("loans_codes.COLUMNS")
GOOD: dict[str, Any] = {
    "status": "A14", "month": 12, "credit_history": "A32", "purpose": "A43",
    "credit_amount": 2000, "savings": "A64", "employment": "A75",
    "investment_as_income_percentage": 2, "personal_status": "A93", "other_debtors": "A101",
    "residence_since": 4, "property": "A121", "age": 45, "installment_plans": "A143",
    "housing": "A152", "number_of_credits": 1, "skill_level": "A173", "people_liable_for": 1,
    "telephone": "A192", "foreign_worker": "A201",
}  # fmt: skip
"""An application that the made past loans speak for."""
BAD = GOOD | {"status": "A11", "savings": "A61", "month": 60, "employment": "A72"}
MIDDLE = GOOD | {"status": "A12", "savings": "A62", "month": 36}


def past(rows: int = 400, seed: int = 1) -> list[dict[str, Any]]:
    """Loans of which those without money and over many months go bad."""
    dice = random.Random(seed)
    codes = step("loans_codes.CODES")
    made: list[dict[str, Any]] = []
    for _ in range(rows):
        row = {
            name: dice.choice(sorted(codes[name])) if name in codes else GOOD[name] for name in GOOD
        }
        row |= {"month": dice.randint(6, 72), "credit_amount": dice.randint(300, 15000)}
        row |= {"age": dice.randint(19, 70), "purpose": dice.choice(["A40", "A43"])}
        risk = 0.05 + 0.3 * (row["status"] == "A11") + 0.2 * (row["savings"] == "A61")
        risk += 0.4 * (row["month"] > 40)
        made.append({**row, "credit": 1 + (dice.random() < risk)})
    return made


def written(path: Path, rows: list[dict[str, Any]], *, header: bool = True) -> Path:
    """A table of them."""
    with path.open("w", newline="") as file:
        lines = csv.writer(file)
        if header:
            lines.writerow(COLUMNS)
        lines.writerows([row.get(name, "") for name in COLUMNS] for row in rows)
    return path


def asked(application: dict[str, Any], **more: Any) -> str:
    """An application as a request."""
    return json.dumps(application | more)
