"""Random small graphs, and small random edits of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.comparing.small import Small, Step

if TYPE_CHECKING:
    from collections.abc import Callable

    Draw = Callable[[st.SearchStrategy[object]], object]

NAMES = "abcde"
QUESTIONS = ("Pay?", "Send?")


@st.composite
def smalls(draw, *, most: int = 5, nested: bool = True) -> Small:
    """A graph of two to `most` nodes; nodes come before those that they lead to."""
    count = draw(st.integers(2, most))
    names = NAMES[:count]
    edges: set[tuple[str, str]] = {("START", names[0])}
    joins: set[tuple[tuple[str, ...], str]] = set()
    picks: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    for at, name in enumerate(names[1:], 1):
        before = ["START", *names[:at]]
        how = draw(st.sampled_from(["edge", "edge", "start", "two", "join", "join", "pick"]))
        one, other = draw(st.sampled_from(before)), draw(st.sampled_from(before))
        if how == "join" and "START" not in {one, other} and one != other:
            joins.add(((one, other), name))
        elif how == "pick" and one != "START":
            yes, no = picks.get(one, ((), ()))
            both = draw(st.booleans())
            picks[one] = (*yes, name), (*no, name) if both else no
        elif how == "two":
            edges |= {(one, name), (other, name)}
        else:
            edges.add(("START" if how == "start" else names[at - 1], name))
    steps = tuple(draw(_steps(name, nested=nested)) for name in names)
    return Small(steps, frozenset(edges), frozenset(joins), _picks(picks))


def _picks(picks):
    return tuple((name, yes, no) for name, (yes, no) in sorted(picks.items()))


@st.composite
def _steps(draw, name: str, *, nested: bool) -> Step:
    if nested and draw(st.integers(0, 5)) == 0:
        inner = draw(smalls(most=3, nested=False))
        return Step(name, inner=inner)
    asks = draw(st.sampled_from([(), (), ("Pay?",), ("Pay?", "Send?")]))
    return Step(name, asks=asks)


@st.composite
def edited(draw, small: Small) -> Small:
    """The graph after one to three edits."""
    for _ in range(draw(st.integers(1, 3))):
        edit = draw(st.sampled_from(EDITS))
        small = edit(draw, small)
    return small


def _some(draw, small: Small) -> Step:
    return draw(st.sampled_from(small.steps))


def _with(small: Small, old: Step, new: Step) -> Small:
    return replace(small, steps=tuple(new if s is old else s for s in small.steps))


def _asks(draw, small: Small) -> Small:
    step = _some(draw, small)
    if step.inner is not None:
        return _with(small, step, replace(step, inner=draw(edited(step.inner))))
    asks = draw(st.sampled_from([(), ("Pay?",), ("Send?",), ("Pay?", "Send?"), ("Send?", "Pay?")]))
    return _with(small, step, replace(step, asks=asks))


def _reads(draw, small: Small) -> Small:
    step = _some(draw, small)
    key = draw(st.sampled_from([*(f"k_{name}" for name in small.names), "more"]))
    return _with(small, step, replace(step, reads=(*step.reads, key)))


def _kind(draw, small: Small) -> Small:
    key = draw(st.sampled_from([f"k_{name}" for name in small.names]))
    kind = draw(st.sampled_from(["str | None", "Annotated[str, lambda a, b: b]", "int"]))
    return replace(small, kinds=(*((k, v) for k, v in small.kinds if k != key), (key, kind)))


def renamed(small: Small, old: str, new: str) -> Small:
    """The graph with another name for a node."""

    def to(name: str) -> str:
        return new if name == old else name

    return replace(
        small,
        steps=tuple(replace(s, name=to(s.name)) for s in small.steps),
        edges=frozenset((to(a), to(b)) for a, b in small.edges),
        joins=frozenset((tuple(map(to, s)), to(b)) for s, b in small.joins),
        picks=tuple((to(n), tuple(map(to, y)), tuple(map(to, o))) for n, y, o in small.picks),
    )


def _rename(draw, small: Small) -> Small:
    name = draw(st.sampled_from(small.names))
    return renamed(small, name, "z") if "z" not in small.names else small


def _remove(draw, small: Small) -> Small:
    """Take a node out; who led to it leads on to what it led to."""
    if len(small.steps) < 2:
        return small
    name = draw(st.sampled_from(small.names))
    after = {b for a, b in small.edges if a == name}
    before = {a for a, b in small.edges if b == name}
    edges = {(a, b) for a, b in small.edges if name not in {a, b}}
    edges |= {(a, b) for a in before for b in after}
    joins = frozenset((s, b) for s, b in small.joins if b != name and name not in s)
    picks = tuple(
        (n, tuple(y for y in yes if y != name), tuple(o for o in no if o != name))
        for n, yes, no in small.picks
        if n != name
    )
    made = replace(
        small,
        steps=tuple(s for s in small.steps if s.name != name),
        edges=frozenset(edges),
        joins=joins,
        picks=picks,
    )
    return made if any(a == "START" for a, _ in edges) else small


def _insert(draw, small: Small) -> Small:
    if "n" in small.names or not small.edges:
        return small
    a, b = draw(st.sampled_from(sorted(small.edges)))
    edges = (small.edges - {(a, b)}) | {(a, "n"), ("n", b)}
    return replace(small, steps=(*small.steps, Step("n")), edges=edges)


def _beside(draw, small: Small) -> Small:
    """A new node beside others, which one more waits for."""
    if "m" in small.names or not small.edges:
        return small
    a, b = draw(st.sampled_from(sorted(small.edges)))
    edges = small.edges | {(a, "m")}
    joins = small.joins
    if a != "START" and draw(st.booleans()):
        edges, joins = edges - {(a, b)}, joins | {((a, "m"), b)}
    return replace(small, steps=(*small.steps, Step("m")), edges=edges, joins=joins)


def _later(small: Small, a: str, b: str) -> bool:
    order = {name: at for at, name in enumerate(("START", *sorted(small.names)))}
    return order[a] < order[b]


def _edge(draw, small: Small) -> Small:
    """One edge more or less."""
    a = draw(st.sampled_from(["START", *small.names]))
    b = draw(st.sampled_from(small.names))
    if (a, b) in small.edges:
        left = small.edges - {(a, b)}
        return replace(small, edges=left) if any(s == "START" for s, _ in left) else small
    return replace(small, edges=small.edges | {(a, b)}) if _later(small, a, b) else small


def _join(draw, small: Small) -> Small:
    """A join made of edges, taken apart, or with its sources in another order."""
    if small.joins:
        sources, b = draw(st.sampled_from(sorted(small.joins)))
        left = small.joins - {(sources, b)}
        how = draw(st.sampled_from(["apart", "turned", "gone"]))
        if how == "turned":
            return replace(small, joins=left | {(sources[::-1], b)})
        more = frozenset((a, b) for a in sources) if how == "apart" else frozenset()
        return replace(small, joins=left, edges=small.edges | more)
    a, c = draw(st.sampled_from(small.names)), draw(st.sampled_from(small.names))
    b = draw(st.sampled_from(small.names))
    if len({a, b, c}) == 3 and _later(small, a, b) and _later(small, c, b):
        edges = small.edges - {(a, b), (c, b)}
        if any(s == "START" for s, _ in edges):
            return replace(small, joins=small.joins | {((a, c), b)}, edges=edges)
    return small


EDITS = (_asks, _reads, _kind, _rename, _remove, _insert, _beside, _edge, _join, _asks, _insert)
