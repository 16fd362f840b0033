"""Which lines of pages the source has left behind, and what they have to say instead."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import Any

from stretto import Project
from stretto.parsing import parse

__all__ = ["stale"]

_FENCE = re.compile(r"^\s*(```|~~~)")
_SPAN = re.compile(r"`([^`\n]+)`")
_CALL = re.compile(r"([A-Za-z_][\w.]*)\((.*)\)(?:\s*->\s*(.+))?")
_ROW = re.compile(r"^\s*\|\s*`(\w+)`\s*\|")


@dataclass(slots=True)
class _Page:
    """A page while its lines are looked at."""

    path: str
    before: dict[str, dict[str, Any]]
    now: dict[str, dict[str, Any]]
    new_names: dict[str, str]
    about: str = ""
    """The function that the section is about."""
    header: list[str] = field(default_factory=list[str])
    """Of the table at hand."""
    rows: list[str] = field(default_factory=list[str])
    """Options of that table."""
    found: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def edit(self, line: int, old: str, new: str | None, why: str) -> None:
        """Note what a line has to say; `None` takes it away."""
        told = {"path": self.path, "line": line, "quote": old, "replacement": new, "why": why}
        self.found.append(told)

    def gone(self, line: int, old: str, name: str) -> None:
        """Note a line that speaks of what is no more, for which somebody has to find words."""
        told = {"path": self.path, "line": line, "quote": old, "replacement": old}
        self.found.append({**told, "why": f"{name} is gone", "gone": name})


def stale(
    path: str,
    text: str,
    before: dict[str, dict[str, Any]],
    now: dict[str, dict[str, Any]],
) -> list[dict[str, Any]]:
    """Find the lines of a page that the source has left behind.

    Args:
        path: Of the page.
        text: Its Markdown.
        before: What the source offered when it was documented last; empty when never.
        now: What it offers.

    Returns:
        Edits: `path`, `line` from 1, the line as it stands (`quote`), its `replacement` (`None`
        takes it away), `why`. One with `gone`, a name that is no more, changes nothing: a person or
        an agent has to find words.
    """
    new_names = Project.at(__file__).step("living_docs_source.renamed")(before, now)
    page = _Page(path, before, now, new_names)
    lines, fenced = text.split("\n"), False
    for number, line in enumerate(lines, 1):
        if _FENCE.match(line):
            fenced = not fenced
            continue
        if fenced:
            _code(page, number, line)
            continue
        _section(page, line)
        _table(page, number, line, lines[number] if number < len(lines) else "")
    return page.found


def _section(page: _Page, line: str) -> None:
    if not line.startswith("#"):
        return
    page.about = ""
    for span in _SPAN.findall(line):
        name = span.partition("(")[0]
        if name in page.now or name in page.before:
            page.about = page.new_names.get(name) or str(name)


def _table(page: _Page, number: int, line: str, after: str) -> None:
    row = _ROW.match(line)
    if row is None or page.about not in page.now:
        if line.lstrip().startswith("|") and not page.rows:
            page.header = page.header or _cells(line)
        elif not line.lstrip().startswith("|"):
            page.header, page.rows = [], []
        _prose(page, number, line)
        return
    one, option = page.now[page.about], row[1]
    old = page.before.get(page.about) or page.before.get(_old(page), {})
    page.rows.append(option)
    if option not in one["names"] and option in old.get("names", ()):
        page.edit(number, line, None, f"{page.about} has no {option!r} any more")
        new = None
    else:
        new = _defaulted(page, one, option, line)
        if new != line:
            page.edit(number, line, new, f"{page.about}: {option!r} has another default")
    if not _ROW.match(after) and set(page.rows) & set(one["names"]):
        missing = [name for name in one["names"] if name not in page.rows]
        added = [_new_row(page, one, name) for name in missing if name not in old.get("names", ())]
        if added:
            if new != line:
                page.found.pop()
            kept = [] if new is None else [new]
            why = f"{page.about} has {', '.join(map(repr, missing))} now"
            page.edit(number, line, "\n".join([*kept, *added]), why)


def _old(page: _Page) -> str:
    return next((old for old, new in page.new_names.items() if new == page.about), "")


def _cells(line: str) -> list[str]:
    return [cell.strip().casefold() for cell in line.strip().strip("|").split("|")]


def _defaulted(page: _Page, one: dict[str, Any], option: str, line: str) -> str:
    if "default" not in page.header or option not in one["defaults"]:
        return line
    place = page.header.index("default") + 1
    cells = line.split("|")
    if place >= len(cells) or not (span := _SPAN.fullmatch(cells[place].strip())):
        return line
    if span[1].replace('"', "'") == one["defaults"][option].replace('"', "'"):
        return line
    cells[place] = f" `{one['defaults'][option]}` "
    return "|".join(cells)


def _new_row(page: _Page, one: dict[str, Any], name: str) -> str:
    default = one["defaults"].get(name)
    told = {"default": f"`{default}`" if default else "required"}
    rest = [told.get(column, "not described yet") for column in page.header[1:]]
    return f"| {' | '.join([f'`{name}`', *rest])} |"


def _prose(page: _Page, number: int, line: str) -> None:
    whys: list[str] = []

    def mended(match: re.Match[str]) -> str:
        name = match[1].partition("(")[0]
        if name in page.before and name not in page.now and name not in page.new_names:
            page.gone(number, line, name)
            return match[0]
        new, why = _span(page, match[1], heading=line.startswith("#"))
        if why:
            whys.append(why)
        return f"`{new}`"

    new = _SPAN.sub(mended, line)
    if whys:
        page.edit(number, line, new, "; ".join(whys))


def _span(page: _Page, span: str, *, heading: bool) -> tuple[str, str]:
    """What a piece of code in a sentence has to say, and why; the same and "" when it stands."""
    call = _CALL.fullmatch(span)
    name = call[1] if call else span
    if name not in page.now and name in page.new_names:
        new = page.new_names[name]
        if call is None or not call[2].strip():
            return span.replace(name, new, 1), f"{name} is called {new} now"
        told, _ = _signature(page, new, name, call, heading=heading)
        return told or span.replace(name, new, 1), f"{name} is called {new} now"
    if call is None or name not in page.now:
        return span, ""
    told, why = _signature(page, name, name, call, heading=heading)
    return told or span, why


def _signature(
    page: _Page, name: str, old: str, call: re.Match[str], *, heading: bool
) -> tuple[str, str]:
    """The signature as it is, and what is different; empty where none is written there."""
    try:
        given = parse(f"def _({call[2]}): ...").body[0]
    except (SyntaxError, ValueError):
        return "", ""
    if not isinstance(given, ast.FunctionDef):
        return "", ""
    typed = any(each.annotation for each in ast.walk(given.args) if isinstance(each, ast.arg))
    written = ast.unparse(given.args)
    one, was = page.now[name], page.before.get(old, {})
    form = "typed" if typed else "plain"
    if written == one[form] or not (heading or written == was.get(form)):
        return "", ""
    returns = f" -> {one['returns']}" if call[3] and one["returns"] else ""
    return f"{name}({one[form]}){returns}", f"{name} takes ({one[form]}), not ({written})"


def _code(page: _Page, number: int, line: str) -> None:
    new, whys = line, list[str]()
    for old, name in page.new_names.items():
        short, other = old.rpartition(".")[2], name.rpartition(".")[2]
        changed = re.sub(rf"(?<![\w]){re.escape(short)}(?=\()", other, new)
        if changed != new:
            new = changed
            whys.append(f"{old} is called {name} now")
    if whys:
        page.edit(number, line, new, "; ".join(whys))
