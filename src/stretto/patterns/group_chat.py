"""`group_chat`: several speak in one conversation, and a moderator says who is next."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

from stretto.errors import InvalidInput, InvalidMember
from stretto.members import Member, check_team
from stretto.members.decisions import decided
from stretto.patterns.brief import tag
from stretto.patterns.context import valid_context
from stretto.patterns.fields import shape
from stretto.patterns.made import remembered
from stretto.patterns.moderation import (
    NODE,
    OVER,
    Chat,
    ended,
    moderated,
    moderating,
    moderator_brief,
    round_robin,
    rule_node,
    view_of,
)
from stretto.patterns.results import author, result_of
from stretto.patterns.runs import at_most
from stretto.patterns.team import team_of
from stretto.patterns.transcript import transcript
from stretto.spec.agent import Agent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stretto.members import Brief, Reply, Update
    from stretto.patterns.context import Context
    from stretto.policy import Budget

Until: TypeAlias = Callable[[Mapping[str, Any]], bool | str | Awaitable[bool | str]]
"""Says of the state after each turn whether the chat is over: `False`, or else `True` or why."""


class _Over(TypedDict, total=False):
    """What of the state says whether the chat goes on."""

    over: str


@remembered
def group_chat(
    members: Sequence[object],
    *,
    moderator: object = None,
    max_turns: int = 12,
    until: Until | None = None,
    context: Context = "full",
    state: Any = None,
    budget: Budget | None = None,
) -> StateGraph[Any, Any, Any, Any]:
    """Build a conversation of several, as an uncompiled graph.

    Each speaker sees the transcript from its own point of view: its own words as an assistant's,
    those of others as a user's, with their names. The last word is the answer.

    Args:
        members: Those that speak.
        moderator: A function of the state that names who speaks next, or gives `None` when the chat
            is over (`spoken` holds who has spoken, in order); or an agent, which chooses and may
            close with words of its own. By default each speaks in turn.
        max_turns: Contributions to one turn of the person.
        until: Asked with the state after each contribution whether the chat is over.
        context: What a speaker sees; functions see the whole state.
        state: A `TypedDict` of fields of your own.
        budget: What all of them together may spend.

    Raises:
        InvalidMember: One is no member, two have one name, or one is called as a node of the chat.
        InvalidInput: The moderator owes another output, the context policy or the bound is none,
            or the state or budget cannot be used.

    Raises (in the graph):
        UnknownName: The function names none of the members.
        MemberFailed: The agent does so, however often it is asked.
    """
    valid_context(context, "group_chat")
    if isinstance(max_turns, bool) or not isinstance(max_turns, int) or max_turns < 1:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidInput(f"group_chat: max_turns is {max_turns!r}. Give a whole number from 1.")
    team = team_of("group_chat", members, budget, taken=frozenset({NODE, OVER}))
    _refuse_one_author(team)
    chat = Chat({name: one.role for name, one in team.items()}, max_turns)
    fields = shape(
        "group_chat",
        team.values(),
        state,
        spoken=list[str],
        over=str,
        turn=str,
        rejected=list[str],
    )
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(fields.state, **fields.schemas())
    leads, leader = _moderator(graph, moderator, chat, team, budget)
    check_team(budget, {**team, **leader}, "group_chat")
    graph.add_edge(START, leads)
    for one in team.values():
        node = one.node(
            _brief(one, context),
            _settle(one.name, chat, until),
            fields=fields.own,
            skip=_skip(one.name, chat),
        )
        turns = at_most(max_turns, together="turns")
        graph.add_node(one.name, node, metadata={**one.metadata, **turns})
        graph.add_conditional_edges(one.name, _goes_on(leads), [leads, END])
    return graph


def _refuse_one_author(team: Mapping[str, Member]) -> None:
    authors: dict[str, str] = {}
    for name in team:
        if (other := authors.setdefault(author(name), name)) != name:
            raise InvalidMember(
                f"group_chat: as authors of messages {other!r} and {name!r} have one name, "
                f"{author(name)!r}. Give one another, with `member(it, name=...)`."
            )


def _moderator(
    graph: StateGraph[Any, Any, Any, Any],
    thing: object,
    chat: Chat,
    team: Mapping[str, Member],
    budget: Budget | None,
) -> tuple[str, dict[str, Member]]:
    """Add the moderator; give its node, and the member that it is."""
    goes = (*chat.names, END)
    if thing is None or _is_rule(thing):
        rule: Any = round_robin(chat.names) if thing is None else thing
        about = {"role": "says who speaks next", "agent": NODE, **at_most(chat.max_turns + 1)}
        graph.add_node(NODE, rule_node(rule, chat), metadata=about, destinations=goes)
        return NODE, {}
    leader = team_of("group_chat", [moderating(thing, chat)], budget, taken=frozenset(team))
    (one,) = leader.values()

    async def settle(state: Any, said: Reply) -> Any:
        return await moderated(one, chat, state, said)

    node = one.node(moderator_brief(one, chat), settle, skip=lambda _state, why: ended(why))
    told = {**one.metadata, **at_most(chat.max_turns + 1)}
    graph.add_node(one.name, node, metadata=told, destinations=(*goes, one.name))
    return one.name, leader


def _is_rule(thing: object) -> bool:
    return callable(thing) and not isinstance(thing, Agent | Member | Runnable | StateGraph)


def _goes_on(leads: str) -> Callable[[_Over], str]:
    def goes_on(state: _Over) -> str:
        return END if state.get("over") else leads

    return goes_on


def _brief(one: Member, context: Context) -> Brief:
    if one.function is not None:
        return view_of
    turn = tag("turn", f"{one.name}, it is your turn.")

    async def brief(state: Mapping[str, Any]) -> dict[str, Any]:
        given = view_of(state)
        return {**given, "messages": await transcript(context, one.name, given, [turn])}

    return brief


def _settle(name: str, chat: Chat, until: Until | None) -> Any:
    async def settle(state: Mapping[str, Any], said: Reply) -> Update:
        result = None if said.silent else result_of(said)
        words = [AIMessage(said.text, name=author(name))] if said.text.strip() else []
        update: Update = {
            **said.update,
            "messages": words,
            "results": {name: result},
            "spoken": [*state.get("spoken", ()), name],
            "structured_response": said.value,
        }
        why = await _over(_after(state, update), chat, until)
        if why:
            await decided(NODE, OVER, reason=why)
            update |= ended(why)
        return update

    return settle


def _after(state: Mapping[str, Any], update: Update) -> dict[str, Any]:
    """The state with what was just said."""
    messages = [*(state.get("messages") or ()), *update["messages"]]
    results = {**(state.get("results") or {}), **update["results"]}
    return {**state, **update, "messages": messages, "results": results}


async def _over(state: Mapping[str, Any], chat: Chat, until: Until | None) -> str:
    """Why the chat is over; empty when it goes on."""
    if until is not None:
        made = until(state)
        said = await made if inspect.isawaitable(made) else made
        if said:
            return said if isinstance(said, str) else "`until` holds"
    return _full(len(state["spoken"]), chat)


def _full(spoken: int, chat: Chat) -> str:
    return f"{chat.max_turns} have spoken (`max_turns`)" if spoken >= chat.max_turns else ""


def _skip(name: str, chat: Chat) -> Any:
    """One that does not speak has had its turn: else a rule might name it for ever."""

    def skip(state: Mapping[str, Any], _why: str) -> Update:
        spoken = [*state.get("spoken", ()), name]
        why = _full(len(spoken), chat)
        return {"results": {name: None}, "spoken": spoken, **(ended(why) if why else {})}

    return skip
