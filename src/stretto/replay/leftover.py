"""What a turn did when it was recorded and does not do any more, when it has come to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stretto.journal.deciding import path_of
from stretto.journal.payloads import value_of
from stretto.replay.difference import Difference, What
from stretto.replay.ends import final
from stretto.replay.nodes import Ended, compare_nodes
from stretto.replay.recording import matches
from stretto.replay.script import decision, is_effect_question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from stretto.records import NodeEnded
    from stretto.replay.session import Session


def leftover(session: Session) -> Difference | None:
    """The first thing that was recorded and did not come again; else whether the end differs."""
    left = [*_calls(session), *_records(session)]
    if left:
        _, what, path, name, told, recorded = min(left, key=lambda one: one[0])
        return Difference(
            what=what,
            turn=session.turn.number,
            path=path,
            name=name,
            told=told,
            recorded=recorded,
        )
    then, now = final(_recorded_ends(session)), final(session.ends)
    if then is None or now is None or matches(then, now):
        return _nodes(session)
    told = "the turn ends with something else."
    return Difference(what="end", turn=session.turn.number, told=told, recorded=then, now=now)


def _nodes(session: Session) -> Difference | None:
    """Whether the root graph's nodes ran in another order, or updated the state otherwise."""
    turn = session.turn
    if turn.anywhere or not turn.ends:
        return None
    kept, held = session.recording.payloads, session.held
    then = _ended(turn.ends, kept.__contains__, session.value, {})
    now = _ended(session.ended, held.__contains__, lambda d: value_of(held[d]), session.steps)
    count, unlike = compare_nodes(then, now)
    if unlike is not None and any(run.is_broken for run in turn.runs):
        return None  # what a crash made it do twice cannot be told from what it does otherwise
    session.nodes += count
    if unlike is None:
        return None
    return Difference(
        what="node",
        turn=turn.number,
        path=unlike.node,
        name=unlike.node,
        told=unlike.told,
        recorded=unlike.recorded,
        now=unlike.now,
    )


def _ended(
    records: Sequence[NodeEnded],
    has: Callable[[str], bool],
    value: Callable[[str], Any],
    steps: dict[str, int],
) -> list[Ended]:
    """The nodes that ended well, each once, in the order in which they last did."""
    last: dict[str, NodeEnded] = {}
    for record in records:
        if record.status == "done" and not is_effect_question(record.node):
            last.pop(record.place, None)
            last[record.place] = record
    found: list[Ended] = []
    for record in last.values():
        there = has(record.output)
        update = value(record.output) if there else None
        found.append(Ended(record.node, there, update, steps.get(record.place, 0)))
    return found


_Left = tuple[int, What, str, str, str, Any]
"""`seq`, what, path, name, sentence, what was recorded."""


def _calls(session: Session) -> Iterator[_Left]:
    for call in session.turn.models:
        if not call.used and call.is_finished:
            path, name = path_of(call.started.place), call.started.model
            then = session.recording.request(call.started.input)
            told = "the model is not called any more."
            yield call.started.seq, "model", path, name, told, then
    for effect in session.turn.effects:
        if not effect.key and any(one.status == "settled" for one in effect.outcomes):
            what: What = "tool" if effect.kind == "tool" else "call"
            then = {"name": effect.name, "args": effect.args}
            told = f"{effect.name} is not called any more."
            yield effect.seq, what, path_of(effect.place), effect.name, told, then


def _records(session: Session) -> Iterator[_Left]:
    turn = session.turn
    for record in turn.decisions:
        if record.seq not in session.came and not any(run.is_broken for run in turn.runs):
            told = f"{record.by} does not decide any more."
            path = path_of(record.place)
            yield record.seq, "decision", path, record.by, told, decision(record)
    came = {one.recorded for one in session.asked}
    for asked in turn.asked:
        if asked.interrupt not in came:
            told, then = "a person is not asked any more.", {"question": asked.value}
            yield asked.seq, "question", path_of(asked.place), asked.node, told, then


def _recorded_ends(session: Session) -> list[tuple[str, Any]]:
    held = session.recording.payloads
    return [(r.node, session.value(r.output)) for r in session.turn.ends if r.output in held]
