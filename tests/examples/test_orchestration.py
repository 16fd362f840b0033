"""The orchestration examples: each runs as its page says, and its assertions bite."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.docs.pages import ROOT, blocks

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = ROOT / "examples"
PAGE = ROOT / "docs" / "examples.md"
NAMES = (
    "sequential_orchestration",
    "parallel_coordination",
    "conditional_orchestration",
    "hierarchical_orchestration",
    "resilient_orchestration",
)


def ran(script: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script as a user does, with its home in `folder` and no key; warnings are errors."""
    kept = {name: value for name, value in os.environ.items() if "API_KEY" not in name}
    return subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        cwd=folder,
        env={**kept, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", NAMES)
def test_it_keeps_its_promises_and_prints_what_its_page_shows(name: str, tmp_path: Path) -> None:
    """It ends well, says nothing but its story, leaves nothing behind, and its page is right."""
    told = ran(EXAMPLES / f"{name}.py", tmp_path)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.endswith("All as promised.\n")
    assert list(tmp_path.iterdir()) == []
    [block] = [b for b in blocks(PAGE) if b.text == f"python examples/{name}.py\n"]
    assert block.output
    for line in block.output.splitlines():
        for part in line.split("..."):
            assert part in told.stdout, line


@pytest.mark.parametrize("name", NAMES)
def test_it_is_short_enough_to_teach_from(name: str) -> None:
    """A script is read at one sitting."""
    assert len((EXAMPLES / f"{name}.py").read_text().splitlines()) <= 160


MUTANTS = [
    # what is undone, in which order, and what stops at a gate
    ("sequential_orchestration", "saga((reserve, put_back),", "saga(reserve,"),
    ("sequential_orchestration", "member(read, gives=Order)", "read"),
    ("sequential_orchestration", "order.count * 12.5", "order.count * 12"),
    # the reduce, the barrier, the quorum
    ("parallel_coordination", "one[name] + other[name]", "one[name]"),
    (
        "parallel_coordination",
        'wrap_jars).compile(name="wrapping"), load_van)',
        'wrap_jars, load_van).compile(name="wrapping"))',
    ),
    ("parallel_coordination", "weather, require=2)", "weather, require=3)"),
    # the bound, the weights, the order of the cascade
    ("conditional_orchestration", 'above="manager")', 'above="manager", inclusive=True)'),
    ("conditional_orchestration", '"manager": {"urgent": 3}', '"manager": {"urgent": 0.5}'),
    ("conditional_orchestration", "[by_greeting, reader]", "reader"),
    # what a level may decide, and who decides for it
    ("hierarchical_orchestration", 'may_decide={"refund": 20}', 'may_decide={"refund": 10}'),
    ("hierarchical_orchestration", "    decide=desk_decides,\n", ""),
    ("hierarchical_orchestration", 'by="ada"', 'by="bob"'),
    # the breaker, the spare model, the bulkhead, the effect that happens once
    ("resilient_orchestration", "breaker=Breaker(row=2, cooldown=60),", ""),
    ("resilient_orchestration", ", policy=Policy(fallback=Fallback(to=(spare,)))", ""),
    ("resilient_orchestration", "Bulkhead(limit=2)", "Bulkhead(limit=3)"),
    ("resilient_orchestration", 'await effect("charge", book, ', "book("),
]


@pytest.mark.parametrize(("name", "sound", "broken"), MUTANTS)
def test_it_notices_what_is_broken(name: str, sound: str, broken: str, tmp_path: Path) -> None:
    """With one promise taken out, the script fails."""
    source = (EXAMPLES / f"{name}.py").read_text()
    assert source.count(sound) == 1
    script = tmp_path / f"{name}.py"
    script.write_text(source.replace(sound, broken))
    told = ran(script, tmp_path)
    assert told.returncode == 1
    assert "All as promised." not in told.stdout


@pytest.mark.parametrize("name", NAMES)
def test_its_page_shows_what_it_does(name: str) -> None:
    """Each excerpt of the page, behind its imports, stands in a script."""
    excerpts = [
        part
        for block in blocks(PAGE)
        if block.language == "python" and f"examples.{name}" in block.text
        for part in block.text.split("\n\n", 1)[1:]
    ]
    source = (EXAMPLES / f"{name}.py").read_text()
    shown = [part.split("\n\n")[0].strip() for part in excerpts]
    assert shown
    assert [part for part in shown if part not in source] == []
