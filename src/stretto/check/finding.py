"""What `check` finds: one fault, where it stands, how sure it is, and what mends it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning", "info"]
"""`error`: the graph does something other than it says; `warning`: it may cost dear or go wrong;
`info`: advice."""
Certainty = Literal["proved", "possible"]
"""`proved`: no run can be without it; `possible`: it depends on what could not be read."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A stretch of source: lines from 1, columns from 0, the end excluded."""

    file: str
    line: int
    column: int = 0
    end_line: int = 0
    """0 when the end is not known."""
    end_column: int = 0


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement of a stretch of source that is safe to make."""

    place: Place
    text: str
    needs: tuple[str, ...] = ()
    """Import lines that the text needs, such as "from typing import Literal"."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of one graph."""

    code: str
    """Of the rule, such as "G101"."""
    name: str
    """Of the rule, such as "unreachable-node"."""
    severity: Severity
    certainty: Certainty
    message: str
    """One line that names the node, key or edge."""
    remedy: str
    """One sentence that says what mends it."""
    graph: str = ""
    """The graph it is in; a subgraph by its path, such as "team/writer"."""
    node: str = ""
    key: str = ""
    """The field of the state it is about."""
    place: Place | None = None
    """Where it stands in the source; `None` when that is not known."""
    edits: tuple[Edit, ...] = field(default=(), compare=False)
    """What `--fix` would change."""
    path: tuple[str, ...] = ()
    """The counterexample: the nodes in their order, where one was found."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that could not be looked into, so nothing is said of it."""

    graph: str
    node: str
    why: str
