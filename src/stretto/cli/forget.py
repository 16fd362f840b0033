"""`stretto forget`: drops what was said in a thread, and keeps that it happened."""

from typing import TYPE_CHECKING, Annotated

import typer

from stretto.cli.awaiting import awaited
from stretto.cli.options import Json

if TYPE_CHECKING:
    from stretto.runs import Storage


def forget(
    thread: Annotated[
        str, typer.Argument(help="A thread: its id, the beginning of it, or 'last'.")
    ],
    *,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask whether it is meant.")
    ] = False,
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Who forgets, for the journal.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Forget what was said in a thread: questions, answers, arguments, results, checkpoints.

    That it happened stays: who did what, when, in which order, and the chain still verifies. The
    thread cannot be resumed, replayed or read any more. This cannot be undone.
    """
    awaited(_forget(thread, by, yes=yes, as_json=as_json))


async def _forget(given: str, by: str | None, *, yes: bool, as_json: bool) -> None:
    from stretto import runs
    from stretto.cli.console import screen
    from stretto.cli.person import user
    from stretto.cli.result import print_json
    from stretto.cli.words import counted

    async with runs.open_storage() as storage:
        thread = await _found(storage, given)
        if not yes:
            await confirmed(
                f"what was said in thread {thread!r} would be gone for good",
                f"forget what was said in thread {thread} for good?",
                can_ask=not as_json,
            )
        async with storage.writing(thread):
            await _drop_checkpoints(storage, thread)
            dropped = await storage.journal.forget(thread, by=by if by is not None else user())
    if as_json:
        print_json({"thread": thread, "payloads": dropped})
        return
    screen().print(
        f"thread {thread}: {counted(dropped, 'payload')} and all checkpoints are gone.\n"
        "That it happened stays, and the chain holds: "
        f"stretto audit {thread} --verify\n"
        "Copies of the files, and what a provider or a tracer was sent, are not reached."
    )


async def confirmed(would: str, question: str, *, can_ask: bool) -> None:
    """Ask on the terminal whether it is meant; end if it is not.

    Raises:
        InvalidInput: There is no terminal to ask on.
    """
    import asyncio

    from stretto.cli.console import screen
    from stretto.errors import InvalidInput

    if not can_ask or not screen().is_terminal:
        raise InvalidInput(f"{would}. Say --yes if that is meant.")
    await asyncio.to_thread(typer.confirm, question, abort=True)


async def _found(storage: "Storage", given: str) -> str:
    """The thread that is meant, also one of which only a record or checkpoints are left.

    Raises:
        ThreadUnknown, InvalidInput: As `find_thread`.
    """
    from stretto.cli.finding import find_thread
    from stretto.errors import StateUnreadable, ThreadUnknown

    try:
        return (await find_thread(storage.journal, given)).thread
    except StateUnreadable:
        return given
    except ThreadUnknown:
        if given in await storage.journal.names() or await _has_checkpoints(storage, given):
            return given
        raise


async def _has_checkpoints(storage: "Storage", thread: str) -> bool:
    from stretto.errors import StateUnreadable

    try:
        async for _ in storage.checkpointer.alist({"configurable": {"thread_id": thread}}, limit=1):
            return True
    except StateUnreadable:  # encrypted, or damaged: they are there
        return True
    return False


async def _drop_checkpoints(storage: "Storage", thread: str) -> None:
    """Delete them, and leave nothing of them in a file's free pages."""
    from stretto.checkpoint.fenced import FencedSqliteSaver

    inner = storage.checkpointer.inner
    if isinstance(inner, FencedSqliteSaver):
        await inner.execute(("PRAGMA secure_delete=ON", ()))
    await storage.checkpointer.adelete_thread(thread)
    if isinstance(inner, FencedSqliteSaver):
        await inner.execute(("PRAGMA wal_checkpoint(TRUNCATE)", ()))
