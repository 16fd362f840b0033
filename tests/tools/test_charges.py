"""The charges of the customer that a run is for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from stretto import Project
from stretto.errors import InvalidInput

if TYPE_CHECKING:
    from pathlib import Path

charges = Project.at(__file__).tool("charges.charges")


def runtime(**context: Any) -> Any:
    """What a tool is given."""
    return SimpleNamespace(context=context)


async def test_only_the_customers_own_charges_are_listed(tmp_path: Path):
    """Those of others are not there; broken rows are counted."""
    path = tmp_path / "charges.csv"
    path.write_text(
        "charge,customer,date,text,amount,currency\nC-1,ann,2026-01-01,Fee,3,EUR\n"
        "C-2,ben,2026-01-01,Fee,3,EUR\nC-3,ann\n"
    )
    told = await charges(runtime(customer="ann", charges=str(path)))
    assert [each["charge"] for each in told["charges"]] == ["C-1"]
    assert told["charges"][0]["amount"] == "3.00"
    assert told["broken_rows"] == 1


async def test_nobody_has_charges_without_a_customer():
    """The error says what to do."""
    with pytest.raises(InvalidInput, match="sign in"):
        await charges(runtime())
