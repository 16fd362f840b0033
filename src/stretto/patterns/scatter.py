"""`scatter`: one member works on each element of a list, side by side."""

from __future__ import annotations

import types
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, Union

from langgraph.graph import START, StateGraph
from langgraph.types import Send

from stretto.errors import InvalidInput
from stretto.members import check_team
from stretto.members.reply import text_of
from stretto.patterns.branch import BRANCHES, Ended, Fork, branch, settle_branch, skip_branch
from stretto.patterns.brief import tag
from stretto.patterns.context import seen, valid_context
from stretto.patterns.fields import shape, type_of
from stretto.patterns.gather import GATHER
from stretto.patterns.join import Join
from stretto.patterns.made import remembered
from stretto.patterns.parallel import RESULTS
from stretto.patterns.quorum import valid_deadline, valid_require
from stretto.patterns.runs import at_most
from stretto.patterns.team import team_of
from stretto.patterns.writers import about, check_writers, quiet
from stretto.state import merge_values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stretto.members import Member, Update
    from stretto.patterns.context import Context
    from stretto.patterns.quorum import Require
    from stretto.policy import Budget

    Each: TypeAlias = str | Callable[[Any], Sequence[Any]]
    """The list: the name of a field of the state, or a function of the state that gives it."""

SPLIT = "split"
"""The node that makes the list."""
MOST = 1000
"""How many elements may be worked on side by side. LangGraph's time for each grows above that."""

_WAIT = (
    "scatter: somebody has to wait for the elements. Leave `join=None` and `detach` out, and make "
    "the whole a member with `detach=True`."
)


@remembered
def scatter(
    member: object,
    *,
    each: Each,
    join: object = RESULTS,
    require: Require = "all",
    deadline: float | None = None,
    most: int = MOST,
    context: Context = "none",
    state: Any = None,
    budget: Budget | None = None,
) -> StateGraph[Any, Any, Any, Any]:
    """Build a member that works on each element of a list, side by side, as an uncompiled graph.

    It is called once an element, with `item` in the state it is given, and agents with an `<item>`
    in their brief; of the conversation only the request is there unless `context` asks for more.
    Results and failures stand under the element's place in the list, "0" for the first; the turn's
    result is the list of results, `None` where there is none. All else is as in `parallel`.

    Args:
        member: Who works.
        each: The list: the name of a field of yours, or a function of the state that gives it.
        join: Works when enough have succeeded, given all results, and its result is the turn's;
            by default the results together.
        require: How many elements must succeed: "all" that are worked on, "any", or a number.
        deadline: Seconds after which those that have not ended are cancelled; `None` for none.
        most: How many elements there may be.
        context: What the member sees of the conversation.
        state: A `TypedDict` of fields of your own, which functions and graphs read and write.
        budget: What all of them together may spend.

    Raises:
        InvalidMember: The member, or who joins, is none, or they have one name.
        InvalidInput: `each` names no field of yours, nobody is waited for, `require`, `deadline`,
            `most` or `context` cannot be, the member may write a field that does not merge, the
            state cannot be used, or the budget cannot be kept.

    Raises (in the graph):
        InvalidInput: There is no list, or it has more than `most` elements.
        BranchesFailed: Too few succeeded; it names the others and why.
    """
    if join is None:
        raise InvalidInput(_WAIT)
    things = [member] if join == RESULTS else [member, join]
    team = team_of("scatter", things, budget, taken=frozenset({GATHER, SPLIT}))
    one, joiner = next(iter(team.values())), None if join == RESULTS else list(team.values())[-1]
    _check(each, one, most)
    needed = valid_require(require, "scatter")
    fork = Fork("scatter", frozenset({one.name}), None, needed, valid_deadline(deadline, "scatter"))
    valid_context(context, "scatter")
    check_team(budget, team, "scatter")
    kind: Any = Union[(*map(type_of, team.values()),)]
    results: Any = types.GenericAlias(dict, (str, kind))
    more: dict[str, Any] = {
        "items": list[Any],
        "item": Any,
        "item_number": int,
        "item_count": int,
        "results": Annotated[results, merge_values],
        BRANCHES: Ended,
    }
    fields = shape("scatter", team.values(), state, **more)
    if isinstance(each, str) and each not in fields.own:
        raise InvalidInput(
            f"scatter: `each` names {each!r}, which is no field of `state`. Declare it there, or "
            "give a function of the state."
        )
    check_writers("scatter", {one.name: one, f"{one.name} of another element": one}, fields, state)
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(fields.state, **fields.schemas())
    split = _Split(each, most, one.name, context, fields.own)
    told = {"role": "makes the list", **quiet(fields), **at_most(1)}
    graph.add_node(SPLIT, split.node, metadata=told)
    graph.add_edge(START, SPLIT)
    graph.add_conditional_edges(SPLIT, split.all_of_them, [one.name, GATHER])
    node = one.node(
        split.brief(one), settle_branch(_called), fields=fields.own, skip=skip_branch(_called)
    )
    graph.add_node(
        one.name,
        branch(node, fork, one.name, _called),
        metadata={**about(one, fields), **at_most("items")},
    )
    graph.add_edge(one.name, GATHER)
    end = Join(names=_names, back=split.again, together=_in_order, joiner=joiner, context=context)
    end.add_to(graph, fork, fields)
    return graph


def _check(each: Any, one: Member, most: int) -> None:
    if not (isinstance(each, str) or callable(each)):
        raise InvalidInput(
            f"scatter: `each` is {each!r}. Give the name of a field of `state`, or a function of "
            "the state that gives a list."
        )
    if one.detach:
        raise InvalidInput(_WAIT)
    if most < 1:
        raise InvalidInput(f"scatter: `most` is {most!r}. Give a whole number of at least 1.")


def _called(state: Any) -> str:
    return str(state["item_number"])


def _names(state: Any) -> tuple[str, ...]:
    return tuple(str(number) for number in range(len(state.get("items") or [])))


def _in_order(state: Any, results: Mapping[str, Any]) -> list[Any]:
    return [results.get(name) for name in _names(state)]


@dataclass(frozen=True, slots=True)
class _Split:
    """Makes the list, and one piece of work of each element."""

    each: Each
    most: int
    worker: str
    context: Context
    own: frozenset[str]

    async def node(self, state: Any) -> Update:
        """Make the list; what an earlier turn left is forgotten.

        Raises:
            InvalidInput: There is no list, or it is too long.
        """
        found = state.get(self.each) if isinstance(self.each, str) else self.each(state)
        if not isinstance(found, Sequence) or isinstance(found, str | bytes):
            raise InvalidInput(
                f"scatter: `each` gave {found!r}, which is no list. Put one into the input, or "
                "mend the function."
            )
        items: list[Any] = list(found)
        if len(items) > self.most:
            raise InvalidInput(
                f"scatter: there are {len(items)} elements, and at most {self.most} may be worked "
                "on side by side. Raise `most`, or use `map_reduce`, which takes them in portions."
            )
        return {"items": items, "results": None, "failed": None, BRANCHES: None}

    def all_of_them(self, state: Any) -> Any:
        """A piece of work of each element."""
        names = list(_names(state))
        return self._pieces(state, names) if names else [GATHER]

    def again(self, state: Any, names: list[str]) -> list[Send]:
        """A piece of work of each element that is done again."""
        told = {
            field: {n: value for n, value in (state.get(field) or {}).items() if n not in names}
            for field in (BRANCHES, "failed")
        }
        return self._pieces(state, names, told)

    def _pieces(
        self, state: Any, names: list[str], told: Mapping[str, Any] | None = None
    ) -> list[Send]:
        items, messages = state["items"], state.get("messages") or []
        shared = {k: v for k, v in state.items() if k in self.own and k != self.each}
        seen_by = messages if self.context not in {"none", "last"} else messages[-1:]
        shared |= {"messages": seen_by, "item_count": len(items), **(told or {})}
        return [
            Send(self.worker, {**shared, "item": items[int(n)], "item_number": int(n)})
            for n in names
        ]

    def brief(self, one: Member) -> Any:
        """What the member is given of a piece of work."""
        if one.function is not None:
            return dict

        async def brief(state: Any) -> dict[str, Any]:
            told = [tag("item", text_of(state["item"]))]
            return {**state, "messages": await seen(self.context, state, {}, extra=told)}

        return brief
