"""Whether threads that wait in the old version of a graph can go on in the new one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from stretto.check.asking import node_asks
from stretto.comparing.level import Level
from stretto.comparing.nodes import same_work
from stretto.comparing.reason import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stretto.check.facts import Graph, Node

Going: TypeAlias = Literal["goes on", "goes on, but", "cannot"]
_ORDER: tuple[Going, ...] = ("goes on", "goes on, but", "cannot")
_BEST: Going = "goes on"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a thread that waits in a node can go on in the new version."""

    path: tuple[str, ...]
    """The nodes that lead to the graph it waits in, the outermost first."""
    node: str
    asks: bool
    """Whether it may wait there for a person's answer."""
    going: Going
    why: tuple[str, ...] = ()
    """What is to be known, or what stands against it."""

    @property
    def place(self) -> str:
        """The node with those that lead to it."""
        return "/".join((*self.path, self.node))


def going_on(old: Graph, new: Graph) -> list[Verdict]:
    """Tell of every node of the old version whether threads that wait in it can go on in the new.

    `goes on` is certain as far as the source tells; `cannot` may be too cautious. A thread may wait
    in any node: before it, in a question, or since its process died there.

    Args:
        old: The facts of the old version.
        new: The facts of the new one.

    Returns:
        One verdict a node, those of graphs within a node after it.
    """
    return list(_graph(old, new, (), ()))


def worst(goings: Sequence[Going]) -> Going:
    """Give the one that stands most against it."""
    return max((*goings, _BEST), key=_ORDER.index)


def _graph(
    old: Graph, new: Graph | None, path: tuple[str, ...], above: tuple[Reason, ...]
) -> Iterator[Verdict]:
    if new is not None and old.builder is None:
        return
    level = None if new is None else Level(old, new)
    for name, node in old.nodes.items():
        asks = node_asks(node)
        begun = asks and node.graph is None
        own = () if level is None else tuple(level.reasons(name, inside=begun))
        yield _verdict(path, name, asks, (*above, *own))
        if node.graph is None:
            continue
        inner = None if new is None or name not in new.nodes else new.nodes[name].graph
        around = () if level is None else tuple(level.reasons(name, inside=True))
        if inner is not None and new is not None:
            around += tuple(_around(node, new.nodes[name], node.graph, inner))
        elif not any(each.fatal for each in (*above, *around)):
            around += (Reason(f"{name!r} is no graph any more: it would begin anew"),)
        outer = tuple(Reason(_of(name, each), each.fatal) for each in around)
        yield from _graph(node.graph, inner, (*path, name), (*above, *outer))


def _of(name: str, reason: Reason) -> str:
    return reason.text if repr(name) in reason.text else f"of {name!r}: {reason.text}"


def _around(old: Node, new: Node, before: Graph, after: Graph) -> Iterator[Reason]:
    """What is otherwise with how a graph stands in its node."""
    kept = [(each.remembers, each.checkpointing == "off") for each in (before, after)]
    if kept[0] != kept[1]:
        yield Reason("its state is kept elsewhere, or not at all, so it would begin anew")
    if old.member is None and new.member is None and not same_work(old, new):
        yield Reason("the code around its graph changed", fatal=False)
    if (old.member is None) != (new.member is None):
        yield Reason("its graph is run in another way, so it would begin anew")


def _verdict(path: tuple[str, ...], name: str, asks: bool, reasons: Sequence[Reason]) -> Verdict:  # noqa: FBT001
    fatal = [each.text for each in reasons if each.fatal]
    soft = [each.text for each in reasons if not each.fatal]
    going: Going = "cannot" if fatal else "goes on, but" if soft else "goes on"
    return Verdict(path, name, asks, going, tuple(dict.fromkeys(fatal or soft)))
