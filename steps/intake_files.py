"""Files of the intake team: which there are, and what text is in them."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stretto.errors import InvalidInput
from stretto.patterns.brief import request_of
from stretto.sources.files import KINDS, Found, absolute
from stretto.sources.html import html_text
from stretto.sources.reading import Document as Read
from stretto.sources.reading import document, refused
from stretto.sources.text import decode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["extract", "files", "readable", "refuse"]

LONGEST = 1_000_000
"""Characters of the longest text that is taken in: it stands in every checkpoint."""
_TITLE = 120


def files(state: Mapping[str, Any]) -> Iterator[str]:
    """Name the files of the folder, or the file, that the request names, in their order.

    Hidden ones are left out. Files of unknown kinds are named too, so that they are told of.

    Raises:
        InvalidInput: The request names nothing that exists.
    """
    place = _place(request_of((state.get("messages") or [])[-1:])[0])
    if place.is_file():
        yield str(place)
        return
    for path in sorted(place.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(place).parts)
        if not hidden and path.is_file():
            yield str(path)


def _place(asked: str) -> Path:
    """The first path in a request that exists: all of it, what is quoted, or a word."""
    quoted = re.findall(r"[\"'`]([^\"'`]+)[\"'`]", asked)
    for each in (asked, *quoted, *asked.split()):
        named = each.strip(" \t\n\"'`").rstrip(",;:!?")
        for text in (named, named.rstrip(".")):
            if text and len(text) < 4096 and Path(absolute(text)).exists():
                return Path(absolute(text))
    raise InvalidInput(
        f"{asked[:200]!r} names no file or folder that exists. Say which documents to take in, "
        "by their path."
    )


def extract(state: Mapping[str, Any]) -> dict[str, str]:
    """Reads the text of a file, or says why there is none."""
    (path,) = state["items"]
    title, text, note, unread = _read(Path(path))
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    told = {"title": title, "text": text, "note": note, "unread": unread}
    return {"path": path, "digest": digest, **told}


def _read(path: Path) -> tuple[str, str, str, str]:
    """Title, text, what was mended, and why there is no text."""
    kind = KINDS.get(path.suffix.lower(), "text")
    try:
        stat = path.stat()
        found = Found(str(path), str(path), kind, stat.st_size, stat.st_mtime_ns)
        if why := refused(found):
            return "", "", "", why
        data = path.read_bytes()
    except OSError as error:
        return "", "", "", f"cannot be read ({error.strerror})"
    read = document(found, data)
    text = _text(kind, data, read)
    if why := _unusable(text, read.note, data):
        return "", "", "", why
    return _title(read.title, text, path), text, read.note, ""


def _text(kind: str, data: bytes, read: Read) -> str:
    """All text of a file that was read, headings too."""
    if not read.pieces:
        return ""
    decoded = decode(data) if kind != "pdf" else None
    if decoded is None:
        return "\n\n".join(piece.text.strip() for piece in read.pieces).strip()
    return (html_text(decoded[0]) if kind == "html" else decoded[0]).strip()


def _unusable(text: str, note: str, data: bytes) -> str:
    if not data.strip():
        return "the file is empty"
    if not text:
        return note or "no text in it: pictures of pages must be made text first"
    if len(text) > LONGEST:
        return f"longer than {LONGEST:,} characters: cut it into parts"
    if text.count("\ufffd") > len(text) / 20:
        return f"{note}: not text, or in another encoding than UTF-8; save it as UTF-8"
    return ""


def _title(told: str, text: str, path: Path) -> str:
    plain = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    lines = (line.strip(" #*=-\t") for line in plain.split("\n"))
    first = next((line for line in lines if re.search(r"\w{2}", line)), "")
    title = " ".join((told or first or path.stem).replace('"', "'").split())
    return title if len(title) <= _TITLE else path.stem


def readable(state: Mapping[str, Any]) -> tuple[str, str]:
    """Whether there is text, and why not."""
    unread = state.get("unread", "")
    return ("no", unread) if unread else ("yes", f"{len(state['text']):,} characters")


def refuse(state: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Notes that a file has no text."""
    return {"taken": {"became": "unread", "path": state["path"], "why": state["unread"]}}
