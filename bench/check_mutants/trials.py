"""Tries rules: on sound graphs, and on those into which each puts its fault."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from langgraph.graph import StateGraph

from stretto.check.checking import found_in
from stretto.check.reading.compiled import read_graph
from stretto.check.reading.source import graphs_in_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bench.check_mutants.sound import Sound
    from stretto.check import Finding
    from stretto.check.rule import Rule


@dataclass(frozen=True)
class Miss:
    """A fault that was not found, or that the rule broke over."""

    code: str
    graph: str
    why: str = ""


@dataclass
class Score:
    """How a rule did."""

    rule: Rule
    mutants: int = 0
    misses: list[Miss] = field(default_factory=list[Miss])

    @property
    def caught(self) -> int:
        """How many of its mutants it found."""
        return self.mutants - len(self.misses)

    @property
    def share(self) -> float:
        """How many of them, of one."""
        return self.caught / self.mutants if self.mutants else 0.0


@dataclass(frozen=True)
class Alarm:
    """Something found where there is no fault."""

    graph: str
    way: str
    finding: Finding


def alarms(sound: Sound, rules: Iterable[Rule]) -> Iterator[Alarm]:
    """What is found in a sound graph: as given, before it was compiled, and from source alone."""
    chosen = [rule for rule in rules if not rule.advice]
    file = str(sound.file or "")
    ways = {"as given": [read_graph(sound.whole, file=file)]}
    if sound.graph is not None:
        ways["not compiled"] = [read_graph(sound.builder, file=file)]
    if sound.file is not None and sound.alone:
        ways["source"] = graphs_in_source(sound.file)
    for way, graphs in ways.items():
        for graph in graphs:
            yield from (Alarm(sound.name, way, each) for each in found_in(graph, chosen))


def try_mutant(score: Score, sound: Sound) -> None:
    """Put the rule's fault into a sound graph, where it can be, and look for it."""
    rule = score.rule
    try:
        made = rule.mutate(sound.builder) if rule.mutate is not None else None
        if made is None:
            return
        score.mutants += 1
        codes = {
            each.code
            for each in found_in(read_graph(as_given(sound, made), served=rule.served), [rule])
        }
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        score.mutants += not score.mutants
        score.misses.append(Miss(rule.code, sound.name, f"{type(error).__name__}: {error}"))
        return
    if rule.code not in codes:
        score.misses.append(Miss(rule.code, sound.name))


def as_given(sound: Sound, made: Any) -> Any:
    """A mutant, compiled as the sound graph was; uncompiled where LangGraph refuses it."""
    if sound.graph is None or not isinstance(made, StateGraph):
        return made
    given: Any = sound.graph
    try:
        compiled: Any = made.compile(
            checkpointer=given.checkpointer,
            store=given.store,
            cache=given.cache,
            interrupt_before=[n for n in given.interrupt_before_nodes if n in made.nodes],
            name=given.name,
        )
    except ValueError:
        return made
    return compiled.with_config(given.config) if given.config else compiled
