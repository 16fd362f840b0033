"""The pages of the documentation, taken apart: blocks, links, headings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
UNRUN = "*Not run in the tests"
"""Begins the line above a block that is not run; the reason follows."""

_FENCE = re.compile(r"^```(\w*)\s*$")
_FILE = re.compile(r"^(?:#|<!--) ((?:[\w.-]+/)*[\w-]+\.(?:py|yaml|md|json))(?: -->)?$")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    """Of its first line of text, 1-based."""
    language: str
    text: str
    unrun: str = ""
    """Why it is not run, empty when it is."""
    output: str = ""
    """The `text` block that follows directly, which shows what it prints."""

    @property
    def file(self) -> str:
        """The file that the block shows, named in its first line; empty for other blocks."""
        named = _FILE.match(self.text.partition("\n")[0])
        return named[1] if named else ""

    @property
    def content(self) -> str:
        """What the file of the block holds."""
        return self.text.partition("\n")[2]

    @property
    def where(self) -> str:
        """Page and line, for messages."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, each with the output that is shown for it."""
    found: list[Block] = []
    lines = page.read_text().split("\n")
    at = 0
    while at < len(lines):
        opening = _FENCE.match(lines[at])
        if opening is None:
            at += 1
            continue
        end = lines.index("```", at + 1)
        above = _words_above(lines, at)
        text = "\n".join(lines[at + 1 : end]) + "\n"
        if opening[1] == "text" and not above and found and _follows(lines, found[-1], at):
            last = found.pop()
            found.append(Block(last.page, last.line, last.language, last.text, last.unrun, text))
        else:
            why = above.partition(": ")[2].rstrip("*") if above.startswith(UNRUN) else ""
            found.append(Block(page, at + 2, opening[1], text, why))
        at = end + 1
    return found


def _words_above(lines: list[str], fence: int) -> str:
    """The line of words right above a block, over one empty line; empty when a block is there."""
    above = [line for line in lines[max(0, fence - 2) : fence] if line.strip()]
    return above[-1] if above and above[-1] != "```" else ""


def _follows(lines: list[str], block: Block, fence: int) -> bool:
    end = block.line - 1 + block.text.count("\n")
    return not any(line.strip() for line in lines[end + 1 : fence])


def links(page: Path) -> list[str]:
    """The targets of a page's links, outside of blocks."""
    return _LINK.findall(_prose(page))


def anchors(page: Path) -> set[str]:
    """The names under which a page's headings can be linked to."""
    heads = re.findall(r"^#+ (.+)$", _prose(page), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", head).strip().lower() for head in heads)
    return {head.replace(" ", "-") for head in plain}


def last_line(page: Path) -> str:
    """The last line that says something."""
    return page.read_text().strip().rpartition("\n")[2]


def _prose(page: Path) -> str:
    return re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
