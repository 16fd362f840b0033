"""Which of the user's own fields the nodes of a pattern write: told in metadata, and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stretto.errors import InvalidInput
from stretto.members.writes import WRITES_KEY, conflicts, writes_of
from stretto.patterns.fields import has_reducer, own_types

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stretto.members import Member
    from stretto.patterns.fields import Shape


def about(one: Member, fields: Shape) -> dict[str, Any]:
    """A member's metadata, and what it may write, as far as that is known."""
    written = _own_writes(one, fields)
    if not fields.own or written is None:
        return one.metadata
    return {**one.metadata, WRITES_KEY: sorted(written)}


def quiet(fields: Shape) -> dict[str, Any]:
    """The metadata of a node that writes none of the user's own fields."""
    return {WRITES_KEY: []} if fields.own else {}


def check_writers(pattern: str, team: Mapping[str, Member], fields: Shape, own: Any) -> None:
    """Refuse members that work side by side and may write the same field.

    Raises:
        InvalidInput: Nothing merges what two of them may write.
    """
    merged = frozenset(name for name, kind in own_types(own).items() if has_reducer(kind))
    writes = {name: _own_writes(one, fields) for name, one in team.items()}
    for first, second, field in conflicts(writes, merged):
        raise InvalidInput(
            f"{pattern}: {first!r} and {second!r} may both write {field!r} in one step, and "
            "nothing merges what they write. Give the field a reducer, such as "
            "`Annotated[list[str], operator.add]`, or let each write a field of its own."
        )


def _own_writes(one: Member, fields: Shape) -> frozenset[str] | None:
    written = writes_of(one)
    return None if written is None else written & fields.own
