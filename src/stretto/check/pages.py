"""The pages of the rules: what `docs/rules/` holds, made of the rules themselves.

`python -m stretto.check.pages docs` writes them; a test says when they are out of date.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from stretto.check.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.rule import Rule

GROUPS = {
    "G": "Structure",
    "S": "State",
    "E": "Interrupts and effects",
    "P": "Policies",
    "A": "Agents and tools",
    "U": "Studio and the server",
    "B": "Bounds",
    "M": "Model checking",
    "V": "Advice",
    "X": "Ignores",
}
"""What the letter of a code stands for."""
INDEX = "rules.md"


def pages() -> dict[str, str]:
    """The text of each page, by its path within `docs`."""
    rules = all_rules()
    made = {f"rules/{rule.name}.md": _page(rule, following) for rule, following in _pairs(rules)}
    return {INDEX: _index(rules), **made}


def _pairs(rules: tuple[Rule, ...]) -> Iterator[tuple[Rule, Rule | None]]:
    for at, rule in enumerate(rules):
        yield rule, rules[at + 1] if at + 1 < len(rules) else None


def _page(rule: Rule, following: Rule | None) -> str:
    kind = "advice, asked for with `--advice`" if rule.advice else rule.severity
    ways = "from the compiled graph and from source alone" if rule.static else "from the graph only"
    fix = ", mended by `--fix`" if rule.fixes else ""
    further = (
        f"[{following.code} {following.name}]({following.name}.md)"
        if following
        else "[All rules](../rules.md)"
    )
    return (
        f"# {rule.code} {rule.name}\n\n"
        f"*{GROUPS[rule.code[0]]}: {kind}; found {ways}{fix}.*\n\n"
        f"{rule.explanation.strip()}\n\n"
        f"Where it is meant: `# stretto: ignore[{rule.code}] the reason` on the line.\n\n"
        f"Next: {further}\n"
    )


def _index(rules: tuple[Rule, ...]) -> str:
    lines = [
        "# The rules",
        "",
        f"What [`stretto check`](check.md) looks for: {len(rules)} rules, each with a page that",
        "says what happens with the fault, and shows it in a bad and a good example. A code is",
        "never used again for anything else. `stretto check --explain CODE` prints a page.",
    ]
    for letter, title in GROUPS.items():
        group = [rule for rule in rules if rule.code.startswith(letter)]
        if group:
            lines += ["", f"## {title}", "", "| code | rule | severity | what it finds |"]
            lines += ["|---|---|---|---|", *map(_row, group)]
    return "\n".join([*lines, "", "Next: [What a run can cost at most](bounds.md)", ""])


def _row(rule: Rule) -> str:
    mark = " (mended by `--fix`)" if rule.fixes else ""
    severity = "advice" if rule.advice else rule.severity
    link = f"[{rule.name}](rules/{rule.name}.md)"
    return f"| {rule.code} | {link} | {severity} | {rule.summary}{mark} |"


def main(folder: str = "docs") -> None:
    """Write the pages, and remove those of rules that are no more."""
    docs = Path(folder)
    (docs / "rules").mkdir(parents=True, exist_ok=True)
    made = pages()
    for old in (docs / "rules").glob("*.md"):
        if f"rules/{old.name}" not in made:
            old.unlink()
    for name, text in made.items():
        (docs / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:2])
