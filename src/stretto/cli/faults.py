"""How the command line says what went wrong: one message and an exit code."""

from __future__ import annotations

import json
import os
import sys
import traceback

from stretto.errors import COMPENSATED, StrettoError, WorkUndone

DEBUG = "STRETTO_DEBUG"


class RunFailed(Exception):
    """Carries what ended a run to the command line, with the run's thread and node."""

    def __init__(self, error: BaseException, *, thread: str, node: str = "") -> None:
        self.error, self.thread, self.node = error, thread, node
        super().__init__(str(error))


def exit_code(fault: BaseException) -> int:
    """The exit code of an error: its own, or 1 for one that nobody foresaw."""
    error = fault.error if isinstance(fault, RunFailed) else fault
    return error.exit_code if isinstance(error, StrettoError) else 1


def text(fault: BaseException) -> str:
    """Say an error: what, where, what was undone after it, and what to do about it."""
    error = fault.error if isinstance(fault, RunFailed) else fault
    notes: list[str] = getattr(error, "__notes__", [])
    undone = [f"\n{note}" for note in notes if note.startswith(COMPENSATED)]
    return _said(fault, error, undone=bool(undone)) + "".join(undone[-1:])


def _said(fault: BaseException, error: BaseException, *, undone: bool) -> str:
    if isinstance(error, StrettoError):
        return str(error) if isinstance(error, WorkUndone) else _with_resume(str(error), fault)
    told = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if not isinstance(fault, RunFailed):
        return f"{told}\nThis is not expected. Run it again with --debug to see where."
    where = f" in node {fault.node}" if fault.node else ""
    if undone:
        return (
            f"the run failed{where}: {told}\n"
            f"thread {fault.thread}: what was done is undone, and does not go on from there.\n"
            f"Mend the cause, and go back to before it: stretto fork {fault.thread}   "
            "(or ask in another thread; where it was raised: the same with --debug)"
        )
    return (
        f"the run failed{where}: {told}\n"
        f"thread {fault.thread}: what was done before is stored.\n"
        f"Mend the cause and go on: stretto resume {fault.thread}   "
        "(where it was raised: the same with --debug)"
    )


def _with_resume(said: str, fault: BaseException) -> str:
    """Add how to go on, where the run had begun and the error does not say it itself."""
    if isinstance(fault, RunFailed):
        said = said.replace("stretto resume THREAD", f"stretto resume {fault.thread}")
    if isinstance(fault, RunFailed) and fault.node and fault.thread not in said:
        return f"{said}\nthread {fault.thread}: go on with stretto resume {fault.thread}"
    return said


def report(fault: BaseException, *, as_json: bool) -> int:
    """Print an error, on standard output as JSON where that is wanted; give the exit code."""
    error = fault.error if isinstance(fault, RunFailed) else fault
    if os.environ.get(DEBUG, "") not in {"", "0"}:
        traceback.print_exception(error)
    if as_json:
        thread = fault.thread if isinstance(fault, RunFailed) else None
        told = {"error": text(fault), "kind": type(error).__name__, "thread": thread}
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        _print(text(fault), stopped=exit_code(fault) == 130)
    return exit_code(fault)


def _print(said: str, *, stopped: bool) -> None:
    from rich.text import Text

    from stretto.cli.console import errors

    word, style = ("stopped", "bold yellow") if stopped else ("error", "bold red")
    said = said.removeprefix("stopped ") if stopped else said
    errors().print(Text.assemble((word, style), " " if stopped else ": ", said))
