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

from contextlib import contextmanager
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

import networkx as nx

from stretto.check.choices import choices, together
from stretto.check.facts import END, START
from stretto.check.mutating import copied
from stretto.check.rule import Rule
from stretto.check.ways import digraph, raises

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from stretto.check.choices import Choice
    from stretto.check.facts import Graph
    from stretto.check.finding import Certainty, Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the list edges that may wait for ever."""
    if not graph.joins:
        return
    ways = digraph(graph)
    whole = all(each.whole for each in graph.ways.values())
    chosen = choices(graph) if whole else {}
    for sources, target in sorted(graph.joins):
        there = all(each in graph.nodes for each in (*sources, target))
        if len(set(sources)) < 2 or not there:
            continue
        with _without(graph, ways, sources, target):
            told = _told(graph, sources, target, ways, chosen)
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


def _told(
    graph: Graph,
    sources: tuple[str, ...],
    target: str,
    ways: Any,
    chosen: dict[str, list[Choice]],
) -> tuple[str, Certainty] | None:
    """Why a list edge starves, and how sure that is; choices are empty where not all are known."""
    before = {each: {each, *nx.ancestors(ways, each)} for each in sources}
    if not all(START in each for each in before.values()):
        return None
    if chosen:
        for one, other in combinations(sources, 2):
            if not _both(one, other, before, chosen):
                return f"no run has both {one!r} and {other!r}", "proved"
    failing = next(_failing(graph, before, target, ways), None)
    if failing is None and chosen:
        failing = next(_skipped(sources, target, ways, chosen), None)
    return (failing, "possible") if failing is not None else None


@contextmanager
def _without(graph: Graph, ways: Any, sources: tuple[str, ...], target: str) -> Generator[None]:
    """Let the sources of a list edge end there for a while, rather than lead to its target."""
    gone = [each for each in sources if not _leads_by_itself(graph, each, sources, target)]
    ends = [each for each in sources if not ways.has_edge(each, END)]
    ways.remove_edges_from([(each, target) for each in gone])
    ways.add_edges_from([(each, END) for each in ends])
    yield
    ways.remove_edges_from([(each, END) for each in ends])
    ways.add_edges_from([(each, target) for each in gone])


def _leads_by_itself(graph: Graph, source: str, sources: tuple[str, ...], target: str) -> bool:
    ways = graph.ways[source]
    joins = (to for froms, to in graph.joins if source in froms and froms != sources)
    return target in ways.static | ways.chosen | ways.jumps or target in joins


def _both(
    one: str, other: str, before: dict[str, set[str]], chosen: dict[str, list[Choice]]
) -> bool:
    """Whether a run may have both of two nodes."""
    first, second = before[one], before[other]
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
    for name, choice, option in _options(_deciding(sources, ways), chosen):
        kept = {to for each in chosen[name] if each is not choice for to in each.targets}
        gone = [(name, to) for to in choice.targets - option - kept if ways.has_edge(name, to)]
        left = nx.restricted_view(ways, [], gone)
        reached = nx.descendants(left, START)
        missed = [each for each in sources if each not in reached]
        if not missed or len(missed) == len(sources) or target in reached:
            continue
        if name in reached | {START} and _ends(left, name, option):
            to = ", ".join("END" if each == END else repr(each) for each in sorted(option))
            source = "START" if name == START else repr(name)
            yield f"{missed[0]!r} does not run when {source} chooses {to}"


def _deciding(sources: tuple[str, ...], ways: Any) -> list[str]:
    """The nodes that all ways to some sources lead through, and the last before all of them."""
    above = nx.immediate_dominators(ways, START)
    chains = [_chain(each, above) for each in sources]
    shared = set(chains[0]).intersection(*chains)
    last = next((each for each in chains[0] if each in shared), START)
    own = [each for chain in chains for each in chain if each not in shared]
    return list(dict.fromkeys([*own, last]))


def _chain(name: str, above: dict[str, str | None]) -> list[str]:
    found = [name]
    while (name := above.get(found[-1]) or START) != found[-1]:
        found.append(name)
    return found


def _options(
    names: list[str], chosen: dict[str, list[Choice]]
) -> Iterator[tuple[str, Choice, frozenset[str]]]:
    for name in names:
        for choice in chosen.get(name, ()):
            if choice.sure and len(choice.options) > 1:
                yield from ((name, choice, option) for option in choice.options)


def _ends(ways: Any, name: str, option: frozenset[str]) -> bool:
    """Whether a choice may be the last one there, rather than lead back to be made again."""
    others = nx.restricted_view(ways, [name], [])
    return any(
        each in others and (each == END or nx.has_path(others, each, END)) for each in option
    )


def _failing(graph: Graph, before: dict[str, set[str]], target: str, ways: Any) -> Iterator[str]:
    """Name the nodes before a source whose error handler leads nowhere."""
    for name in dict.fromkeys(each for names in before.values() for each in names):
        node = graph.nodes.get(name)
        handler = graph.nodes.get(node.handler) if node is not None else None
        if handler is None or handler.code is None or handler.code.wrapped or raises(handler):
            continue
        leads = handler.code.jumps or not handler.code.jumps_all or handler.ends
        if leads or all(name in names for names in before.values()):
            continue
        if target not in nx.descendants(nx.restricted_view(ways, [name], []), START):
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
