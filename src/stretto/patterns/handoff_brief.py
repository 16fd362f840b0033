"""What a member of a swarm is given: the request, and what those before it did and gave along."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic_core import to_jsonable_python

from stretto.patterns.brief import tag
from stretto.patterns.context import seen
from stretto.patterns.handoff_turn import last_chain, turn_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stretto.members import Brief, Member
    from stretto.patterns.context import Context
    from stretto.patterns.handoff_turn import Turn
    from stretto.patterns.ways import Ways
    from stretto.state import HandedOver


def handoff_brief(one: Member, ways: Ways) -> Brief:
    """Make what a member is given out of the swarm's state.

    A function gets the state, with `payload`: what it was handed, as the declared type. All others
    get it as JSON, and messages too, that end with a person's.
    """
    name = one.name

    def state_of(state: Mapping[str, Any]) -> dict[str, Any]:
        turn = turn_of(state)
        return _state(state, turn, ways)

    if one.function is not None:
        return state_of

    async def brief(state: Mapping[str, Any]) -> dict[str, Any]:
        turn = turn_of(state)
        given = _state(state, turn, ways)
        by = turn.handed[-1].by if turn.handed else ""
        context = ways.seen(by, name)
        messages = await _messages(context, given, turn)
        got = turn.received  # a graph stores what it is given: JSON, not a class it may not know
        return {**given, "payload": None if got is None else got.payload, "messages": messages}

    return brief


def _state(state: Mapping[str, Any], turn: Turn, ways: Ways) -> dict[str, Any]:
    """The state as this turn has it, without what an earlier one left."""
    given = dict(state)
    if turn.fresh:
        given |= {"results": {}, "failed": {}, "handed": []}
    got = turn.received
    given["payload"] = None if got is None else typed_payload(got, ways)
    return given


def typed_payload(got: HandedOver, ways: Ways) -> Any:
    """What was handed over, as the declared type."""
    declared = ways.edges.get(got.by, {}).get(got.to)
    if declared is None or declared.payload is None or got.payload is None:
        return got.payload
    return declared.payload.model_validate(got.payload)


async def _messages(context: Context, state: Mapping[str, Any], turn: Turn) -> Any:
    messages = (state.get("messages") or [])[: turn.request + 1]
    chain = last_chain(turn.handed)
    before = [] if callable(context) or context == "none" else _before(context, turn, chain)
    shown = dict(_results(state, turn))
    extra = [*before, *_words(chain, whole=context != "none" and not callable(context))]
    if context == "summary":
        shown |= {f"{each.by}, {n}": _told(each) for n, each in enumerate(turn.handed, 1)}
        extra = _words(chain, whole=True)
    if callable(context):  # it is shown the whole conversation
        return await seen(context, state, shown, request=_request(messages), extra=extra)
    return await seen(context, {**state, "messages": messages}, shown, extra=extra)


def _request(messages: Sequence[Any]) -> str:
    return messages[-1].text if messages else ""


def _before(context: Context, turn: Turn, chain: Sequence[HandedOver]) -> list[str]:
    """The handoffs before the last one, where they are to be seen."""
    if context != "full":
        return []
    return _words(turn.handed[: len(turn.handed) - len(chain)], whole=True)


def _results(state: Mapping[str, Any], turn: Turn) -> Iterator[tuple[str, Any]]:
    """Results of this turn, that of the one who handed over last at the end."""
    results: Mapping[str, Any] = state.get("results") or {}
    order = list(dict.fromkeys(each.by for each in reversed(turn.handed)))[::-1]
    for name in [*(n for n in results if n not in order), *order]:
        if name in results:
            yield name, results[name]


def _words(handed: Sequence[HandedOver], *, whole: bool) -> list[str]:
    return [text for each in handed for text in _one(each, whole=whole)]


def _one(each: HandedOver, *, whole: bool) -> Iterator[str]:
    """The words of one handoff, in tags."""
    if whole:
        for word in each.tools:
            args = json.dumps(word.args, ensure_ascii=False, default=str)
            yield tag("result", f"{args}\n{word.text}", agent=each.by, tool=word.tool)
        yield tag("said", each.said, agent=each.by)
    match each.how:
        case "handed":
            reason = each.reason or f"{each.by} hands the conversation over to you"
        case "stood in":
            reason = f"{each.by} is not available. Take its place"
        case "refused":
            reason = f"The handoff was not made: {each.reason}"
    yield tag("handoff", reason, **{"from": each.by, "to": each.to})
    if each.payload is not None:
        yield tag("payload", json.dumps(each.payload, ensure_ascii=False), agent=each.by)


def _told(each: HandedOver) -> str:
    return "\n".join(text for text in _one(each, whole=True) if text)


def plain(payload: Any) -> Any:
    """A payload as JSON.

    Raises:
        ValueError: It is not JSON.
    """
    return to_jsonable_python(payload)
