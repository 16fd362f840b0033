"""What the next member sees of what came before: the context policy of a handoff."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from langchain_core.messages import (
    AnyMessage,
    HumanMessage,
    SystemMessage,
    convert_to_messages,
)

from stretto.errors import InvalidInput
from stretto.members.effects import effect
from stretto.members.history import valid_history
from stretto.members.reply import text_of
from stretto.models import chat_model
from stretto.patterns.brief import brief_message, request_of, tag, whole_turns

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

Seen: TypeAlias = str | Sequence[AnyMessage]
Context: TypeAlias = (
    Literal["none", "last", "summary", "full"]
    | Callable[[Mapping[str, Any]], Seen | Awaitable[Seen]]
)
"""What a member sees beside the request: nothing; the last result; a summary of the conversation
and all results; all of it; or the text or messages that a function makes of the team's state.
Whatever it is, a model gets a history that strict providers accept."""

CONTEXTS = ("none", "last", "summary", "full")
HISTORY = 40
"""How many messages of earlier turns `full` and `summary` look at."""
_SUMMARIZE = (
    "Summarise what is between the tags in at most 200 words for a colleague who takes over. Keep "
    "names, numbers, decisions and what is still open; add nothing."
)


def valid_context(context: Any, where: str) -> Context:
    """Give back a context policy.

    Raises:
        InvalidInput: It is neither a known word nor a function.
    """
    if callable(context) or context in CONTEXTS:
        return cast("Context", context)
    raise InvalidInput(
        f"{where}: {context!r} is no context policy. Use one of {', '.join(CONTEXTS)}, or a "
        "function of the state that gives text or messages."
    )


async def seen(
    context: Context,
    state: Mapping[str, Any],
    results: Mapping[str, Any],
    *,
    request: str = "",
    model: BaseChatModel | None = None,
    extra: Sequence[str] = (),
) -> list[AnyMessage]:
    """Word what a member is given, as messages that end with a person's.

    Args:
        context: The policy.
        state: The team's.
        results: What came before in this turn, by who gave it, the last one last.
        request: What is asked; by default the conversation's last message.
        model: Summarises; by default the run's.
        extra: More parts of the brief, in tags.

    Raises:
        InvalidInput: There is nothing to work on, or a function gave neither text nor messages.
    """
    messages: Sequence[AnyMessage] = state.get("messages") or []
    asked, material = request_of(messages[-1:])
    asked = request or asked
    if callable(context):
        made = context(state)
        given = await made if inspect.isawaitable(made) else made
        return _own(given, asked, material, extra)
    told = _results(results, context)
    history: list[AnyMessage] = []
    if context == "full":
        history = whole_turns(messages[:-1], HISTORY)
    elif context == "summary":
        told = await _summary(messages[:-1], results, model)
    parts = [tag("request", asked), material, told, *extra]
    if not any(part.strip() for part in parts):
        raise InvalidInput("the question is empty. Say what you want to know.")
    if parts == [tag("request", asked), "", "", *extra] and not any(extra):
        return valid_history([*history, HumanMessage(asked)])
    return valid_history([*history, brief_message(parts)])


def _own(given: Any, asked: str, material: str, extra: Sequence[str]) -> list[AnyMessage]:
    if isinstance(given, str):
        told = tag("context", given)
        return [brief_message([tag("request", asked), material, told, *extra])]
    if not isinstance(given, Sequence):
        raise InvalidInput(
            f"a context policy gave {given!r}. Give text, or a list of messages that ends with the "
            "request."
        )
    history = valid_history(cast("list[AnyMessage]", convert_to_messages(given)))
    if not history or history[-1].type != "human" or not history[-1].text.strip():
        history = [*history, brief_message([tag("request", asked), material, *extra])]
    return history


def _results(results: Mapping[str, Any], context: Context) -> str:
    shown = [] if context in {"none", "summary"} else list(results.items())
    if context == "last":
        shown = shown[-1:]
    return "\n".join(tag("result", text_of(value), agent=name) for name, value in shown)


async def _summary(
    messages: Sequence[AnyMessage], results: Mapping[str, Any], model: BaseChatModel | None
) -> str:
    """One paragraph of all that came before, written by a model, once."""
    said = [f"{m.name or m.type}: {m.text}" for m in messages[-HISTORY:] if m.text.strip()]
    said += [f"{name}: {text_of(value)}" for name, value in results.items()]
    if not said:
        return ""
    asked = [SystemMessage(_SUMMARIZE), HumanMessage(tag("conversation", "\n".join(said)))]

    async def ask(asked: list[AnyMessage]) -> str:
        return (await (model or chat_model(None)).ainvoke(asked)).text

    return tag("summary", await effect("summary", ask, asked, effect="idempotent"))
