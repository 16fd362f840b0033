"""A step of a saga changes the world, and nothing undoes it when a later step fails.

A saga undoes what was done, the last first, by what each step declares: `(step, undo)`, an undo in
its policy, or `effect(undo=)`. A step that writes and declares none stays done while all others are
taken back.

Bad:

```python
import httpx

from stretto import saga


def book(state) -> str:
    httpx.post("https://hotel.example/rooms", json={"nights": 2})
    return "room 12"


def pay(state) -> str:
    return "paid"


graph = saga(book, pay)
```

Good:

```python
import httpx

from stretto import saga


def book(state) -> str:
    httpx.post("https://hotel.example/rooms", json={"nights": 2})
    return "room 12"


def cancel(result, brief) -> None:
    httpx.delete("https://hotel.example/rooms/12")


def pay(state) -> str:
    return "paid"


graph = saga((book, cancel), pay)
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from stretto.check.mutating import inserted
from stretto.check.rule import Rule
from stretto.spec.undo import UNDOES_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the steps that write and declare no undo."""
    if not any(UNDOES_KEY in node.metadata for node in graph.nodes.values()):
        return
    for node in graph.nodes.values():
        undo = getattr(node.policy, "undo", None)
        if node.member is None or node.code is None or undo is not None:
            continue
        for effect in node.code.effects:
            if effect.kind in {"world", "declared"}:
                yield RULE.finding(
                    graph,
                    f"step {node.name!r} does {effect.call!r}, and nothing undoes it",
                    "Give it as `(step, undo)`, or do it by `effect(..., undo=...)`.",
                    node=node.name,
                    place=effect.at,
                )
                break


def mutate(builder: Builder) -> Builder | None:
    """Put a step at the front of a saga that books and cannot cancel."""
    from stretto.members import member

    if not any(UNDOES_KEY in (spec.metadata or {}) for spec in builder.nodes.values()):
        return None
    one = member(_book, name="books_for_good")
    node = one.node(dict, lambda _state, _said: {})
    return inserted(builder, "books_for_good", node, metadata=one.metadata)


def _book(state: Any) -> str:  # noqa: ARG001 - a step's
    httpx.post("https://hotel.example/rooms", json={"nights": 2})
    return "room 12"


RULE = Rule("M803", "missing-undo", "error", __doc__, check, mutate, static=False)
