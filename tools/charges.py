"""The charges of the customer that a run is for."""

from __future__ import annotations

import asyncio
from typing import Any

from langchain.tools import ToolRuntime  # noqa: TC002 - LangChain reads it to inject it
from typing_extensions import TypedDict

from stretto import Project, tool
from stretto.errors import InvalidInput

__all__ = ["charges"]

MOST = 50
"""Charges that are listed."""


class Account(TypedDict, total=False):
    """Whose charges, and where they stand."""

    customer: str
    charges: str
    """A CSV file: charge, customer, date, text, amount, currency."""


@tool(effect="reads")
async def charges(runtime: ToolRuntime[Account, dict[str, Any]]) -> dict[str, Any]:
    """List the charges on the customer's own account, the newest first.

    Each has charge (its id), date, text, amount, currency and what was refunded of it.
    `broken_rows` counts what could not be read.
    """
    customer = str((runtime.context or {}).get("customer") or "").strip()
    if not customer:
        raise InvalidInput("nobody knows whose account it is. Ask the customer to sign in.")
    read = Project.at(__file__).step("support_charges.charges_of")
    found, broken = await asyncio.to_thread(read, runtime.context, customer)
    return {"charges": [each.told() for each in found[:MOST]], "broken_rows": broken}
