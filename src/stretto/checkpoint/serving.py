"""The project's state for `langgraph dev` and LangGraph's server."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from pydantic import ValidationError

from stretto.checkpoint.opening import open_checkpointer, places
from stretto.errors import InvalidInput
from stretto.journal import open_journal
from stretto.journal.handler import JournalHandler
from stretto.journal.install import current, installed, left_runs, left_turns
from stretto.observe.listening import listening
from stretto.policy import Limits, prices_from_environment

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from stretto.checkpoint.saver import Saver


@asynccontextmanager
async def server() -> AsyncGenerator[Saver]:
    """The project's state for `langgraph dev`: its checkpoints, and every run in its journal.

    langgraph.json names it: `"checkpointer": {"path": "stretto.checkpoint.server"}`. A run may
    make `STRETTO_MAX_MODEL_CALLS` model calls (100 unless it is set), and use
    `STRETTO_MAX_TOKENS`, `STRETTO_MAX_MONEY` and `STRETTO_MAX_SECONDS` (no limits unless set).
    """
    checkpoints, log = await asyncio.to_thread(places)
    if (handler := current()) is not None:  # another event loop of this server opened it
        async with open_checkpointer(checkpoints, journal=handler.journal, takes=True) as saver:
            yield saver
        return
    async with (
        open_journal(log) as journal,
        listening(journal),
        open_checkpointer(checkpoints, journal=journal, takes=True) as saver,
    ):
        left, turns = await left_runs(journal), await left_turns(journal)
        prices = await asyncio.to_thread(prices_from_environment)
        handler = JournalHandler(journal, limits=_limits(), left=left, turns=turns, prices=prices)
        with installed(handler):
            yield saver


def _limits() -> Limits:
    """The limits of each run, by the environment."""
    named = {name: os.environ.get(f"STRETTO_MAX_{name.upper()}", "").strip() for name in _LIMITS}
    given = {name: said for name, said in named.items() if said}
    try:
        return Limits.model_validate(given)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise InvalidInput(
            f"STRETTO_MAX_{name.upper()} is {given[name]!r}. Set it to {_LIMITS[name]}, such as "
            "100."
        ) from error


_LIMITS = {
    "model_calls": "a whole number",
    "tokens": "a whole number",
    "money": "a number",
    "seconds": "a number above 0",
}
