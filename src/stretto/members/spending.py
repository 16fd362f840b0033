"""Opens a member's account while it works, and reserves the calls of an agent's model."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

    from langchain.agents.middleware.types import ModelRequest, ModelResponse

    from stretto.members.where import Where
    from stretto.policy import Budget
    from stretto.resilience.budget import Account


@asynccontextmanager
async def spending(
    budget: Budget | None,
    name: str,
    at: Where | None,
    *,
    within: Sequence[tuple[str, Budget | None]] = (),
) -> AsyncGenerator[Account | None]:
    """Let what is done inside draw on a member's budget, and on those above it."""
    yield None


async def reserving(
    request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
) -> ModelResponse[Any]:
    """Make an agent's model call when it fits into its budgets."""
    return await handler(request)
