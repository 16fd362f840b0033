"""What an application for a loan says: attributes, the meaning of codes, whether it is whole.

The attributes and codes are those of the German credit data (Hofmann, 1994). Write your own here
when your applications ask for something else; nothing but this file knows them.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, cast

from stretto.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

LABELS = {
    "status": "checking account",
    "month": "duration",
    "credit_history": "credit history",
    "purpose": "purpose",
    "credit_amount": "amount",
    "savings": "savings",
    "employment": "present employment",
    "investment_as_income_percentage": "instalment as a share of the income",
    "other_debtors": "guarantors",
    "residence_since": "years at the present address",
    "property": "property",
    "age": "age",
    "installment_plans": "other instalment plans",
    "housing": "housing",
    "number_of_credits": "number of loans with us",
    "skill_level": "job",
    "people_liable_for": "people to provide for",
    "telephone": "telephone",
}
"""What each attribute is called in a letter; those that count, in the order of the file."""
LEFT_OUT = ("personal_status", "foreign_worker")
"""Sex, personal status and origin: read over, never used."""
OUTCOME = "credit"
"""The column of past loans that tells how they went: 1 for good, 2 for bad."""
COLUMNS = (*list(LABELS)[:8], LEFT_OUT[0], *list(LABELS)[8:], LEFT_OUT[1], OUTCOME)
"""All columns of a file, in their order."""
NOTES = ("note", "applicant", "id")
"""What an application may say beside: kept out of every decision."""
NUMBERS = {
    "month": (1, 600),
    "credit_amount": (1, 10_000_000),
    "investment_as_income_percentage": (1, 4),
    "residence_since": (1, 4),
    "age": (1, 120),
    "number_of_credits": (1, 50),
    "people_liable_for": (0, 50),
}
"""The least and the most that each number can be; instalment and residence are in
classes of 1 to 4."""
UNITS = {
    "month": "months",
    "credit_amount": "DM",
    "age": "years",
    "investment_as_income_percentage": "of 4",
    "residence_since": "of 4",
}
CODES = {
    "status": {
        "A11": "overdrawn",
        "A12": "below 200 DM",
        "A13": "200 DM or more",
        "A14": "none",
    },
    "credit_history": {
        "A30": "no loans so far",
        "A31": "all loans with us paid back duly",
        "A32": "present loans paid back duly till now",
        "A33": "delays in the past",
        "A34": "critical or loans elsewhere",
    },
    "purpose": {
        "A40": "new car",
        "A41": "used car",
        "A42": "furniture",
        "A43": "radio or television",
        "A44": "household appliances",
        "A45": "repairs",
        "A46": "education",
        "A47": "vacation",
        "A48": "retraining",
        "A49": "business",
        "A410": "other",
    },
    "savings": {
        "A61": "below 100 DM",
        "A62": "100 to 500 DM",
        "A63": "500 to 1000 DM",
        "A64": "1000 DM or more",
        "A65": "unknown or none",
    },
    "employment": {
        "A71": "unemployed",
        "A72": "less than a year",
        "A73": "1 to 4 years",
        "A74": "4 to 7 years",
        "A75": "7 years or more",
    },
    "other_debtors": {"A101": "none", "A102": "co-applicant", "A103": "guarantor"},
    "property": {
        "A121": "real estate",
        "A122": "savings agreement or life insurance",
        "A123": "car or other",
        "A124": "unknown or none",
    },
    "installment_plans": {"A141": "bank", "A142": "stores", "A143": "none"},
    "housing": {"A151": "rented", "A152": "own", "A153": "for free"},
    "skill_level": {
        "A171": "unskilled and not resident",
        "A172": "unskilled",
        "A173": "skilled",
        "A174": "management or self-employed",
    },
    "telephone": {"A191": "none", "A192": "yes"},
}
"""What the codes mean; an application may say either."""
LONGEST = 20_000
"""Characters of an application."""

Value = float | str


def read_application(text: str) -> dict[str, Any]:
    """Read an application from JSON, or from lines such as `month: 24`.

    Returns:
        What it says by name, nothing checked yet.

    Raises:
        InvalidInput: It is longer than `LONGEST`, or neither.
    """
    if len(text) > LONGEST:
        raise InvalidInput(
            f"the application has {len(text)} characters, and {LONGEST} at most are read. Give the "
            "attributes alone, or name a file."
        )
    if "{" in text:
        try:
            said: Any = json.loads(text[text.find("{") : text.rfind("}") + 1])
        except (ValueError, RecursionError) as error:
            raise InvalidInput(f"the application is no JSON: {error}. Mend it there.") from None
        return cast("dict[str, Any]", said)
    lines = [line.partition(":") for line in text.splitlines() if ":" in line]
    return {name.strip().lower().replace(" ", "_"): value.strip() for name, _, value in lines}


def checked(said: Mapping[str, Any]) -> tuple[dict[str, Value], list[str]]:
    """The attributes that count, and what is wrong with them.

    Args:
        said: By name, codes or their meaning; what else it says is not looked at.

    Returns:
        Numbers and codes by name, and a line for each that is missing or cannot be.
    """
    found: dict[str, Value] = {}
    wrong: list[str] = []
    for name in LABELS:
        value = said.get(name)
        if value is None or not str(value).strip():
            wrong.append(f"{name} is missing")
        elif name in NUMBERS:
            _number(name, value, found, wrong)
        else:
            _code(name, str(value).strip(), found, wrong)
    return found, wrong


def _number(name: str, value: Any, found: dict[str, Value], wrong: list[str]) -> None:
    low, high = NUMBERS[name]
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if low <= number <= high:
        found[name] = number
    else:
        wrong.append(f"{name} is {str(value)[:40]!r}, no number from {low} to {high}")


def _code(name: str, value: str, found: dict[str, Value], wrong: list[str]) -> None:
    codes = CODES[name]
    meant = {words.lower(): code for code, words in codes.items()}
    code = value if value in codes else meant.get(value.lower())
    if code is None:
        known = ", ".join(f"{each} ({words})" for each, words in codes.items())
        wrong.append(f"{name} is {value[:40]!r}, none of {known}")
    else:
        found[name] = code


def in_words(name: str, value: Value) -> str:
    """An attribute as a letter tells it, such as "duration (48 months)"."""
    if isinstance(value, str):
        said = CODES[name].get(value, value)
    else:
        said = f"{value:g} {UNITS.get(name, '')}".strip()
    return f"{LABELS[name]} ({said})"


def outcome_of(row: Mapping[str, Any]) -> bool | None:
    """Whether a past loan went bad; `None` where the row does not tell."""
    return {"1": False, "2": True}.get(str(row.get(OUTCOME) or "").strip())
