"""The typed state of a pattern: its members' results, what else it needs, and the user's fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from langgraph.channels import LastValue
from langgraph.channels.base import BaseChannel
from langgraph.graph.state import CompiledStateGraph
from pydantic import BaseModel
from typing_extensions import TypedDict, get_type_hints, is_typeddict

from stretto.errors import InvalidInput
from stretto.patterns.given import context_of
from stretto.state import NAMED_TYPES, ChatState, Messages, WorkState, merge_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stretto.members import Member

_CHAT = frozenset({"messages"})


@dataclass(frozen=True, slots=True)
class Shape:
    """The schemas of a pattern's graph."""

    state: Any
    """Of the whole state."""
    input: Any
    """Of what a turn begins with: the conversation, and the user's own fields."""
    own: frozenset[str]
    """The user's own fields."""
    context: Any = None
    """Of what the run may be given beside: what the members take; `None` when they take nothing."""

    @property
    def types(self) -> Mapping[str, Any]:
        """The types of all fields, reducers included."""
        return get_type_hints(self.state, include_extras=True)

    def schemas(self) -> dict[str, Any]:
        """What `StateGraph` takes beside the state."""
        return {"input_schema": self.input, "context_schema": self.context}


def shape(
    pattern: str,
    members: Iterable[Member],
    own: Any = None,
    **more: Any,
) -> Shape:
    """Make the state of a pattern.

    Args:
        pattern: Its name, for errors and schemas.
        members: Those whose results it holds.
        own: A `TypedDict` of the user's own fields, which functions and graphs read and write;
            `None` for none.
        **more: What else the pattern keeps: types by field.

    Raises:
        InvalidInput: `own` is no TypedDict, has a field that is the pattern's, or one with a
            reducer that a member's graph has too.
    """
    team = list(members)
    theirs = _own_fields(pattern, own, {*WorkState.__annotations__, *more})
    for one in team:
        _refuse_doubling(pattern, one, theirs)
    results = _schema("Results", {m.name: type_of(m) for m in team})
    title = pattern.title().replace("_", "")
    state = _schema(
        f"{title}State",
        {
            **theirs,
            "messages": Messages,
            "results": Annotated[results, merge_values],
            "failed": Annotated[dict[str, str], merge_values],
            "structured_response": Any,
            **more,
        },
    )
    NAMED_TYPES.update((kind.__module__, kind.__name__) for kind in _models(state))
    given = _schema(f"{title}Input", {**theirs, "messages": Messages}) if theirs else ChatState
    context = context_of(pattern.title().replace("_", ""), team)
    return Shape(state, given, frozenset(theirs), context)


def _schema(name: str, fields: Mapping[str, Any]) -> Any:
    made: Any = TypedDict  # its fields are only known now, so no type checker can follow
    return made(name, dict(fields), total=False)


def has_reducer(annotation: Any) -> bool:
    """Tell whether a field of a state merges what is written to it."""
    if get_origin(annotation) is not Annotated:
        return False
    last = annotation.__metadata__[-1]
    kind = last if isinstance(last, type) else type(last)
    return not issubclass(kind, LastValue) if issubclass(kind, BaseChannel) else callable(last)


def own_types(own: Any) -> Mapping[str, Any]:
    """The types of the user's own fields, reducers included."""
    return {} if own is None else get_type_hints(own, include_extras=True)


def _own_fields(pattern: str, own: Any, taken: set[str]) -> dict[str, Any]:
    if own is None:
        return {}
    if not is_typeddict(own):
        raise InvalidInput(
            f"{pattern}: the state {own!r} is no TypedDict. Declare the team's own fields in a "
            "class that extends `typing_extensions.TypedDict`."
        )
    hints = get_type_hints(own, include_extras=True)
    if clash := sorted((taken & set(hints)) - _CHAT):
        raise InvalidInput(
            f"{pattern}: the field {clash[0]!r} of {own.__name__!r} is one that the pattern keeps "
            "itself. Rename it."
        )
    return {name: kind for name, kind in hints.items() if name not in _CHAT}


def _refuse_doubling(pattern: str, one: Member, own: Mapping[str, Any]) -> None:
    graph = one.runnable
    if not isinstance(graph, CompiledStateGraph):
        return
    shared = sorted(
        name for name, kind in own.items() if name in graph.channels and has_reducer(kind)
    )
    if shared:
        raise InvalidInput(
            f"{pattern}: the graph {one.name!r} has a field {shared[0]!r} too, which merges what "
            "is written to it: what it held before would be merged twice. Rename the field in one "
            "of them, or call the graph from a function that returns only what is new."
        )


def type_of(one: Member) -> Any:
    """The type of what a member gives; of a pattern, anything, its own members' types among it.

    Types are named because a checkpoint gives back as classes only those that a state names.
    """
    if one.value_type is not None:
        return one.value_type
    builder: Any = getattr(one.runnable, "builder", None)
    within: Any = getattr(builder, "state_schema", None)
    ours = is_typeddict(within) and within.__module__ == __name__
    results = own_types(within).get("results") if ours else None
    return Union[(Any, *_models(results))]


def _models(kind: Any) -> list[Any]:
    """The pydantic classes in a type."""
    if is_typeddict(kind):
        parts: Iterable[Any] = own_types(kind).values()
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        return [kind]
    else:
        parts = get_args(kind)
    return [each for part in parts for each in _models(part)]
