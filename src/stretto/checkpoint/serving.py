"""The project's state for `langgraph dev` and LangGraph's server."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from stretto.checkpoint.opening import open_checkpointer, places
from stretto.errors import InvalidInput
from stretto.journal import open_journal
from stretto.journal.handler import JournalHandler
from stretto.journal.install import current, installed, left_runs
from stretto.observe.listening import listening
from stretto.policy import Limits, prices_from_environment

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from stretto.checkpoint.saver import Saver


@asynccontextmanager
async def server() -> AsyncGenerator[Saver]:
    """The project's state for `langgraph dev`: its checkpoints, and every run in its journal.

    langgraph.json names it: `"checkpointer": {"path": "stretto.checkpoint.server"}`. A run may
    make `STRETTO_MAX_MODEL_CALLS` model calls (100 unless it is set).
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
        left = await left_runs(journal)
        prices = await asyncio.to_thread(prices_from_environment)
        with installed(JournalHandler(journal, limits=_limits(), left=left, prices=prices)):
            yield saver


def _limits() -> Limits:
    given = os.environ.get("STRETTO_MAX_MODEL_CALLS", "")
    if not given:
        return Limits()
    if not given.isdecimal():
        raise InvalidInput(
            f"STRETTO_MAX_MODEL_CALLS is {given!r}. Set it to a whole number, such as 100."
        )
    return Limits(model_calls=int(given))
