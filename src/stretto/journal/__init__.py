"""The log of all runs: immutable records that everything else reads.

`stretto.journal.handler` writes it from the callbacks of any graph; it is imported apart, because
it needs LangGraph and reading does not.
"""

from stretto.journal.chain import Entry
from stretto.journal.opening import open_journal
from stretto.journal.payloads import Payload
from stretto.journal.privacy import Privacy, privacy_from_environment
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
from stretto.journal.store import Journal

__all__ = [
    "Entry",
    "Journal",
    "Payload",
    "Privacy",
    "ThreadStatus",
    "ThreadSummary",
    "Usage",
    "is_alive",
    "last_run",
    "last_turn",
    "open_journal",
    "privacy_from_environment",
    "run_status",
    "usage",
]
