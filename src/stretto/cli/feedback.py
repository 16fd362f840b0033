"""`stretto feedback`: judge a run or a step of it, or read what was judged."""

from typing import TYPE_CHECKING, Annotated

import typer

from stretto.cli.awaiting import awaited
from stretto.cli.options import Json, Thread

if TYPE_CHECKING:
    from stretto.journal import Journal
    from stretto.observe.feedback import Given
    from stretto.records import Feedback


def feedback(
    thread: Thread = "last",
    *,
    good: Annotated[bool, typer.Option("--good", help="Thumbs up.")] = False,
    bad: Annotated[bool, typer.Option("--bad", help="Thumbs down.")] = False,
    score: Annotated[
        float | None, typer.Option("--score", metavar="X", help="A number; higher is better.")
    ] = None,
    comment: Annotated[
        str, typer.Option("--comment", "-m", metavar="TEXT", help="What you think of it.")
    ] = "",
    correction: Annotated[
        str, typer.Option("--correction", metavar="TEXT", help="What would have been right.")
    ] = "",
    on: Annotated[
        str,
        typer.Option(
            "--on", metavar="STEP", help="A run or step by id, a task, agent or tool. [last run]"
        ),
    ] = "",
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Who judges, for the journal.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Judge a run, or a step of it: it is written to the journal, and to LangSmith if that traces.

    Without a judgement it prints those that there are.
    """
    from stretto.errors import InvalidInput

    if good and bad:
        raise InvalidInput("--good and --bad contradict each other. Leave one out.")
    if not (good or bad or score is not None or comment or correction):
        if on or by:
            raise InvalidInput(
                "the feedback says nothing. Add --good, --bad, --score, --comment or --correction."
            )
        awaited(_list(thread, as_json=as_json))
        return
    given = awaited(
        _give(
            thread,
            on=on,
            thumb="up" if good else "down" if bad else "",
            score=score,
            comment=comment,
            correction=correction,
            by=by,
        )
    )
    if as_json:
        from stretto.cli.result import print_json

        told = given.record.model_dump(mode="json")
        print_json({**told, "langsmith": {"sent": given.sent, "problem": given.problem}})
        return
    from stretto.cli.console import screen

    screen().print(said(given))


def said(given: "Given") -> str:
    """What became of feedback, in a line."""
    where = "noted"
    if given.sent:
        return f"{where}, and sent to LangSmith"
    if given.problem:
        return f"{where} here; LangSmith did not take it: {given.problem}"
    return where


async def _give(
    thread: str,
    *,
    on: str,
    thumb: str,
    score: float | None,
    comment: str,
    correction: str,
    by: str | None,
) -> "Given":
    from typing import cast

    from stretto.cli.finding import find_thread
    from stretto.cli.journal import reading
    from stretto.cli.person import user
    from stretto.observe.feedback import Thumb, give_feedback

    async with reading() as journal:
        summary = await find_thread(journal, thread)
        return await give_feedback(
            journal,
            summary.thread,
            on=on,
            thumb=cast("Thumb", thumb),
            score=score,
            comment=comment,
            correction=correction,
            by=by if by is not None else user(),
        )


async def _list(given: str, *, as_json: bool) -> None:
    from stretto.cli.console import screen
    from stretto.cli.finding import find_thread
    from stretto.cli.journal import reading

    async with reading() as journal:
        thread = (await find_thread(journal, given)).thread
        found = await _known(journal, thread)
    if as_json:
        from stretto.cli.result import print_json

        told = [record.model_dump(mode="json") for record in found]
        print_json({"thread": thread, "feedback": told})
        return
    console = screen()
    for record in found:
        console.print(draw(record))
    if not found:
        console.print(f"nobody has judged thread {thread}. Do: stretto feedback {thread} --good")


async def _known(journal: "Journal", thread: str) -> "list[Feedback]":
    from stretto.records import Feedback

    records = await journal.records(thread, types=("feedback",))
    return [record for record in records if isinstance(record, Feedback)]


def draw(record: "Feedback") -> str:
    """One judgement, in a line."""
    from datetime import datetime

    when = datetime.fromtimestamp(record.time).astimezone().strftime("%Y-%m-%d %H:%M")
    sign = {"up": "good", "down": "bad"}.get(record.thumb, "")
    number = "" if record.score is None else f"{record.score:g}"
    what = " ".join(filter(None, (record.task, record.agent or record.node)))
    head = " ".join(filter(None, (when, sign, number)))
    told = f"{head} by {record.by or 'someone'} on {what or 'the run'}"
    told += f": {record.comment}" if record.comment else ""
    told += f" (rather: {record.correction})" if record.correction else ""
    return f"{told} (forgotten)" if record.forgotten else told
