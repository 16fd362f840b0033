"""Files of applications and of past loans: how they are read, and what cannot be read of them."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, Literal

from stretto import Project
from stretto.errors import InvalidInput, SourceUnusable
from stretto.patterns import File
from stretto.patterns.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHUNK = 500
"""Rows that are read at once."""


def table(path: Path, encoding: str = "utf-8-sig") -> File:
    """A table of applications, whether or not its first row names the columns.

    Raises:
        SourceUnusable: It is not there, or empty.
    """
    known: tuple[str, ...] = Project.at(__file__).step("loans_codes.COLUMNS")
    try:
        with path.open(encoding=encoding, errors="replace", newline="") as file:
            first = next(csv.reader(file), [])
    except (OSError, csv.Error) as error:
        raise SourceUnusable(f"{path} cannot be read: {error}. Give a table in CSV.") from None
    if not first:
        raise SourceUnusable(f"{path} is empty. Give a table with the columns {', '.join(known)}.")
    named = len({cell.strip() for cell in first} & set(known)) > len(known) // 2
    kind: Literal["csv", "tsv"] = "tsv" if {".tsv", ".tab"} & set(path.suffixes) else "csv"
    columns = () if named else known[: max(len(first), len(known) - 1)]
    return File(path, format=kind, encoding=encoding, columns=columns)


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """Read a table row by row.

    Returns:
        The cells of each row by name, with its `row` (from 1, the header not counted); of one that
        cannot be read `row`, its line instead, and `wrong`, which says why.
    """
    rows, number = Rows(table(path), {}), 0
    try:
        ended = False
        while not ended:
            chunk = rows.take(CHUNK)
            for item in chunk.items:
                number += 1
                yield {**item, "row": number}
            yield from ({"row": each.where, "wrong": each.error} for each in chunk.bad)
            ended = chunk.ended
    finally:
        rows.close()


def looked_at(row: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The checked attributes of a row, and what is wrong with it, empty when nothing is."""
    if "wrong" in row:
        return {}, f"{row['row']}: {row['wrong']}"
    values, problems = Project.at(__file__).step("loans_codes.checked")(row)
    return values, f"row {row['row']}: {'; '.join(problems)}" if problems else ""


def past_loans(path: Path) -> tuple[list[dict[str, Any]], list[bool], list[str]]:
    """Read past loans.

    Returns:
        Their checked attributes; whether each went bad; and what is wrong with the rows that are
        left out, a line for each.

    Raises:
        InvalidInput: The file cannot be read, or no row of it can be used.
    """
    outcome = Project.at(__file__).step("loans_codes.outcome_of")
    rows: list[dict[str, Any]] = []
    bad: list[bool] = []
    wrong: list[str] = []
    for row in rows_of(path):
        values, problem = looked_at(row)
        went = outcome(row)
        if went is None and not problem:
            problem = f"row {row['row']}: credit is neither 1 (good) nor 2 (bad)"
        if problem:
            wrong.append(problem)
        else:
            rows.append(values)
            bad.append(bool(went))
    if not rows:
        why = f", such as {wrong[0]}" if wrong else ""
        raise InvalidInput(
            f"{path} holds no past loan that can be used{why}. Give a table as docs/team-loans.md "
            "describes."
        )
    return rows, bad, wrong
