"""An agent that is recorded and replayed, and what counts its work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain.agents import create_agent
from langchain_core.tools import tool
from langgraph.types import interrupt

from stretto import EffectsOnce
from stretto.testing import Reply, ScriptedModel, tool_call

if TYPE_CHECKING:
    from collections.abc import Callable


class Counted:
    """Counts what really happens."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def __call__(self, what: Any) -> None:
        self.calls.append(what)

    def __len__(self) -> int:
        return len(self.calls)


PROMPT = "You add numbers."


def agent(
    happened: Counted,
    *,
    prompt: str = PROMPT,
    middleware: tuple[Any, ...] = (EffectsOnce(),),
    answer: Callable[[Any], Any] | None = None,
    extra: str = "",
) -> Any:
    """An agent that adds, and asks a person when it is told to."""

    @tool
    def add(a: int, b: int) -> int:
        """Add."""
        happened(("add", a, b))
        return a + b

    @tool
    def ask(question: str) -> str:
        """Ask a person."""
        said = interrupt({"question": question + extra})
        happened(("ask", question))
        return f"they said {said}"

    def reply(messages: Any) -> Any:
        happened("model")
        last = messages[-1]
        if last.type == "human" and "ask" in last.text:
            return Reply(tool_calls=[tool_call("ask", question="ready?")])
        if last.type == "human":
            return Reply(tool_calls=[tool_call("add", a=1, b=2), tool_call("add", a=3, b=4)])
        return f"It is {last.text}"

    return create_agent(
        ScriptedModel(answer or reply),
        [add, ask],
        system_prompt=prompt,
        middleware=list(middleware),
        name="adder",
    )
