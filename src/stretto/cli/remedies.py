"""How to go on with a run that failed, by the words of its error."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_REMEDIES = (
    (r"--max-|GraphRecursionError", "with a higher limit"),
    (r"AuthenticationError|\b401\b", "after checking OPENAI_API_KEY, or with --model offline"),
    (r"PermissionDenied|\b403\b", "with a key that may do this, or another --model"),
    (r"NotFoundError|\b404\b", "after checking the model's name and OPENAI_BASE_URL"),
    (r"RateLimitError|\b429\b", "when the provider takes requests again"),
    (r"APIConnectionError|ConnectError", "when OPENAI_BASE_URL can be reached"),
    (r"InternalServerError|APIStatusError|\b50[0-9]\b", "later, or with --model offline"),
    (r"Timeout", "later; what ran out of time is done again"),
    (r"StateUnavailable|StateBusy", "when the state can be written again"),
    (r"ThreadTaken", "in the process that has taken the thread"),
)
_LIMIT = re.compile(r"--max-(model-calls|tool-calls|steps|tokens|money|seconds)")


def going_on(thread: str, error: str, limits: Mapping[str, float]) -> tuple[str, str]:
    """The command that goes on after a failure, and when or how."""
    words = (told for pattern, told in _REMEDIES if re.search(pattern, error))
    option = _LIMIT.search(error)
    name = "steps" if option is None and "GraphRecursionError" in error else ""
    name = option[1] if option is not None else name
    higher = f" --max-{name} {_twice(limits.get(name.replace('-', '_'), 0))}" if name else ""
    return f"stretto resume {thread}{higher}", f"go on, {next(words, 'when the cause is mended')}"


def _twice(limit: float) -> float:
    return 2 * limit if limit else 2000
