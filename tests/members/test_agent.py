"""An `Agent` becomes the graph that `create_agent` makes, bounded and, alone, a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from stretto.members import Compaction, agent_graph
from stretto.spec.agent import Agent
from stretto.state import Finding
from stretto.testing import Reply, ScriptedModel, tool_call

if TYPE_CHECKING:
    from pathlib import Path

THREAD: Any = {"configurable": {"thread_id": "t"}}


async def test_an_agent_alone_keeps_its_conversation_as_changes(tmp_path: Path) -> None:
    """Later turns see earlier ones, and the file does not grow with their square."""
    model = ScriptedModel(lambda messages: f"{len(messages)} seen " + "word " * 200)
    agent = Agent(name="a", prompt="p", model=model)
    file = tmp_path / "c.sqlite"
    async with AsyncSqliteSaver.from_conn_string(str(file)) as saver:
        graph = agent_graph(agent, compaction=Compaction())
        ready = graph.copy({"checkpointer": saver})
        for number in range(40):
            out = await ready.ainvoke({"messages": [("user", f"{number}")]}, THREAD)
    assert len(out["messages"]) == 80
    assert file.stat().st_size < 1_000_000


async def test_a_long_conversation_is_summarised() -> None:
    """Above the limit the model sees a summary and the newest messages."""
    model = ScriptedModel(lambda messages: "word " * 50)
    agent = Agent(name="a", prompt="p", model=model)
    graph = agent_graph(agent, compaction=Compaction(tokens=300, keep=4))
    history = [("user" if i % 2 == 0 else "ai", f"{i} " + "word " * 40) for i in range(20)]
    out = await graph.ainvoke({"messages": [*history, ("user", "now?")]})
    assert len(out["messages"]) <= 7


async def test_the_last_call_an_agent_has_must_answer() -> None:
    """With one call left the tools are gone, so that the typed output is what remains."""

    def look(query: str) -> str:
        """Look something up."""
        return "nothing yet"

    offered: list[set[str]] = []

    def answer(messages: Any) -> Reply:
        names = {tool.get("name") for tool in model.calls[-1].tools} if model.calls else set()
        offered.append(names)
        if len(offered) < 3:
            return Reply(tool_calls=[tool_call("look", query=str(len(offered)))])
        return Reply(value=Finding(found=False, answer=""))

    model = ScriptedModel(answer)
    agent = Agent(
        name="a", prompt="p", model=model, tools=(look,), output=Finding, max_model_calls=3
    )
    out = await agent_graph(agent).ainvoke({"messages": [("user", "x")]})
    assert out["structured_response"] == Finding(found=False, answer="")
    assert "look" not in {tool.get("name") for tool in model.calls[-1].tools}
    assert len(model.calls) == 3
