"""A list edge whose sources do not all run never fires, and the run ends as a success without it.

`add_edge(["a", "b"], "fin")` waits until both `a` and `b` have run. Where a conditional edge
chooses one of them, or leads past one, or where one of them fails and its error handler leads
nowhere, nothing starts `fin`; no error tells of it. Edges of their own, `add_edge("a", "fin")`, do
not wait for one another; `defer=True` waits for what does run.

Bad:

```python
from typing import Literal

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    question: str
    found: str
    answer: str


def route(state: State) -> Literal["web", "files"]:
    return "web" if "news" in state["question"] else "files"


def web(state: State) -> dict:
    return {"found": "a page"}


def files(state: State) -> dict:
    return {"found": "a file"}


def answer(state: State) -> dict:
    return {"answer": state["found"] + " says so"}


builder = StateGraph(State)
builder.add_node("web", web)
builder.add_node("files", files)
builder.add_node("answer", answer)
builder.add_conditional_edges(START, route)
builder.add_edge(["web", "files"], "answer")
builder.add_edge("answer", END)
graph = builder.compile()
```

Good:

```python
from typing import Literal

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    question: str
    found: str
    answer: str


def route(state: State) -> Literal["web", "files"]:
    return "web" if "news" in state["question"] else "files"


def web(state: State) -> dict:
    return {"found": "a page"}


def files(state: State) -> dict:
    return {"found": "a file"}


def answer(state: State) -> dict:
    return {"answer": state["found"] + " says so"}


builder = StateGraph(State)
builder.add_node("web", web)
builder.add_node("files", files)
builder.add_node("answer", answer)
builder.add_conditional_edges(START, route)
builder.add_edge("web", "answer")
builder.add_edge("files", "answer")
builder.add_edge("answer", END)
graph = builder.compile()
```
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

import networkx as nx

from stretto.check.choices import choices, together
from stretto.check.facts import END, START
from stretto.check.mutating import copied
from stretto.check.rule import Rule
from stretto.check.ways import digraph, raises

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.choices import Choice
    from stretto.check.facts import Graph
    from stretto.check.finding import Certainty, Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the list edges that may wait for ever."""
    for sources, target in sorted(graph.joins):
        there = all(each in graph.nodes for each in (*sources, target))
        if len(set(sources)) < 2 or not there:
            continue
        told = _told(graph, sources, target)
        if told is not None:
            why, certainty = told
            yield RULE.finding(
                graph,
                f"the list edge from {', '.join(map(repr, sources))} to {target!r} "
                f"{'never fires' if certainty == 'proved' else 'may never fire'}: {why}",
                "Give each source an edge of its own and the target `defer=True`, or lead on to "
                "the target wherever a source is left out.",
                certainty=certainty,
                severity="error" if certainty == "proved" else "warning",
                node=target,
                place=graph.places.edge(sources[0], target) if graph.places else None,
            )


def _told(graph: Graph, sources: tuple[str, ...], target: str) -> tuple[str, Certainty] | None:
    """Why a list edge starves, and how sure that is."""
    ways = _without(graph, sources, target)
    failing = next(_failing(graph, sources, target, ways), None)
    if all(each.whole for each in graph.ways.values()):
        chosen = choices(graph)
        for one, other in combinations(sources, 2):
            reached = {one, other} <= set(nx.descendants(ways, START))
            if reached and not _both(one, other, ways, chosen):
                return f"no run has both {one!r} and {other!r}", "proved"
        skipped = next(_skipped(sources, target, ways, chosen), None)
        if failing is None and skipped is not None:
            return skipped, "possible"
    return (failing, "possible") if failing is not None else None


def _without(graph: Graph, sources: tuple[str, ...], target: str) -> Any:
    """The ways of a graph without a list edge: its sources end there."""
    made = digraph(graph)
    for source in sources:
        others = {to for froms, to in graph.joins if source in froms and froms != sources}
        if target not in graph.ways[source].static | graph.ways[source].chosen | others:
            made.remove_edge(source, target)
        made.add_edge(source, END)
    return made


def _both(one: str, other: str, ways: Any, chosen: dict[str, list[Choice]]) -> bool:
    """Whether a run may have both of two nodes."""
    first, second = ({name, *nx.ancestors(ways, name)} for name in (one, other))
    if one in second or other in first:
        return True
    for name in first & second:
        for a, b in together(chosen.get(name, [])):
            if (a in first and b in second) or (b in first and a in second):
                return True
    return False


def _skipped(
    sources: tuple[str, ...], target: str, ways: Any, chosen: dict[str, list[Choice]]
) -> Iterator[str]:
    """Name the choices that leave out a source, when another runs and the target is not reached."""
    for name, choice, option in _options(chosen):
        left = ways.copy()
        kept = {to for each in chosen[name] if each is not choice for to in each.targets}
        left.remove_edges_from((name, to) for to in choice.targets - option - kept)
        reached = nx.descendants(left, START)
        missed = [each for each in sources if each not in reached]
        if not missed or len(missed) == len(sources) or target in reached:
            continue
        if name in reached | {START} and _ends(left, name, option):
            to = ", ".join("END" if each == END else repr(each) for each in sorted(option))
            source = "START" if name == START else repr(name)
            yield f"{missed[0]!r} does not run when {source} chooses {to}"


def _options(chosen: dict[str, list[Choice]]) -> Iterator[tuple[str, Choice, frozenset[str]]]:
    for name, each in chosen.items():
        for choice in each:
            if choice.sure and len(choice.options) > 1:
                yield from ((name, choice, option) for option in choice.options)


def _ends(ways: Any, name: str, option: frozenset[str]) -> bool:
    """Whether a choice may be the last one there, rather than lead back to be made again."""
    made = ways.copy()
    made.remove_node(name)
    return any(each in made and (each == END or nx.has_path(made, each, END)) for each in option)


def _failing(graph: Graph, sources: tuple[str, ...], target: str, ways: Any) -> Iterator[str]:
    """Name the nodes before a source whose error handler leads nowhere."""
    for name, node in graph.nodes.items():
        handler = graph.nodes.get(node.handler)
        if handler is None or handler.code is None or handler.code.wrapped or raises(handler):
            continue
        leads = handler.code.jumps or not handler.code.jumps_all or handler.ends
        after = {name, *nx.descendants(ways, name)}
        hit = [each for each in sources if each in after]
        if leads or not hit or len(hit) == len(sources):
            continue
        rest = ways.copy()
        rest.remove_node(name)
        if target not in nx.descendants(rest, START):
            yield f"when {name!r} fails its error handler leads nowhere"


def mutate(builder: Builder) -> Builder:
    """Choose one of two nodes as well, and wait for both."""
    made = copied(builder)
    for name in ("decides", "one_way", "other_way", "never_comes"):
        made.add_node(name, _passes)
    made.add_edge(START, "decides")
    made.add_conditional_edges("decides", _one_way)
    made.add_edge(["one_way", "other_way"], "never_comes")
    return made


def _passes(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    return {}


def _one_way(state: Any) -> Literal["one_way", "other_way"]:
    return "one_way" if state else "other_way"


RULE = Rule("G108", "starved-join", "error", __doc__, check, mutate)
