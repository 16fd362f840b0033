"""What a `map_reduce` reads: a file, what a function opens, or a field of the state.

A source is read from a position on, which is small and JSON, so that a resume can open it again
and go on there.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from stretto.errors import InvalidInput
from stretto.patterns.reader import Flowing, Held, Iterated, Thread, open_file, shorter
from stretto.patterns.rows import File

if TYPE_CHECKING:
    from stretto.patterns.reader import Reader
    from stretto.patterns.rows import Position

_REST = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
_NAMES = frozenset({"state", "offset"})


@dataclass(frozen=True, slots=True)
class Source:
    """A source as it was given, checked."""

    file: File | None = None
    name: str = ""
    """Of a field of the state."""
    function: Callable[..., Any] | None = None
    takes: tuple[str, ...] = ()
    """Which of `state` and `offset` the function is called with."""

    @property
    def told(self) -> str:
        """What to call it."""
        if self.file is not None:
            return str(self.file.path)
        named = getattr(self.function, "__name__", "the function")
        return f"field {self.name!r}" if self.name else f"{named!r}"


def source_of(given: Any, own: Iterable[str], pattern: str) -> Source:
    """Take what was given as a source.

    Args:
        given: A `Path` or `File`; the name of a field of the state; or a function, of any of
            `state` and `offset`, that opens something to iterate over, or names a file.
        own: The user's own fields.
        pattern: Who asks, for errors.

    Raises:
        InvalidInput: It is none of these.
    """
    fields = sorted(own)
    match given:
        case File():
            return Source(file=given)
        case Path():
            return Source(file=File(given))
        case str():
            if given in fields:
                return Source(name=given)
            raise InvalidInput(
                f"{pattern}: the state has no field {given!r}, only "
                f"{', '.join(fields) or 'those of the pattern'}. Name one of `state=`; for a file "
                "give a `pathlib.Path`."
            )
        case _ if callable(given) and not isinstance(given, type):
            return Source(function=given, takes=_takes(given, pattern))
        case _:
            raise InvalidInput(
                f"{pattern}: {given!r} is no source. Give a `pathlib.Path`, a field of the state, "
                "or a function that opens an iterator, so that a resume can open it again."
            )


def _takes(function: Callable[..., Any], pattern: str) -> tuple[str, ...]:
    parameters = inspect.signature(function).parameters.values()
    needed = [p for p in parameters if p.default is p.empty and p.kind not in _REST]
    named = [p.name for p in parameters if p.name in _NAMES]
    others = [p.name for p in needed if p.name not in _NAMES]
    if len(others) == 1 and "state" not in named:  # whatever it is called, it is the state
        return (others[0], *named)
    if others:
        raise InvalidInput(
            f"{pattern}: the source {getattr(function, '__name__', function)!r} takes "
            f"{', '.join(map(repr, others))}. Let it take `state`, `offset`, both or nothing."
        )
    return tuple(named)


async def opened(source: Source, state: Mapping[str, Any], at: Position) -> Reader:
    """Open a source at a position.

    Raises:
        SourceUnusable: A file cannot be read.
        SourceChanged: The source ends before the position.
        InvalidInput: What the function gave, or the field holds, is nothing to iterate over.
    """
    if source.file is not None:
        return await open_file(source.file, at)
    if source.function is None:
        return _held(state.get(source.name), source, at)
    thread = Thread()
    offset = at.get("record", 0)
    try:
        arguments = {n: offset if n == "offset" else state for n in source.takes}
        first = [arguments.pop(n) for n in source.takes if n not in _NAMES]
        function = source.function
        if inspect.iscoroutinefunction(function):
            given = await function(*first, **arguments)
        else:
            given = await thread.run(lambda: function(*first, **arguments))
        reader = await _reader_of(given, source, thread, at)
    except BaseException:
        thread.end()
        raise
    return reader


async def _reader_of(given: Any, source: Source, thread: Thread, at: Position) -> Reader:
    offset, skipped = at.get("record", 0), "offset" in source.takes
    if isinstance(given, Path | File):
        thread.end()
        return await open_file(given if isinstance(given, File) else File(given), at)
    if isinstance(given, Sequence) and not skipped:
        thread.end()
        return _held(cast("Any", given), source, at)
    begin = offset if skipped else 0
    reader: Reader
    if hasattr(given, "__aiter__"):
        thread.end()
        reader = Flowing(given, source.told, begin)
    elif isinstance(given, Iterable) and not isinstance(given, str | bytes | Mapping):
        reader = Iterated(given, source.told, begin, thread)
    else:
        raise _nothing(given, source)
    if begin < offset:
        try:
            await reader.skip_to(at)
        except BaseException:
            await reader.close()
            raise
    return reader


def _nothing(given: Any, source: Source) -> InvalidInput:
    return InvalidInput(
        f"the source {source.told} gave {given!r:.80}, which holds no items. Give a list, an "
        "iterator, an async iterator or a cursor; for a file a `pathlib.Path`."
    )


def _held(given: Any, source: Source, at: Position) -> Reader:
    if not isinstance(given, Sequence) or isinstance(given, str | bytes):
        raise _nothing(given, source)
    items: Sequence[Any] = given
    if at.get("record", 0) > len(items):
        raise shorter(source.told, at["record"])
    return Held(items, at)
