"""Says in one line why a target could not be checked: where, what, and what to do about it."""

from __future__ import annotations

import re
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from stretto.check.importing import is_users
from stretto.errors import BadDefinition, StrettoError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECRET = re.compile(
    r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_(?:KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS|URL|URI|DSN|ID)\b"
)
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]+")
_LONGEST = 200
_REMEDIES: tuple[tuple[type[BaseException], str], ...] = (
    (SyntaxError, "Mend the syntax there"),
    (UnicodeError, "Save it as UTF-8"),
    (ImportError, "Correct the import"),
    (SystemExit, "Leave out the call that exits, or put it under `if __name__ == '__main__'`"),
    (RecursionError, "Break the recursion"),
    (OSError, "See to it that it is there and can be read"),
)


def told(error: BaseException, *, static: bool = False) -> str:
    """Say what went wrong in loading a target.

    Args:
        error: What was raised.
        static: Whether source alone was read: then nobody is told to try that.
    """
    cause = _cause(error)
    if cause is None:
        return " ".join(str(error).split("\n"))
    place = _place(cause)
    return f"{f'{place}: ' if place else ''}{_what(cause)}. {_remedy(cause, static=static)}"


def _cause(error: BaseException) -> BaseException | None:
    """What the user's code raised; `None` when we say all there is to say."""
    if not isinstance(error, StrettoError):
        return error
    cause = error.__cause__
    in_yaml = isinstance(error, BadDefinition) and error.path.endswith((".yaml", ".yml"))
    return None if cause is None or in_yaml or isinstance(cause, StrettoError) else cause


def _what(error: BaseException) -> str:
    kind = type(error).__name__
    if isinstance(error, SyntaxError):
        return f"{kind}: {error.msg}"
    lines = str(error).strip().splitlines()
    if not lines:
        return kind
    said = lines[0].rstrip(". ")
    return f"{kind}: {said if len(said) <= _LONGEST else f'{said[:_LONGEST]}...'}"


def _place(error: BaseException) -> str:
    """The file and line of the user's that raised, relative to the working directory."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_near(error.filename)}:{error.lineno or 1}"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if is_users(f.filename)]
    return f"{_near(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""


def _near(file: str) -> str:
    path = Path(file)
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _remedy(error: BaseException, *, static: bool) -> str:
    said = _first_remedy(error)
    if static or isinstance(error, SyntaxError | UnicodeError):
        return f"{said}."
    return f"{said}, or check its source alone with --static."


def _first_remedy(error: BaseException) -> str:
    secret = next(_secrets(error), "")
    if secret:
        return f"Set {secret} (any text will do, since nothing is called)"
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"Install {error.name.partition('.')[0]!r} or correct the import"
    return next((said for kind, said in _REMEDIES if isinstance(error, kind)), "Mend it there")


def _secrets(error: BaseException) -> Iterator[str]:
    """The environment variables that it misses, as far as its text tells."""
    if (
        isinstance(error, KeyError)
        and error.args
        and re.fullmatch(r"[A-Z][A-Z0-9_]+", str(error.args[0]))
    ):
        yield str(error.args[0])
    yield from _SECRET.findall(str(error))
