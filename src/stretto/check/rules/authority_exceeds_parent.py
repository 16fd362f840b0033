"""A hierarchy within a hierarchy may do what the one above it may not.

`hierarchy` refuses a level that exceeds the one above it. A hierarchy that was built by itself and
is a member of another begins anew: its top has nobody above it, so what it may decide, and which
tools it may call, is never held against the level that it works for. A budget that is larger than
one around it says what can never be spent.

Bad:

```python
from stretto import hierarchy, member
from stretto.policy import Authority


def lead(state):
    return "Done."


def desk(state):
    return "Done."


def clerk(state):
    return "A lamp."


office = hierarchy(desk, [clerk], authority=Authority(may_decide={"refund": 500}))
team = member(office, name="office")
graph = hierarchy(lead, [team], authority=Authority(may_decide={"refund": 50}))
```

Good:

```python
from stretto import hierarchy, level
from stretto.policy import Authority


def lead(state):
    return "Done."


def desk(state):
    return "Done."


def clerk(state):
    return "A lamp."


office = level(desk, [clerk], authority=Authority(may_decide={"refund": 20}))
graph = hierarchy(lead, [office], authority=Authority(may_decide={"refund": 50}))
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stretto.check.mutating import inserted
from stretto.check.rule import Rule
from stretto.policy import Authority, Budget
from stretto.policy.authority import exceeds, inherited
from stretto.policy.budget import UNITS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph, Node
    from stretto.check.finding import Finding, Place
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the members that may do or spend more than what they work for."""
    for node in graph.nodes.values():
        yield from _of_office(graph, node)
        yield from _of_budget(graph, node)


def _of_office(graph: Graph, node: Node) -> Iterator[Finding]:
    office: Any = getattr(node.member, "office", None)
    inner = _inner_office(node.graph) if office is not None else None
    if office is None or inner is None or inner.ranks[0] is office.ranks[0]:
        return
    above, top = office.ranks[-1], inner.ranks[0]
    more = exceeds(above.authority, _said(above.authority, top.authority))
    more += _more_tools(above.authority, top.authority, node.graph)
    if more:
        yield RULE.finding(
            graph,
            f"the hierarchy {top.path!r} exceeds {above.path!r}, for which it works, by {more[0]}",
            f"Make it a `level` of {above.path!r}, or take it from its authority.",
            node=node.name,
            place=node.place or _place(node.graph),
        )


def _place(graph: Graph | None) -> Place | None:
    """Where something of a graph stands that was built without a line for each node."""
    nodes = graph.nodes.values() if graph is not None else ()
    return next((node.code.place for node in nodes if node.code is not None), None)


def _said(above: Authority, own: Authority) -> Authority:
    """What an authority says, without what others are to judge: budgets, and names of its own."""
    whole = inherited(above, own)
    return whole.model_copy(update={"budget": above.budget, "delegates": above.delegates})


def _more_tools(above: Authority, own: Authority, graph: Graph | None) -> list[str]:
    """The tools within a hierarchy that limits none, where the one above it does."""
    if above.tools is None or own.tools is not None or graph is None:
        return []
    agents = [node.agent for each in graph.below() for node in each.nodes.values()]
    names = {tool.name for agent in agents if agent is not None for tool in agent.tools}
    return [f"the tool {name!r}" for name in sorted(names - above.tools - _ASKING)]


_ASKING = frozenset({"ask_decision", "have_decided"})
"""Tools that nobody needs to allow."""


def _inner_office(graph: Graph | None) -> Any:
    """The office of the nearest member within a graph that has one."""
    for node in graph.nodes.values() if graph is not None else ():
        own = getattr(node.member, "office", None)
        found = own if own is not None else _inner_office(node.graph)
        if found is not None:
            return found
    return None


def _of_budget(graph: Graph, node: Node) -> Iterator[Finding]:
    around = _budgets(node)
    for unit in UNITS if around else ():
        limits = [each for budget in around if (each := getattr(budget, unit)) is not None]
        own, inner = max(_inner_limits(node.graph, unit), default=(0, ""))
        if limits and own > min(limits):
            yield RULE.finding(
                graph,
                f"{inner!r} within {node.name!r} may spend {own:g} {unit}, above the "
                f"{min(limits):g} around it",
                "Lower its budget, or raise the one around it.",
                severity="warning",
                node=node.name,
                place=node.place or _place(node.graph),
            )


def _budgets(node: Node) -> list[Budget]:
    """The budgets that a member works in."""
    within = [budget for _, budget in getattr(node.member, "within", ())]
    own = getattr(node.policy, "budget", None)
    office = getattr(node.member, "office", None)
    levels = [rank.authority.budget for rank in office.ranks] if office is not None else []
    return [each for each in (*within, own, *levels) if each is not None]


def _inner_limits(graph: Graph | None, unit: str) -> Iterator[tuple[float, str]]:
    """The nearest limits within a graph, with the members that have them."""
    for node in graph.nodes.values() if graph is not None else ():
        own = _budgets(node)
        limits = (getattr(each, unit) for each in own)
        yield from ((limit, node.name) for limit in limits if limit is not None)
        if not own:
            yield from _inner_limits(node.graph, unit)


def mutate(builder: Builder) -> Builder:
    """Put a node at the front that asks a hierarchy with a hierarchy in it that exceeds it."""
    from stretto.members import member
    from stretto.patterns.hierarchy import hierarchy

    office = hierarchy(_desk, [_clerk], authority=Authority(may_decide={"refund": 500}))
    team = member(office, name="office")
    whole = hierarchy(_lead, [team], authority=Authority(may_decide={"refund": 50})).compile()

    def proud_clerk(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
        whole.invoke({"messages": [("user", "a lamp")]})
        return {}

    return inserted(builder, "proud_clerk", proud_clerk)


def _lead(state: Any) -> str:  # noqa: ARG001 - a member's
    return "Done."


def _desk(state: Any) -> str:  # noqa: ARG001 - a member's
    return "Done."


def _clerk(state: Any) -> str:  # noqa: ARG001 - a member's
    return "A lamp."


RULE = Rule("A507", "authority-exceeds-parent", "error", __doc__, check, mutate, static=False)
