"""A conversation of several, as each of them sees it: a history that strict providers accept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage

from stretto.members.history import valid_history
from stretto.patterns.brief import tag
from stretto.patterns.context import HISTORY, seen
from stretto.patterns.handoff_turn import turn_of
from stretto.patterns.results import author

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stretto.patterns.context import Context


def seen_by(name: str, messages: Sequence[AnyMessage], extra: Sequence[str]) -> list[AnyMessage]:
    """The transcript from one's own point of view.

    Its own words are the assistant's; those of others are a user's, with their names in a tag.
    What several say in a row is one message.

    Args:
        name: Who looks.
        messages: The transcript; the last so many of it are shown.
        extra: What it is told at the end, in tags.
    """
    own, view = author(name), list[AnyMessage]()
    said: list[str] = []
    for message in messages[-HISTORY:]:
        if message.type == "ai" and message.name == own:
            if said:
                view.append(HumanMessage("\n".join(said)))
                said = []
            view.append(AIMessage(message.text, name=own))
        elif message.text.strip():
            person = message.type == "human"
            said.append(message.text if person else tag("said", message.text, by=_name(message)))
    view.append(HumanMessage("\n".join([*said, *(part for part in extra if part)])))
    return valid_history(view)


async def transcript(
    context: Context, name: str, state: Mapping[str, Any], extra: Sequence[str]
) -> list[AnyMessage]:
    """What a speaker is given, as its context policy says; with "full", the transcript."""
    messages: Sequence[AnyMessage] = state.get("messages") or []
    if context == "full":
        return seen_by(name, messages, extra)
    request = turn_of(state).request
    spoken = [m for m in messages[request + 1 :] if m.text.strip()]
    before = {_name(m): m.text for m in spoken[-1:]}
    if context == "summary":
        before = {f"{_name(m)}, {n}": m.text for n, m in enumerate(spoken, 1)}
    if callable(context):
        asked = messages[request].text if request >= 0 else ""
        return await seen(context, state, before, request=asked, extra=extra)
    shown = {**state, "messages": messages[: request + 1]}
    return await seen(context, shown, before, extra=extra)


def _name(message: AnyMessage) -> str:
    return message.name or message.type
