"""The log of all runs: immutable records that everything else reads.

`stretto.journal.handler` writes it from the callbacks of any graph; it is imported apart, because
it needs LangGraph and reading does not.
"""

from stretto.journal.queries import (
    ThreadStatus,
    ThreadSummary,
    Usage,
    is_alive,
    last_run,
    last_turn,
    run_status,
    usage,
)
from stretto.journal.store import Journal, open_journal

__all__ = [
    "Journal",
    "ThreadStatus",
    "ThreadSummary",
    "Usage",
    "is_alive",
    "last_run",
    "last_turn",
    "open_journal",
    "run_status",
    "usage",
]
