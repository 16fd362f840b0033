"""Words what made a run fail, where the exception itself does not say what to do."""

from __future__ import annotations

import re

from langgraph.errors import GraphDrained, GraphRecursionError, is_invalid_resume
from pydantic import ValidationError

from stretto.errors import COMPENSATED, InvalidAnswer, LimitReached, RunStopped, StrettoError
from stretto.models.errors import provider_error


def explained(error: Exception, thread: str) -> Exception:
    """Give the error to raise for one that ended a run: ours with a remedy, or itself."""
    match error:
        case StrettoError():
            return error
        case GraphDrained():
            return RunStopped(
                f"stopped at a safe point; what was done is stored. Go on: stretto resume {thread}"
            )
        case GraphRecursionError():
            number = re.search(r"\d+", str(error))
            return LimitReached(
                f"a graph of the run has used its {number[0] if number else 'many'} supersteps. "
                "What was done is stored: raise the "
                f"limit with --max-steps (Limits(steps=...)) and go on: stretto resume {thread}"
            )
        case ValidationError() if is_invalid_resume(error):
            return InvalidAnswer(_answer_problem(error))
        case _:
            return provider_error(error) or error


def compensation_told(error: BaseException) -> str:
    """The note that says what was undone after an error; empty when nothing was."""
    notes: list[str] = getattr(error, "__notes__", [])
    return next((note for note in reversed(notes) if note.startswith(COMPENSATED)), "")


def _answer_problem(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"]) or "the answer"
    return (
        f"the answer does not fit what was asked: {place}: {first['msg']}. Nothing was saved; "
        'answer again, such as {"decisions": [{"type": "approve"}]}.'
    )
