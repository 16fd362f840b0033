"""What a model call may cost at most, before it is made."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from langchain_core.messages.utils import count_tokens_approximately

from stretto.resilience.budget import GRAINS, Amounts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.messages import BaseMessage

    from stretto.policy import Prices
    from stretto.resilience.budget import Account

MARGIN = 1.2
"""By how much more than the estimated input is reserved."""
MOST_OUTPUT, LEAST_OUTPUT = 4_000, 500
"""Tokens that are reserved for an answer without a bound of its own."""
PART = 8
"""Such an answer may take this part of the limit: an eighth."""
CAPS = ("max_completion_tokens", "max_tokens", "max_output_tokens")
"""What requests call the bound of an answer."""


def input_tokens(messages: Sequence[BaseMessage], tools: Sequence[Any] = ()) -> int:
    """An estimate, rather too high than too low, of the tokens that a model is given.

    A token for every four characters, another for each two bytes beyond ASCII, and `MARGIN` more.
    Images count 85 tokens each, which large ones exceed.
    """
    more = sum(_beyond(message.content) for message in messages)
    counted = count_tokens_approximately(messages, tools=list(tools) or None)
    return math.ceil((counted + more / 2) * MARGIN)


def _beyond(content: Any) -> int:
    """Bytes of a text beyond one a character: scripts other than Latin take more tokens."""
    text = content if isinstance(content, str) else str(content)
    return 0 if text.isascii() else len(text.encode("utf-8", "replace")) - len(text)


def bound_of(settings: Mapping[str, Any]) -> int | None:
    """The most tokens that a request asks for, all its answers together; `None` for no bound."""
    found = (settings.get(name) for name in CAPS)
    bound = next((n for n in found if isinstance(n, int) and n > 0), None)
    answers = settings.get("n")
    return bound if bound is None or not isinstance(answers, int) else bound * max(answers, 1)


def output_tokens(account: Account, model: str, prices: Prices) -> int:
    """What is reserved for an answer without a bound: a part of the lowest limit it counts in.

    The same for all calls of a member, at least `LEAST_OUTPUT` and at most `MOST_OUTPUT`.
    """
    most = MOST_OUTPUT
    tokens, money = account.lowest("tokens"), account.lowest("money")
    if tokens is not None:
        most = min(most, tokens // PART)
    if money is not None:
        most = prices.affordable(model, 1, money / GRAINS / PART, most)
    return max(most, LEAST_OUTPUT)


def most_cost(model: str, given: int, written: int, prices: Prices) -> Amounts:
    """What one call with so many tokens costs; without a price no money."""
    return Amounts.of(1, given + written, prices.cost(model, given, written) or 0.0)
