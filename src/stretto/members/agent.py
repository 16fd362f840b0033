"""Turns an `Agent` into the graph that LangChain's `create_agent` makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain.agents import AgentState, create_agent
from langchain.agents.middleware import (
    SummarizationMiddleware,
    ToolErrorMiddleware,
)
from langchain.agents.structured_output import ToolStrategy

from stretto.errors import SourceUnusable, StateUnavailable, StateUnreadable, StrettoError
from stretto.members.effects import EffectsOnce
from stretto.members.guarded import GuardedCalls, model_under
from stretto.members.limit import CallLimit
from stretto.members.marking import Marking
from stretto.members.screening import ScreenedSummary, Screening, Unstreamed
from stretto.state import Messages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain.agents.middleware.types import AgentMiddleware, ToolCallRequest
    from langchain_core.language_models import BaseChatModel
    from langgraph.graph.state import CompiledStateGraph

    from stretto.spec.agent import Agent


class ConversationState(AgentState[Any]):
    """`create_agent`'s state with a history that is stored as its changes."""

    messages: Messages


@dataclass(frozen=True)
class Compaction:
    """When a long conversation is summarised, and what is kept of it word for word."""

    tokens: int | None = None
    """Summarise above so many tokens; `None` is four fifths of the model's own limit, or 32,000
    where that is not known."""
    keep: int = 20
    """The newest messages that stay as they are."""

    def middleware(
        self, model: BaseChatModel, screening: Screening | None = None
    ) -> SummarizationMiddleware[Any, Any]:
        """LangChain's summarization, set up for this model; `screening` is held up to it."""
        limit = (model.profile or {}).get("max_input_tokens")
        tokens = self.tokens or (int(limit * 0.8) if limit else 32_000)
        kind = SummarizationMiddleware if screening is None else ScreenedSummary
        made = kind(model, trigger=("tokens", tokens), keep=("messages", self.keep))
        if isinstance(made, ScreenedSummary) and screening is not None:
            made.screening = screening
        return made


def tool_error(error: Exception, request: ToolCallRequest) -> str | None:
    """Word a tool's failure for the model that called it.

    `None`, which ends the run, for what no model can mend: state or sources that cannot be read.
    """
    if isinstance(error, SourceUnusable | StateUnavailable | StateUnreadable):
        return None
    text = str(error) if isinstance(error, StrettoError) else f"{type(error).__name__}: {error}"
    return f"{request.tool_call['name']} failed: {text}"


def agent_graph(
    agent: Agent,
    *,
    output: dict[str, Any] | None = None,
    compaction: Compaction | None = None,
    context: type[Any] | None = None,
    middleware: Sequence[AgentMiddleware[Any, Any, Any]] = (),
) -> CompiledStateGraph[Any, Any, Any, Any]:
    """Compile an agent with LangChain's `create_agent`.

    Each model and tool call happens once, as `EffectsOnce` tells. A tool that raises is told to
    the model as an error; the model is called at most `agent.max_model_calls` times a turn, each
    time under the agent's policy. What tools give reaches it marked as data, and what the agent's
    screen looks for does not reach it at all. A model that is named is left to the policy's retry,
    if there is one, and does not try again by itself.

    Args:
        agent: What to compile.
        output: JSON Schema that replaces its typed output.
        context: Type of the run's context, where it runs alone.
        compaction: Keep a conversation of its own, stored as changes and summarised when long;
            `None` for a member whose history the team keeps.
        middleware: Stands around all of the agent's own.

    Raises:
        InvalidInput: Its model cannot be had.
    """
    model = model_under(agent.policy, agent.model)
    screening = None if agent.screen is None else Screening(agent.screen, agent.name)
    around: list[AgentMiddleware[Any, Any, Any]] = [
        *middleware,
        *([] if screening is None else [screening]),
        CallLimit(agent.max_model_calls),
        EffectsOnce(),
        ToolErrorMiddleware(tool_error),
        GuardedCalls(agent.policy, agent.name),
        Marking(),
        *([] if screening is None else [Unstreamed()]),
    ]
    if compaction is not None:
        around.append(compaction.middleware(model, screening))
    schema = output or agent.output
    return create_agent(
        model,
        list(agent.tools),
        system_prompt=agent.prompt or None,
        middleware=around,
        response_format=None if schema is None else ToolStrategy(schema),
        state_schema=None if compaction is None else ConversationState,
        context_schema=context,
        name=agent.name,
    )
