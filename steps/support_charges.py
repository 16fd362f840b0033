"""Charges of customers in a CSV file, and refunds of them in an SQLite file of the team's own.

It stands for the system that holds your customers' money: replace `charges_of` and `pay_back`.
"""

from __future__ import annotations

import csv
import io
import os
import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stretto import idempotency_key
from stretto.errors import InvalidInput
from stretto.home import state_home

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Charge", "charges_of", "listed", "pay_back", "read"]

FILE = "STRETTO_SUPPORT_CHARGES"
"""The environment variable that names the CSV file."""
DEMO = Path(__file__).parent.parent / "examples" / "bank" / "charges.csv"
COLUMNS = ("charge", "customer", "date", "text", "amount", "currency")
LARGEST = 50_000_000
"""Bytes of the file."""

_TABLE = """CREATE TABLE IF NOT EXISTS refunds (
    key TEXT PRIMARY KEY, charge TEXT NOT NULL, customer TEXT NOT NULL, cents INTEGER NOT NULL)"""


@dataclass(frozen=True)
class Charge:
    """What a customer was charged, and what of it was paid back."""

    charge: str
    customer: str
    date: str
    text: str
    cents: int
    currency: str
    refunded: int = 0
    """Cents."""

    @property
    def left(self) -> int:
        """Cents that can still be paid back."""
        return self.cents - self.refunded

    def told(self) -> dict[str, Any]:
        """The charge as agents and people read it."""
        row = asdict(self)
        amounts = {"amount": money(row.pop("cents")), "refunded": money(row.pop("refunded"))}
        return {**row, **amounts}


def money(cents: int) -> str:
    """Cents as an amount, such as 12.00."""
    return f"{cents / 100:.2f}"


def cents_of(amount: object) -> int | None:
    """An amount in cents; `None` when it is none, not above zero, or has parts of a cent."""
    try:
        cents = Decimal(str(amount).strip().replace(",", ".").lstrip("$€£")) * 100
        exact = cents.is_finite() and cents == cents.to_integral_value() and 0 < cents < 10**12
    except InvalidOperation:
        return None
    return int(cents) if exact else None


def charges_of(context: Mapping[str, Any] | None, customer: str) -> tuple[list[Charge], int]:
    """The charges of a customer, the newest first, and how many rows of the file are broken.

    Raises:
        InvalidInput: The file cannot be read.
    """
    named = (context or {}).get("charges") or os.environ.get(FILE) or DEMO
    charges, broken = read(Path(str(named)))
    mine = [each for each in charges if each.customer == customer]
    with closing(_open()) as books:
        rows = books.execute(
            "SELECT charge, sum(cents) FROM refunds WHERE customer = ? GROUP BY charge", [customer]
        )
        back: dict[str, int] = dict(rows.fetchall())
    found = [replace(each, refunded=back.get(each.charge, 0)) for each in mine]
    return sorted(found, key=lambda each: each.date, reverse=True), broken


def listed(context: Mapping[str, Any] | None, customer: str) -> dict[str, Any]:
    """The same as JSON, for what is journaled: `charges`, and `broken`."""
    charges, broken = charges_of(context, customer)
    return {"charges": [asdict(each) for each in charges], "broken": broken}


def read(path: Path) -> tuple[list[Charge], int]:
    """Read all charges of a file; rows that are broken are left out and counted.

    Raises:
        InvalidInput: It is not there, too large, or has not the columns it needs.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise InvalidInput(f"{str(path)!r} has over {LARGEST:,} bytes. Give a smaller file.")
        data = path.read_bytes()
    except OSError as error:
        raise InvalidInput(
            f"the charges {str(path)!r} cannot be read: {error.strerror}. Name a CSV file with "
            f"{FILE} or --context charges=PATH."
        ) from error
    rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig", errors="replace"), newline=""))
    if missing := sorted(set(COLUMNS) - set(rows.fieldnames or ())):
        raise InvalidInput(
            f"the charges {str(path)!r} have no column {missing[0]!r}. The first line must name "
            f"{', '.join(COLUMNS)}."
        )
    read_rows = [_charge(row) for row in rows]
    good = {each.charge: each for each in read_rows if each is not None}
    return list(good.values()), len(read_rows) - len(good)


def _charge(row: Mapping[str, Any]) -> Charge | None:
    """A row as a charge; `None` when something of it is missing or cannot be read."""
    told = {name: str(row.get(name) or "").strip() for name in COLUMNS}
    cents = cents_of(told.pop("amount"))
    broken = None in row or cents is None or not all(told.values())
    if broken or cents is None or "\ufffd" in "".join(told.values()):
        return None
    return Charge(
        told["charge"], told["customer"], told["date"], told["text"], cents, told["currency"]
    )


def pay_back(charge: str, customer: str, cents: int, most: int) -> str:
    """Pay back part of a charge, once under the key of the call; gives the receipt's number.

    Args:
        charge: Its id.
        customer: Whose it is.
        cents: How much.
        most: Cents of the charge; all refunds of it together stay below.

    Raises:
        InvalidInput: More would be paid back than was charged.
    """
    key = idempotency_key()
    with closing(_open()) as books:
        books.execute("BEGIN IMMEDIATE")
        paid = books.execute("SELECT rowid FROM refunds WHERE key = ?", [key]).fetchone()
        if paid is None:
            (sum_,) = books.execute(
                "SELECT coalesce(sum(cents), 0) FROM refunds WHERE charge = ?", [charge]
            ).fetchone()
            if sum_ + cents > most:
                raise InvalidInput(
                    f"of {charge} {money(max(most - sum_, 0))} is left to be paid back, not "
                    f"{money(cents)}. Ask for less."
                )
            paid = books.execute(
                "INSERT INTO refunds VALUES (?, ?, ?, ?) RETURNING rowid",
                [key, charge, customer, cents],
            ).fetchone()
        books.execute("COMMIT")
    return f"R-{paid[0]:04d}"


def _open() -> sqlite3.Connection:
    books = sqlite3.connect(state_home() / "support.sqlite", timeout=10, isolation_level=None)
    books.execute(_TABLE)
    return books
