"""Lets the standard logging module and OpenTelemetry hear what a journal stores."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from stretto.errors import MissingExtra, StrettoError
from stretto.journal.backend import RUN_TYPES
from stretto.observe import asked, logs

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from stretto.journal import Journal
    from stretto.observe.telemetry import Telemetry
    from stretto.records import AnyRecord

logger = logging.getLogger(__name__)


def is_wanted() -> bool:
    """Whether the program or the environment asks that anyone listens."""
    return logs.is_wanted() or asked.is_wanted()


def attach(journal: Journal) -> Callable[[], None]:
    """Let those listen that the program or the environment asks for; else nothing is attached.

    The logger `stretto.journal` listens when the program has set logging up before; OpenTelemetry
    when `STRETTO_OTEL=1`, or an endpoint is set in `OTEL_EXPORTER_OTLP_ENDPOINT`.

    Returns:
        What ends it: call it once all is stored. It may block for some seconds.

    Raises:
        MissingExtra: `STRETTO_OTEL` asks for spans, without the extra `observe`.
    """
    listeners: list[Callable[[Sequence[AnyRecord]], None]] = []
    spans = _spans(journal) if asked.is_wanted() else None
    if logs.is_wanted():
        listeners.append(logs.log_records)
    if spans is not None:
        listeners.append(spans)
    journal.listeners = (*journal.listeners, *listeners)

    def end() -> None:
        journal.listeners = tuple(one for one in journal.listeners if one not in listeners)
        if spans is not None:
            spans.close()

    return end


def _spans(journal: Journal) -> Telemetry | None:
    from stretto.observe.telemetry import telemetry

    def runs(thread: str) -> Sequence[AnyRecord]:
        return journal.records_now(thread, types=RUN_TYPES, said=False)

    try:
        return telemetry(runs)
    except MissingExtra as error:
        if asked.is_demanded():
            raise
        logger.warning("an endpoint for spans is set, but none are sent: %s", error)
        return None


@asynccontextmanager
async def listening(journal: Journal) -> AsyncGenerator[None]:
    """Let them listen as `attach` does, until the block ends and all of it is told.

    Raises:
        MissingExtra: As `attach`.
    """
    if not is_wanted():
        yield
        return
    end = await asyncio.to_thread(attach, journal)
    try:
        yield
    finally:
        with suppress(StrettoError):  # told to who wrote; what is left is not stored
            await journal.flush()
        await asyncio.to_thread(end)
