from __future__ import annotations

from typing import TYPE_CHECKING

from stretto.journal.handler import JournalHandler
from stretto.journal.install import current, installed

if TYPE_CHECKING:
    from stretto.journal import Journal


async def test_the_handler_installed_last_counts(file_journal: Journal) -> None:
    """Leaving restores the one before, in whatever order they leave."""
    first, second = JournalHandler(file_journal), JournalHandler(file_journal)
    assert current() is None
    outer, inner = installed(first), installed(second)
    outer.__enter__()
    inner.__enter__()
    assert current() is second
    outer.__exit__(None, None, None)
    assert current() is second
    inner.__exit__(None, None, None)
    assert current() is None
