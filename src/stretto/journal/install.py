"""The journal of a whole process: every graph run in it is recorded, whoever starts it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from langchain_core.tracers.context import register_configure_hook

from stretto.journal.handler import JournalHandler
from stretto.journal.queries import Usage, is_alive
from stretto.records import RunEnded, RunStarted

if TYPE_CHECKING:
    from collections.abc import Generator
    from contextvars import ContextVar

    from stretto.journal.store import Journal


class _Installed:
    """The handlers of this process, in the place of the context variable that langchain-core reads.

    A real one would hold only in the context that set it; a server's runs start in others.
    """

    def __init__(self) -> None:
        self.handlers: tuple[JournalHandler, ...] = ()

    def get(self) -> JournalHandler | None:
        """The handler installed last."""
        return self.handlers[-1] if self.handlers else None


_installed = _Installed()


def current() -> JournalHandler | None:
    """The installed handler that counts, if there is one."""
    return _installed.get()


@contextmanager
def installed(handler: JournalHandler) -> Generator[JournalHandler]:
    """Give the handler to every run of this process that has no `JournalHandler` of its own.

    Of several installed at once the last one counts.
    """
    _installed.handlers = (*_installed.handlers, handler)
    try:
        yield handler
    finally:
        _installed.handlers = tuple(other for other in _installed.handlers if other is not handler)


async def left_runs(journal: Journal) -> dict[str, Usage]:
    """What turns have used whose run died before it ended, by run id.

    A server that starts again runs its own of them again, under the same id; give this to its
    handler (`left=`), so that they go on with the limits they had left.
    """
    runs = await journal.records(types=("run_started", "run_ended"), said=False)
    ended = {record.run for record in runs if isinstance(record, RunEnded)}
    dead = {
        record.run: record.thread
        for record in runs
        if isinstance(record, RunStarted) and record.run not in ended and not is_alive(record)
    }
    return {run: await journal.spent(thread) for run, thread in dead.items()}


async def left_turns(journal: Journal) -> dict[str, Usage]:
    """What turns have used that wait for a person, by thread.

    A server that starts again goes on with them under another run id; give this to its handler
    (`turns=`), so that they go on with the limits they had left.
    """
    last: dict[str, RunEnded | None] = {}
    for record in await journal.records(types=("run_started", "run_ended"), said=False):
        last[record.thread] = record if isinstance(record, RunEnded) else None
    waiting = [t for t, end in last.items() if end is not None and end.status == "interrupted"]
    return {thread: await journal.spent(thread) for thread in waiting}


register_configure_hook(
    cast("ContextVar[Any]", _installed), inheritable=True, handle_class=JournalHandler
)
