"""A unified diff read into files and lines, with what is secret in it masked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stretto import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT = 1_000_000
"""Bytes of a diff that are read; files behind them are named as not reviewed."""
FILES = 300
LONGEST = 1_000
"""Characters of a line that are kept."""
FLAGS = (
    *("--no-color", "--no-ext-diff", "--no-textconv", "--find-renames", "--submodule=short"),
    *("--src-prefix=a/", "--dst-prefix=b/", "--unified=3"),
)
MASK = "***"
SECRETS = (
    ("a private key", re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----)(.*)")),
    ("an access key", re.compile(r"\b()((?:AKIA|ASIA)[A-Z0-9]{16})\b")),
    ("a token", re.compile(r"\b()((?:ghp|gho|ghs|github_pat|glpat|xox[abp])[_-][\w-]{16,})")),
    ("an API key", re.compile(r"\b()(sk-[A-Za-z0-9_-]{20,})")),
    (
        "a password or key",
        re.compile(
            r"(?i)((?:password|passwd|secret|api_?key|access_?key|auth_?token|token)\w*[\"']?"
            r"\s*[:=]\s*(?:[rbf]{0,2}[\"']))([^\"'\s{}<>$]{8,})(?=[\"'])"
        ),
    ),
)
"""What looks like a secret: what it is called, and a pattern whose second group is masked."""
_HUNK = re.compile(r"^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")


def read_diff(root: str, base: str, head: str) -> dict[str, Any]:
    """What differs between two revisions, or between one and the checkout.

    Args:
        root: The repository.
        base: A commit or tree.
        head: A commit; empty for the checkout.

    Returns:
        `files`, each with `path`, `old`, `status` and `lines` (mark, number, text); `left`, files
        that are not reviewed, each with why; `secrets`, places of what was masked.
    """
    step = Project.at(__file__).step
    sides = (base, head) if head else (base,)
    listed, _ = step("repository.git")(
        root, "diff", "--name-status", "-z", "--find-renames", *sides, "--"
    )
    out, cut = step("repository.git")(root, "diff", *FLAGS, *sides, "--", limit=LIMIT)
    sections = _sections(out, cut=cut)
    files: list[dict[str, Any]] = []
    left: list[dict[str, str]] = []
    secrets: list[dict[str, Any]] = []
    for entry in step("repository.entries")(listed):
        why = ""
        lines: list[list[Any]] = []
        if entry["status"] == "U":
            why = "it has conflicts that are not resolved"
        elif len(files) >= FILES:
            why = f"the change has more than {FILES} files"
        elif (section := next(sections, None)) is None:
            why = f"the diff is larger than {LIMIT:,} bytes"
        else:
            if entry["status"] == "T":
                next(sections, None)  # its second half: what it has become
            why, lines = _read(section, entry["path"], secrets)
        if why:
            left.append({"path": entry["path"], "why": why})
        else:
            files.append({**entry, "lines": lines})
    return {"files": files, "left": left, "secrets": secrets}


def masked(text: str) -> tuple[str, str]:
    """A text without what looks like a secret in it, and what that is; empty when there is none."""
    found = ""
    for name, pattern in SECRETS:
        text, count = pattern.subn(rf"\g<1>{MASK}", text)
        found = found or (name if count else "")
    return text, found


def _sections(out: bytes, *, cut: bool) -> Iterator[bytes]:
    """The diff's parts, one a file; the last one of a diff that is cut is left out."""
    parts = re.split(rb"(?m)^diff --git ", out)[1:]
    yield from parts[:-1] if cut else parts


def _read(section: bytes, path: str, secrets: list[dict[str, Any]]) -> tuple[str, list[list[Any]]]:
    """Why a file is not reviewed, and its lines."""
    if re.search(rb"(?m)^(Binary files .* differ|GIT binary patch)$", section):
        return "it is binary", []
    try:
        text = section.decode()
    except UnicodeDecodeError:
        text = section.decode(errors="replace")
    lines: list[list[Any]] = []
    old = new = 0
    for raw in text.split("\n")[1:]:
        if match := _HUNK.match(raw):
            old, new = int(match[1]), int(match[2])
            continue
        if not new and not old:
            continue
        mark, said = raw[:1], raw[1:].rstrip("\r")[:LONGEST]
        if mark not in {"+", "-", " "}:
            continue
        clean, secret = masked(said)
        if secret and mark == "+":
            secrets.append({"path": path, "line": new, "what": secret, "quote": clean})
        lines.append([mark, old if mark == "-" else new, clean])
        old, new = old + (mark != "+"), new + (mark != "-")
    return "", lines
