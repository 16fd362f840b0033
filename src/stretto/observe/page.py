"""A timeline as one page that holds all it needs: no network, no library, both themes, keyboard.

All rows are in the page as they are, so that it shows without scripts, prints, and can be searched.
The script adds details, folding, zoom and keys. Whatever was said is written as text, never as
markup, and without control characters; a policy in the page forbids it to load or send anything.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from html import escape
from importlib import resources
from typing import TYPE_CHECKING, cast

from stretto.observe.page_chart import chart
from stretto.observe.page_tables import cards, marks_table, runs_table, slow_table
from stretto.observe.printable import printable
from stretto.observe.timeline_rows import rows
from stretto.observe.timeline_words import STATUS, duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stretto.observe.timeline import Timeline

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
"""What the page may load: nothing but what is in it."""


def page(lines: Sequence[Timeline]) -> str:
    """The page of several turns of a thread, oldest first."""
    first = lines[0]
    title = escape(f"{first.team or 'run'} · {first.thread}")
    turns = "\n".join(_turn(place, line) for place, line in enumerate(lines))
    return printable(
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{title}</title>\n<style>\n{_part('page.css')}</style>\n</head>\n<body>\n"
        f"{_header(first)}\n<main>\n{turns}\n</main>\n"
        '<aside id="details" aria-live="polite" aria-label="details" hidden></aside>\n'
        f"<script>\n{_part('page.js')}</script>\n</body>\n</html>\n"
    )


def island(value: object) -> str:
    """A value as JSON that may stand in a script element."""
    told = json.dumps(_printable(value), ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        told = told.replace(sign, f"\\u{ord(sign):04x}")
    return told


def _printable(value: object) -> object:
    """The value with its texts printable: JSON would write a control character as an escape."""
    match value:
        case str():
            return printable(value)
        case dict():
            return {key: _printable(each) for key, each in cast("dict[str, object]", value).items()}
        case list() | tuple():
            return [_printable(each) for each in cast("Sequence[object]", value)]
        case _:
            return value


def _part(name: str) -> str:
    return resources.files(__package__ or "stretto.observe").joinpath(name).read_text("utf-8")


def _header(line: Timeline) -> str:
    return (
        f'<header><h1>{escape(line.team or "run")}</h1><p class="thread">thread '
        f"<code>{escape(line.thread)}</code></p>"
        '<button type="button" id="theme" aria-label="light or dark">◐</button></header>'
    )


def _turn(place: int, line: Timeline) -> str:
    found = rows(line)
    began = datetime.fromtimestamp(line.begin, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    drawn = chart(line, found)
    asks = "".join(
        f'<p class="note ask">asks a person since {duration(w.end - w.begin)}: {escape(w.name)}</p>'
        for w in line.asks
    )
    odd = (
        f'<p class="note odd">the clock went back {duration(line.shifted)}; '
        "what came after is moved forward</p>"
        if line.shifted
        else ""
    )
    status = escape(STATUS.get(line.status, line.status))
    return (
        f'<section class="turn" data-turn="{place}">\n'
        f'<h2>turn {line.turn} <span class="pill {escape(line.status)}">{status}</span> '
        f"<small>{began}</small></h2>\n"
        f'<p class="question">{escape(line.question)}</p>\n{asks}{odd}'
        f"{cards(line)}\n{drawn.html}\n"
        f"{slow_table(line, found)}\n{runs_table(line)}\n{marks_table(line)}\n"
        f'<script type="application/json" class="data">{island(drawn.data)}</script>\n'
        "</section>"
    )
