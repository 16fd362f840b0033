"""Request and reply: from within a node or a tool, one member asks another and gets its answer."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from langchain_core.messages import BaseMessage, HumanMessage
from langgraph.config import get_config
from pydantic import BaseModel

from stretto.errors import InvalidInput
from stretto.members import Member, member
from stretto.members.decisions import told
from stretto.members.effects import effect
from stretto.members.history import valid_history
from stretto.members.reply import Reply
from stretto.patterns.brief import tag
from stretto.patterns.handoff_brief import plain
from stretto.records import AGENT_KEY
from stretto.resilience.waiting import asking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.messages import AnyMessage


async def ask_member(
    one: object, request: str | BaseModel | Sequence[AnyMessage], *, by: str = ""
) -> Reply:
    """Ask a member, and wait for its reply.

    It works under its own policy, and its effects happen once, as in a node of its own; once it has
    replied, a node that runs again gets the same reply. Where a person is asked within it, the node
    waits. The journal is told of the handoff there and back.

    Args:
        one: Anything that can be a member. Make it once, not at each call.
        request: Text, a value, or messages that end with a person's.
        by: Who asks; by default the agent or node that is at work.

    Returns:
        `text`, and `value`: its typed output, as its class where that is known.

    Raises:
        Deadlock: The one that is asked waits for an answer itself: A asks B, and B asks A.
        InvalidInput: The request says nothing, or there is no graph at work here.
        InvalidMember: It is no member.
        Exception: What the member raised.
    """
    callee = one if isinstance(one, Member) else member(one)
    given, caller = _given(request), by or _caller()

    words = _words(given["request"])

    async def hand(request: str) -> None:
        await told("handoff", by=caller, to=callee.name, reason=request)

    async def ask(_request: str) -> dict[str, Any]:
        said: Reply = await callee.successor().call(given, get_config())
        await told("handoff", by=callee.name, to=caller, reason="the reply")
        return {"text": said.text, "value": plain(said.json), "complete": said.complete}

    with asking(caller, callee.name):
        await effect(f"hand to {callee.name}", hand, words, effect="idempotent")
        answer = await effect(f"ask {callee.name}", ask, words, effect="idempotent")
    return Reply(answer["text"], _typed(answer["value"], callee), complete=answer["complete"])


def _typed(value: Any, callee: Member) -> Any:
    kind = callee.value_type
    if value is not None and inspect.isclass(kind) and issubclass(kind, BaseModel):
        return kind.model_validate(value)
    return value


def _given(request: Any) -> dict[str, Any]:
    if isinstance(request, str) and request.strip():
        return {"messages": [HumanMessage(request)], "request": request}
    if isinstance(request, BaseModel):
        words = tag("request", request.model_dump_json())
        return {"messages": [HumanMessage(words)], "request": request}
    listed: Any = request
    last = listed[-1] if isinstance(listed, list | tuple) and listed else None
    if isinstance(last, BaseMessage) and last.type == "human" and last.text.strip():
        return {"messages": valid_history(list(listed)), "request": last.text}
    raise InvalidInput(
        f"ask_member: {request!r} asks nothing. Give text, a pydantic value, or messages that end "
        "with a person's."
    )


def _words(request: Any) -> str:
    return request.model_dump_json() if isinstance(request, BaseModel) else str(request)


def _caller() -> str:
    """Who is at work here.

    Raises:
        InvalidInput: There is no graph at work.
    """
    try:
        metadata: Mapping[str, Any] = get_config().get("metadata") or {}
    except RuntimeError:
        raise InvalidInput(
            "ask_member: nobody is at work here. Call it from a node or a tool of a graph."
        ) from None
    names = (metadata.get(key) for key in (AGENT_KEY, "agent", "langgraph_node"))
    return next((str(name) for name in names if name), "")
