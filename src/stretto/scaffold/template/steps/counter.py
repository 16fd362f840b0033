"""What the team `counter` does without a model."""

import re
from collections.abc import Mapping
from typing import Any

from typing_extensions import TypedDict

_PRICE = re.compile(r"(\d+\.\d\d) euros")


class Counter(TypedDict, total=False):
    """The team's own fields beside the conversation."""

    cents: int


def has_price(state: Mapping[str, Any]) -> bool | str:
    """Tell whether the clerk named a price, or why there is nothing to bill."""
    return bool(_price(state)) or "no price was named"


def bill(state: Mapping[str, Any]) -> dict[str, Any]:
    """Bills the price that the clerk named."""
    price = _price(state)
    return {"cents": round(float(price) * 100), "messages": [("ai", f"To pay: {price} euros.")]}


def _price(state: Mapping[str, Any]) -> str:
    found = _PRICE.search(str(state.get("results", {}).get("clerk", "")))
    return found[1] if found else ""
