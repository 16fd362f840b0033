"""Whether a turn was undone, so that it does not go on from where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stretto.records import CompensationStarted, FellBack, Forked, NodeEnded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stretto.records import AnyRecord


def is_undone(records: Iterable[AnyRecord]) -> bool:
    """Whether a resume of a turn would only find that its work was undone.

    Not when it went back to before that, another took over or the node came to a good end all the
    same, or what a rejected member gave is given again.

    Args:
        records: Of one turn, oldest first.
    """
    scopes: set[str] = set()
    for record in records:
        match record:
            case Forked():
                scopes.clear()
            case CompensationStarted(output=""):
                scopes.add(record.scope)
            case FellBack(step="node"):
                scopes.discard(record.place)
            case NodeEnded(status="done"):
                scopes.discard(record.place)
            case _:
                pass
    return bool(scopes)
