"""The journal of a whole process: every graph run in it is recorded, whoever starts it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from langchain_core.tracers.context import register_configure_hook

from stretto.journal.handler import JournalHandler

if TYPE_CHECKING:
    from collections.abc import Generator
    from contextvars import ContextVar


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


register_configure_hook(
    cast("ContextVar[Any]", _installed), inheritable=True, handle_class=JournalHandler
)
