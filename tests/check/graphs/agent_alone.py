"""create_agent as the whole graph: a typed answer, approval of what writes, limits."""

import itertools

from langchain.agents import AgentState, create_agent
from langchain.agents.middleware import (
    HumanInTheLoopMiddleware,
    ModelCallLimitMiddleware,
    before_model,
)
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.runtime import Runtime


class FakeModel(GenericFakeChatModel):
    def bind_tools(self, tools, **kwargs):
        return self


@tool
def read_mail(folder: str) -> list[str]:
    """Read the mail of a folder."""
    return [f"{folder}: please call back"]


@tool
def send_mail(to: str, text: str) -> str:
    """Send a mail."""
    return f"sent to {to}: {text}"


@before_model
def note(state: AgentState, runtime: Runtime) -> dict | None:
    return None


def call(tool_name: str, **args):
    return AIMessage("", tool_calls=[{"name": tool_name, "args": args, "id": f"c_{tool_name}"}])


script = [
    call("read_mail", folder="inbox"),
    call("send_mail", to="ada@example.org", text="I will."),
    AIMessage("I answered."),
]
graph = create_agent(
    FakeModel(messages=itertools.cycle(script)),
    [read_mail, send_mail],
    system_prompt="You keep the mail.",
    middleware=[
        note,
        HumanInTheLoopMiddleware(interrupt_on={"send_mail": True}),
        ModelCallLimitMiddleware(run_limit=6, exit_behavior="end"),
    ],
    checkpointer=InMemorySaver(),
    name="mail",
)
builder = graph.builder

given = {"messages": [("user", "Answer my mail.")]}
answers = [{"decisions": [{"type": "approve"}]}]
