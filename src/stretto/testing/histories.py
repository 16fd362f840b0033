"""Whether OpenAI and Anthropic accept a history: the rules that they answer 400 by, one by one.

The rules are those of OpenAI's Chat Completions and of Anthropic's Messages, applied to what
langchain-openai and langchain-anthropic would send, before these mend some of it themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from stretto.testing.anthropic_rules import ANTHROPIC
from stretto.testing.openai_rules import OPENAI
from stretto.testing.turns import anthropic_turns, openai_turns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import BaseMessage

    from stretto.testing.call import Json

Provider: TypeAlias = Literal["openai", "anthropic"]
_MOST_TOOLS = 128


def history_problems(
    messages: Sequence[BaseMessage | Json],
    provider: Provider = "openai",
    *,
    tools: Sequence[Any] = (),
    prefill: bool = True,
) -> list[str]:
    """Say what a provider would refuse a history for, each time naming the message.

    It knows nothing of `stretto.members.history`, which mends histories, so that each can be tested
    by the other.

    Args:
        messages: LangChain's messages, or OpenAI's dictionaries (`Request.body["messages"]` of an
            `openai_server`), the system message first.
        provider: Whose rules.
        tools: What the request offers; only their number counts.
        prefill: Whether the model goes on where a last message of its own ends, as all of OpenAI
            and the older ones of Anthropic do. Newer ones of Anthropic refuse such a message.

    Returns:
        Sentences; empty where there is nothing to refuse.
    """
    if provider == "openai":
        turns, rules = openai_turns(messages), OPENAI
    else:
        turns, rules = anthropic_turns(messages), ANTHROPIC
    problems = [problem for rule in rules for problem in rule(turns)]
    if len(tools) > _MOST_TOOLS and provider == "openai":
        problems.append(f"{len(tools)} tools are offered; at most {_MOST_TOOLS} may be")
    if not prefill and turns and turns[-1].role == "assistant":
        problems.append(f"{turns[-1].where}: the conversation must end with a message of the user")
    return problems
