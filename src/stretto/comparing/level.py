"""Why a thread that waits in a node of one graph cannot go on in the new version of that graph."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from stretto.comparing.asked import asked_reasons
from stretto.comparing.fields import kept_fits
from stretto.comparing.graphs import renames
from stretto.comparing.kept_by_patterns import pattern_reasons, same_pattern
from stretto.comparing.moments import Moment, Moves, Unclear, reached, stuck
from stretto.comparing.needs import missing, sure_reads, unsure
from stretto.comparing.reason import Reason
from stretto.comparing.values import same

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph, Node
    from stretto.comparing.moments import Join


@dataclass(frozen=True)
class Level:
    """Two versions of one graph, without those within it."""

    old: Graph
    new: Graph

    def reasons(self, name: str, *, inside: bool) -> Iterator[Reason]:
        """Why a thread that waits in a node cannot go on there, or not quite as it was.

        Args:
            name: A node of the old version.
            inside: Whether the node has begun, so that something of it is kept: work of a graph
                within it, or a question.
        """
        if name not in self.new.nodes:
            yield self._gone(name)
            return
        old, new = self.old.nodes[name], self.new.nodes[name]
        yield from self._start(old, new, inside=inside)
        yield from self._fields(name)
        yield from asked_reasons(old, new)
        yield from self._sent(old, new)
        yield from pattern_reasons(self.old, self.new, name)
        yield from self._order(name)
        yield from self._beside(name)
        if new.opaque or old.opaque:
            yield Reason("its source is not to be had, so its code was not compared", fatal=False)

    def _gone(self, name: str) -> Reason:
        now = next((after for after, was in renames(self.old, self.new).items() if was == name), "")
        told = f"; it is most likely {now!r} now" if now else ""
        return Reason(
            f"node {name!r} is gone{told}: LangGraph would end the run in silence and lose the "
            "answer"
        )

    def _start(self, old: Node, new: Node, *, inside: bool) -> Iterator[Reason]:
        """Whether the node is started by the same, which is part of its id in a checkpoint."""
        before, after = _joins_into(self.old, old.name), _joins_into(self.new, new.name)
        for sources, _ in sorted(before - after):
            yield Reason(
                f"it may have been started by the wait for {', '.join(sources)}, which is gone"
            )
        if after - before and inside:
            yield Reason(
                "what starts it changed, and with it the id under which its work and its answers "
                "are kept"
            )
        if old.defer != new.defer or old.is_handler != new.is_handler:
            yield Reason("it is started in another way now (`defer` or as an error handler)")

    def _fields(self, name: str) -> Iterator[Reason]:
        yield from self._kept
        for field in missing(self.old, self.new, name):
            yield Reason(
                f"field {field!r} is read from here on, and nothing has written it in such a thread"
            )
        if doubtful := unsure(self.old, self.new, name):
            names = ", ".join(sorted(doubtful))
            told = f"fields are new, and empty then; what {names} reads of them is not known"
            yield Reason(told, fatal=False)

    @cached_property
    def _kept(self) -> tuple[Reason, ...]:
        """What is otherwise with what checkpoints hold, wherever a thread waits."""
        found: list[Reason] = []
        for name, field in self.old.fields.items():
            now = self.new.fields.get(name)
            if now is None:
                found.append(
                    Reason(f"field {name!r} is gone: what it held is dropped", fatal=False)
                )
                continue
            if unfit := kept_fits(field, now):
                found.append(Reason(unfit))
            elif field.merges and not now.merges and self._parallel:
                found.append(Reason(f"writes to field {name!r} are not merged any more"))
            elif not same(field.live, now.live):
                told = f"writes to field {name!r} are merged otherwise from now on"
                found.append(Reason(told, fatal=False))
        for name, field in self.new.fields.items():
            if name not in self.old.fields and not field.managed:
                found.append(Reason(f"field {name!r} is new, and empty then", fatal=False))
        return tuple(found)

    def _order(self, name: str) -> Iterator[Reason]:
        """Whether what has been done comes behind it now, or what has not comes before it."""
        was, now = reached(self.old, [name]), reached(self.new, [name])
        for each in sorted((now - was) & {*self.old.nodes}):
            if name in reached(self.old, [each]):
                yield Reason(f"{each!r} has been done by then, and comes behind it now: once more")
        for each in sorted((was - now) & {*self.new.nodes}):
            told = f"{each!r} came behind it, and does not now: it is left out in such a thread"
            yield Reason(told, fatal=False)

    def _sent(self, old: Node, new: Node) -> Iterator[Reason]:
        """Whether it reads what nobody has sent it."""
        sent = {j.target for b in self.old.branches for j in b.sends if j.kind == "send"}
        codes = [node.code for node in self.old.nodes.values() if node.code is not None]
        sent |= {j.target for code in codes for j in code.jumps if j.kind == "send"}
        if old.name not in sent:
            return
        for field in sorted(sure_reads(new) - sure_reads(old)):
            yield Reason(f"it was sent its input by the old version, which has no {field!r}")

    @cached_property
    def _moves(self) -> tuple[Moves, frozenset[Moment], Moves, frozenset[Moment]] | None:
        """How both go on, and all their moments; `None` where they cannot be gone through."""
        old, new = Moves(self.old), Moves(self.new)
        try:
            return old, old.of_run(), new, new.of_run()
        except Unclear:
            return None

    @cached_property
    def _parallel(self) -> bool:
        if self._moves is None:
            return True
        old, moments, _, _ = self._moves
        return bool(old.twice()) or any(len(old.running(each)) > 1 for each in moments)

    def _beside(self, name: str) -> Iterator[Reason]:
        """What comes of all that is kept beside the node: results of others, and waits for them."""
        if self._moves is None:
            if not self._same_shape():
                yield Reason(
                    "the ways between its nodes changed, and which of them go on together cannot "
                    "be told"
                )
            return
        moves, moments, ahead, own = self._moves
        told: set[str] = set()
        for moment in sorted(moments, key=_order):
            running = moves.running(moment)
            if name not in running:
                continue
            beside = running - {name} | (moves.twice() & {name}) | (moment.pending - running)
            reasons = [r for each in sorted(beside) for r in self._neighbour(each, name)]
            reasons += self._waits(moment, ahead, own)
            for reason in reasons:
                if reason.text not in told:
                    told.add(reason.text)
                    yield reason

    def _neighbour(self, name: str, waiting: str) -> Iterator[Reason]:
        """Whether what a node beside the waiting one has done, or is to do, still counts."""
        if name not in self.new.nodes:
            yield Reason(f"{name!r}, which runs beside it, is gone, and its result with it")
            return
        if _joins_into(self.old, name) != _joins_into(self.new, name):
            yield Reason(f"{name!r}, which runs beside it, would be done again: its id changed")
        if self.old.nodes[name].defer != self.new.nodes[name].defer:
            yield Reason(f"{name!r} is started in another way now")
        if not self._leads_on(name):
            who = (
                "it runs several times at once, and" if name == waiting else f"{name!r}, beside it,"
            )
            yield Reason(f"{who} may have led on already, by edges that are other ones now")
        if name != waiting:
            yield from self._collision(name, waiting)

    def _collision(self, name: str, waiting: str) -> Iterator[Reason]:
        """Whether both write a field that takes one write a step."""
        theirs = self.old.nodes[name].writes
        before, now = self.old.nodes[waiting].writes, self.new.nodes[waiting].writes
        if theirs is None or now is None:
            return
        for field in sorted(theirs & (now - (before or frozenset()))):
            if field in self.new.fields and not self.new.fields[field].merges:
                yield Reason(
                    f"{name!r}, beside it, has written {field!r} already, which it does now"
                )

    def _waits(self, moment: Moment, ahead: Moves, own: frozenset[Moment]) -> Iterator[Reason]:
        """Whether list edges still come to their end."""
        pending = moment.pending & frozenset(self.new.nodes)
        after = reached(self.new, pending)
        for join, source in sorted(moment.arrived):
            if join not in self.new.joins:
                told = f"that {source!r} has ended is forgotten: {join[1]!r} does not wait for it"
                yield Reason(told, fatal=join[1] not in after)
        arrived = frozenset(each for each in moment.arrived if each[0] in self.new.joins)
        now = Moment(pending, arrived)
        if now in own or not pending:
            return
        try:
            ends = ahead.after([now])
        except Unclear:
            yield Reason("the ways from here cannot be told, and such a moment is new")
            return
        for join in sorted(stuck(ends)):
            yield Reason(_never(join))

    def _leads_on(self, name: str) -> bool:
        """Whether where a node has led on is where it leads, or may lead, in the new version."""
        old, new = self.old.ways[name], self.new.ways[name]
        if _joins_of(self.old, name) != _joins_of(self.new, name) or old.static != new.static:
            return False
        if same_pattern(self.old, self.new) is None:
            return (old.chosen, old.jumps) == (new.chosen, new.jumps)
        return old.chosen <= new.chosen and old.jumps <= new.jumps

    def _same_shape(self) -> bool:
        before, after = {*self.old.ways}, {*self.new.ways}
        if before != after and same_pattern(self.old, self.new) is None:
            return False
        return (
            before <= after
            and self.old.joins == self.new.joins
            and all(self._leads_on(each) for each in before)
        )


def _never(join: Join) -> str:
    sources, target = join
    return (
        f"{target!r} waits for {', '.join(sources)} together, and not all of them would come in "
        "such a thread: it would never run"
    )


def _order(moment: Moment) -> tuple[list[str], list[str]]:
    return sorted(moment.pending), sorted(map(str, moment.arrived))


def _joins_of(graph: Graph, name: str) -> frozenset[Join]:
    return frozenset(join for join in graph.joins if name in join[0])


def _joins_into(graph: Graph, name: str) -> frozenset[Join]:
    return frozenset(join for join in graph.joins if join[1] == name)
