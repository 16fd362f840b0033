# ruff: noqa: INP001 - a program beside its picture, not a package
"""Records the demo for the README: really run in a terminal, killed with `kill -9`, and resumed.

    .venv/bin/python docs/pictures/record.py

Writes `demo.svg` beside this file. It needs tmux. The kill comes when the journal says that a task
has ended and another has not; where it came too late, the recording begins anew.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from stretto.journal import open_journal
from stretto.records import Decided, NodeEnded, RunStarted

if TYPE_CHECKING:
    from collections.abc import Generator

    from stretto.journal import Journal
    from stretto.records import AnyRecord

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
COLUMNS, ROWS = 100, 50
ATTEMPTS = 20
SECONDS = 120
"""For one command."""
PROMPT = "$ "
FONTS = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"


class Terminal:
    """A tmux window of its own, in the project's folder, with state of its own."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "state"
        self._socket = str(folder / "tmux")
        env = {
            **os.environ,
            "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}",
            "STRETTO_HOME": str(self.home),
            "STRETTO_MODEL": "offline",
            "COLORTERM": "truecolor",
            "PS1": PROMPT,
            "SHELL": shutil.which("bash") or "/bin/sh",
        }
        for name in ("TMUX", "NO_COLOR", "STRETTO_DATABASE_URL", "STRETTO_SOURCES"):
            env.pop(name, None)
        size = ["-x", str(COLUMNS), "-y", str(ROWS)]
        shell = ["bash", "--norc", "--noprofile"]
        self._tmux(["-f", "/dev/null", "new-session", "-d", *size, "-c", str(ROOT), *shell], env)

    def _tmux(self, arguments: list[str], env: dict[str, str] | None = None) -> str:
        command = ["tmux", "-S", self._socket, *arguments]
        done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)  # noqa: S603 - our own
        return done.stdout

    def type(self, line: str) -> None:
        """Type a line."""
        self._tmux(["send-keys", "-l", line])
        self._tmux(["send-keys", "Enter"])

    def screen(self) -> str:
        """All that stands on the screen and above it, with its colours."""
        return self._tmux(["capture-pane", "-e", "-p", "-S", "-"])

    def wait(self) -> None:
        """Wait until the prompt is back."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            lines = [line for line in plain(self.screen()).splitlines() if line.strip()]
            if lines and lines[-1].strip() == PROMPT.strip():
                return
            time.sleep(0.05)
        raise TimeoutError(f"the prompt did not come back:\n{plain(self.screen())}")

    def close(self) -> None:
        """Close the window."""
        self._tmux(["kill-server"])


@contextmanager
def terminal() -> Generator[Terminal]:
    """Open a terminal, and close it."""
    with tempfile.TemporaryDirectory() as folder:
        opened = Terminal(Path(folder))
        try:
            opened.wait()
            yield opened
        finally:
            opened.close()


def plain(screen: str) -> str:
    """The screen without colours and links."""
    return Text.from_ansi(screen).plain


async def kill_between_tasks(home: Path) -> bool:
    """Kill the run once a task has ended; tell whether another had not."""
    async with asyncio.timeout(SECONDS), open_journal(home / "journal.sqlite") as journal:
        while True:
            records = await all_records(journal)
            if ended(records):
                (started,) = [r for r in records if isinstance(r, RunStarted)]
                os.kill(started.process, signal.SIGKILL)
                return ended(await all_records(journal)) < len(planned(records))
            await asyncio.sleep(0.002)


async def all_records(journal: Journal) -> list[AnyRecord]:
    """What the journal has so far."""
    threads = await journal.threads()
    return await journal.records(threads[0].thread) if threads else []


def planned(records: list[AnyRecord]) -> set[str]:
    """The ids of the plan's tasks."""
    plans = [r.data["tasks"] for r in records if isinstance(r, Decided) and "tasks" in r.data]
    return {task["id"] for plan in plans for task in plan}


def ended(records: list[AnyRecord]) -> int:
    """How many tasks have ended."""
    ids = planned(records)
    return len({r.node for r in records if isinstance(r, NodeEnded) and r.node in ids})


def record() -> str | None:
    """Run the demo, kill it, resume it; `None` when the kill came too late."""
    with terminal() as window:
        window.type("make demo")
        in_time = asyncio.run(kill_between_tasks(window.home))
        window.wait()
        if not in_time:
            return None
        window.type("# that was `kill -9`, from another terminal, while the team was at work")
        window.wait()
        window.type("stretto resume last")
        window.wait()
        return window.screen()


def svg(screen: str) -> str:
    """The screen as a picture that loads nothing and tells no path of this machine."""
    lines = Text.from_ansi(screen.replace(f"{ROOT}/", "").rstrip()).split("\n")
    if lines[-1].plain.strip() == PROMPT.strip():
        lines.pop()
    console = Console(width=COLUMNS, record=True, file=StringIO())
    for line in lines:
        console.print(line, soft_wrap=True)
    drawn = console.export_svg(title="stretto", unique_id="demo")
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
    drawn = re.sub(r"font-family: [^;]+;", f"font-family: {FONTS};", drawn)
    return _TEXT.sub(_without_indent, drawn)


_TEXT = re.compile(r'x="([\d.]+)" (y="[\d.]+") textLength="([\d.]+)" ([^>]*>)((?:&#160;)+)(?=[^<])')
WIDTH = 12.2
"""Of a character, in rich's pictures."""


def _without_indent(found: re.Match[str]) -> str:
    """Begin a text at its first letter: not every viewer keeps spaces at the beginning."""
    x, y, length, rest, spaces = found.groups()
    skipped = WIDTH * spaces.count(";")
    return f'x="{float(x) + skipped:.1f}" {y} textLength="{float(length) - skipped:.1f}" {rest}'


def main() -> None:
    """Record until a kill lands between two tasks, and write the picture."""
    if subprocess.run(["make", "-q", ".venv/.base"], cwd=ROOT, check=False).returncode:  # noqa: S607
        sys.exit("the environment is older than pyproject.toml; run `make demo`, then this again")
    for attempt in range(1, ATTEMPTS + 1):
        screen = record()
        if screen is not None:
            (HERE / "demo.svg").write_text(svg(screen))
            sys.stdout.write(f"recorded demo.svg at attempt {attempt}\n")
            return
    sys.exit(f"in {ATTEMPTS} attempts no kill came between two tasks; run it again")


if __name__ == "__main__":
    main()
