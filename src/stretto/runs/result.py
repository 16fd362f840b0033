"""What a run came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from langchain_core.messages import HumanMessage, convert_to_messages

from stretto.state import Answer

if TYPE_CHECKING:
    from langgraph.types import Interrupt

    from stretto.journal import Usage
    from stretto.records import RunStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The end of a run: its state, or what it waits for."""

    thread: str
    status: RunStatus
    """`done`, or `interrupted` when it waits for a person."""
    value: dict[str, Any]
    """The graph's state after the run."""
    interrupts: tuple[Interrupt, ...] = ()
    """What a person is asked; answer with `resume`, by `id` when there are several."""
    usage: Usage
    """What the turn used, with what was used before it was resumed."""
    seconds: float
    """Wall time of this run."""
    run: str = field(default="")
    """Id of the run in the journal."""

    @property
    def answer(self) -> Answer | None:
        """The team's answer; `None` when there is none yet or the graph has no such thing."""
        answer = self.value.get("answer")
        return answer if isinstance(answer, Answer) else None

    @property
    def text(self) -> str:
        """The answer in words: the team's, else the last message, unless a person wrote it."""
        if self.answer is not None:
            return self.answer.text
        messages = self.value.get("messages")
        return _words(messages[-1]) if isinstance(messages, list) and messages else ""


def _words(message: Any) -> str:
    """The text of a message that is no person's, in any of the forms LangChain takes for one."""
    if isinstance(message, str):
        return message
    try:
        [one] = convert_to_messages([message])
    except (ValueError, NotImplementedError, TypeError):
        return ""
    return "" if isinstance(one, HumanMessage) else str(one.text)
