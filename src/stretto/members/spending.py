"""Opens a member's account while it works, and reserves the model calls of agents."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from stretto import clock
from stretto.errors import BudgetExceeded, LimitReached
from stretto.journal import budgets
from stretto.journal.budgets import Scope, handed, scope
from stretto.journal.values import cut
from stretto.members.where import here
from stretto.models.names import model_name
from stretto.policy import prices_from_environment
from stretto.records import Budgeted
from stretto.resilience.budget import RUN, Account, Reservation
from stretto.resilience.budget_estimate import CAPS, bound_of
from stretto.resilience.budget_tree import Accounts

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

    from langchain.agents.middleware.types import ModelRequest
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AnyMessage

    from stretto.members.where import Where
    from stretto.policy import Budget

_BOUND = "max_tokens"
"""The setting with which a model is told how much it may write."""


@asynccontextmanager
async def spending(
    budget: Budget | None,
    name: str,
    at: Where | None,
    *,
    within: Sequence[tuple[str, Budget | None]] = (),
    now: Callable[[], float] = time.monotonic,
) -> AsyncGenerator[Account | None]:
    """Let what is done inside draw on a member's budget, on those above it and on the run's.

    A member that works again in the same run draws on the same account. Names alone make the path,
    so use it for members without a budget, too.

    Args:
        budget: What the member may spend; `None` for no limits of its own.
        name: The member's.
        at: Where it works; `None` outside a journaled run, where budgets hold for agents' calls
            and seconds.
        within: Names and budgets of the teams that it works for and that no such call surrounds,
            outermost first. Their seconds begin with their first member.
        now: Tells the time in seconds.

    Gives the innermost account, `None` when there is no budget.

    Raises:
        BudgetExceeded: A budget of seconds is over. Model calls raise it where they are made.
    """
    levels = [*((*one, True) for one in within), (name, budget, False)]
    async with AsyncExitStack() as stack:
        opened = None
        for each, allowed, shared in levels:
            opened = _enter(stack, each, allowed, at) or opened
            if allowed is not None and allowed.seconds is not None and opened is not None:
                began = _began(opened, at, now) if shared else now()
                clock = _in_time(opened, allowed, began, at, now)
                await stack.enter_async_context(clock)
        yield opened


def _enter(
    stack: AsyncExitStack, name: str, budget: Budget | None, at: Where | None
) -> Account | None:
    """Go down to a member; gives its account if it has a budget."""
    above = scope.get()
    names, parent = _above(above, at)
    names = (*names, cut(name.replace("/", "_")))
    account = None
    if budget is not None:
        parent = parent or Accounts(prices=prices_from_environment()).root
        account = parent.tree.open(parent, "/".join(names), budget)
    token = scope.set(Scope(names, account or parent))
    stack.callback(scope.reset, token)
    return account


def _above(above: Scope, at: Where | None) -> tuple[tuple[str, ...], Account | None]:
    """Whose work it is a part of: nobody's at the beginning of another run."""
    root = None if at is None else at.handler.account(at.fields["run"])
    if root is None or (above.account is not None and above.account.tree is root.tree):
        return above.names, above.account
    return (), root


def _began(account: Account, at: Where | None, now: Callable[[], float]) -> float:
    """When a team that works in several nodes began this work."""
    place = "" if at is None else at.place.rpartition("|")[0]
    return account.began.setdefault(place, now())


@asynccontextmanager
async def _in_time(
    account: Account,
    budget: Budget,
    began: float,
    at: Where | None,
    now: Callable[[], float],
) -> AsyncGenerator[None]:
    seconds = budget.seconds or 0.0
    left = began + seconds - now()

    def tell(event: str, used: float) -> None:
        if at is not None:
            told: dict[str, Any] = {"event": event, "unit": "seconds", "used": used}
            fields = {**at.fields, "time": clock.now()}
            at.handler.journal.append(
                Budgeted(**fields, budget=account.path, limit=seconds, **told)
            )

    def over() -> BudgetExceeded:
        used = max(now() - began, seconds)
        tell("exceeded", used)
        remedy = 'Raise its `seconds`, or let a fallback take over `on` "budget".'
        return BudgetExceeded(account.path or RUN, "seconds", used, seconds, remedy)

    if left <= 0:
        raise over()
    mark = budget.warn * seconds
    loop = asyncio.get_running_loop()
    warning = loop.call_later(max(0.0, left - seconds + mark), tell, "warned", mark)
    limit = asyncio.timeout(left)
    try:
        async with limit:
            yield
    except TimeoutError as error:
        if limit.expired():
            raise over() from error
        raise
    finally:
        warning.cancel()
    if now() - began > seconds:  # what blocks the event loop cannot be ended, only refused
        raise over()


@asynccontextmanager
async def reserving(
    request: ModelRequest[Any],
) -> AsyncGenerator[ModelRequest[Any]]:
    """Reserve an agent's model call in its budgets, and wait while calls in flight are in the way.

    Gives the request to send: where tokens or money are limited, its answer is bounded to what was
    reserved, if nothing else bounds it and the model can be told. The handler of the run takes the
    reservation over; without one, what was reserved is what is booked.

    Raises:
        BudgetExceeded, LimitReached: The call does not fit, whatever those in flight cost.
        InvalidInput: Money is limited and the model has no price.
    """
    account = scope.get().account
    if account is None or not account.weighs:
        yield request
        return
    settings = {**_bounds(request.model), **request.model_settings}
    asked = budgets.estimate(
        account, model_name(request.model), _messages(request), _tools(request), settings
    )
    held, answer = await _held(account, asked)
    token = handed.set(held)
    try:
        yield _bounded(request, settings, answer)
    except BaseException as error:
        _left(held, error)
        raise
    else:
        _left(held, None)
    finally:
        handed.reset(token)


async def _held(account: Account, asked: budgets.Estimate) -> tuple[Reservation, int]:
    try:
        return await budgets.reserve_waiting(account, asked)
    except LimitReached as error:
        at = here()
        record = None if at is None else budgets.refused(error, {**at.fields, "time": clock.now()})
        if at is not None and record is not None:
            at.handler.journal.append(record)
        raise


def _left(held: Reservation, error: BaseException | None) -> None:
    """Book a call that nobody has booked: it was not made, or was cancelled, or is not watched."""
    tree = held.account.tree
    if tree.watched and not held.taken:
        tree.cancel(held)
    elif error is None:
        tree.settle(held, held.amounts)
    else:
        budgets.given_up(held, error)


def _messages(request: ModelRequest[Any]) -> list[AnyMessage]:
    system = request.system_message
    return [*([] if system is None else [system]), *request.messages]


def _tools(request: ModelRequest[Any]) -> list[Any]:
    """The tools that the model is told of, the form of a typed output among them."""
    wanted: Any = request.response_format
    specs = getattr(wanted, "schema_specs", None) or [getattr(wanted, "schema_spec", None)]
    forms = [{"parameters": spec.json_schema} for spec in specs if spec is not None]
    return [*request.tools, *forms]


def _bounds(model: BaseChatModel) -> dict[str, Any]:
    """What a model bounds its answers to by itself."""
    return {name: value for name in (*CAPS, "n") if (value := getattr(model, name, None))}


def _bounded(
    request: ModelRequest[Any], settings: Mapping[str, Any], answer: int
) -> ModelRequest[Any]:
    if bound_of(settings) is not None or _BOUND not in type(request.model).model_fields:
        return request
    return request.override(model_settings={**request.model_settings, _BOUND: answer})
