"""An agent that does again what a recorded conversation did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain.agents import AgentState, create_agent
from langchain.agents.middleware import AgentMiddleware, hook_config
from langchain_core.messages import AIMessage, SystemMessage
from typing_extensions import override

from stretto.members.effects import EffectsOnce
from stretto.testing.recorded import RecordedModel, conversation, recorded_tools

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langgraph.graph.state import CompiledStateGraph
    from langgraph.runtime import Runtime

    from stretto.testing.recorded import Talk


def recorded_agent(
    messages: Talk, *, middleware: Sequence[AgentMiddleware[Any, Any, Any]] | None = None
) -> CompiledStateGraph[Any, Any, Any, Any]:
    """A `create_agent` agent whose model and tools answer from a recorded conversation.

    Give it the conversation's user turns one after the other. It ends a turn where the recording
    ends, also when that is a tool's result or a user's last word.

    Args:
        messages: The conversation; its system message is the agent's prompt.
        middleware: In place of `EffectsOnce`.
    """
    talk = conversation(messages)
    first = talk[0] if talk else None
    ends: list[AgentMiddleware[Any, Any, Any]] = []
    if talk and not isinstance(talk[-1], AIMessage):
        ends = [_Ends(len(talk) - isinstance(first, SystemMessage))]
    return create_agent(
        RecordedModel(talk),
        recorded_tools(talk),
        system_prompt=first if isinstance(first, SystemMessage) else None,
        middleware=[*ends, *([EffectsOnce()] if middleware is None else middleware)],
    )


class _Ends(AgentMiddleware[Any, Any, Any]):
    """Ends the agent where the conversation ends without an answer."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self._length = length

    @override
    @hook_config(can_jump_to=["end"])
    def before_model(self, state: AgentState[Any], runtime: Runtime[Any]) -> dict[str, Any] | None:
        return {"jump_to": "end"} if len(state["messages"]) >= self._length else None
