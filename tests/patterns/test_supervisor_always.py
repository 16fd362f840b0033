"""Whatever managers and workers do: valid histories, each task done once or reported, bounded."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, interrupt

from stretto import Agent, member
from stretto.errors import ManagerStuck
from stretto.patterns import supervisor
from stretto.testing import CheckedModel, Reply, ScriptedModel, tool_call

NAMES = ("a", "b", "c")
CLOSED = {"done", "given up", "repeated", "unknown"}


@dataclass
class Team:
    """Workers that fail as drawn: by worker and task, what each try comes to."""

    fates: dict[tuple[str, str], list[str]]
    done: Counter[str] = field(default_factory=Counter)

    def worker(self, name: str) -> Any:
        """One of them."""

        async def work(state: Any) -> str:
            task, id_ = state["task"], state["delegation"].id
            left = self.fates.get((name, task), [])
            fate = left[0] if left else "works"
            if fate == "asks":
                interrupt(f"may {name} {task}?")
            if left:
                left.pop(0)
            if fate == "fails":
                raise OSError(f"{name} broke")
            if fate == "lies":
                return "nonsense"
            self.done[id_] += 1
            return f"{name} did {task}"

        return member(work, name=name)


def look(what: str) -> str:
    """Look something up."""
    if what == "t0":
        raise ValueError("hot")
    return what


tasks = st.sampled_from([f"t{i}" for i in range(4)])
calls = st.one_of(
    st.builds(
        lambda who, task: tool_call(f"delegate_to_{who}", task=task),
        st.sampled_from([*NAMES, *NAMES, "nobody", "boss"]),
        tasks,
    ),
    st.builds(lambda what: tool_call("look", what=what), tasks),
    st.just(tool_call("delegate_to_a")),
    st.just(tool_call("nonsense", x=1)),
)
scripts = st.lists(st.lists(calls, min_size=1, max_size=4), max_size=5)
fates = st.dictionaries(
    st.tuples(st.sampled_from(NAMES), tasks),
    st.lists(st.sampled_from(["fails", "lies", "asks", "works"]), max_size=5),
)
rules = st.fixed_dictionaries(
    {
        "restarts": st.integers(0, 2),
        "repeats": st.integers(1, 2),
        "reassign": st.sampled_from([(), ("b",), ("c", "a")]),
        "context": st.sampled_from(["none", "last", "full"]),
        "escalate": st.sampled_from(["manager", "person"]),
    }
)
LEAVE = {"decisions": [{"type": "reject", "message": "leave it"}]}


def team_of(script: list[Any], workers: Team, keywords: dict[str, Any]) -> tuple[Any, CheckedModel]:
    """The graph, and the model of its manager."""
    replies = [*(Reply("first,", tool_calls=each) for each in script), Reply("all done")]
    model = CheckedModel(ScriptedModel(replies))
    graph = supervisor(
        Agent(name="boss", model=model, tools=[look]),
        [workers.worker(name) for name in NAMES],
        check=lambda _, result: result != "nonsense",
        max_delegations=12,
        **keywords,
    )
    return graph, model


async def finished(graph: Any, config: Any) -> dict[str, Any]:
    """The state at the end, every interrupt answered."""
    out = await graph.ainvoke({"messages": [("human", "go")]}, config)
    for _ in range(200):
        asked = (await graph.aget_state(config)).interrupts
        if not asked:
            return out
        answers = {i.id: "yes" if isinstance(i.value, str) else LEAVE for i in asked}
        out = await graph.ainvoke(Command(resume=answers), config)
    pytest.fail("it asks for ever")


@settings(max_examples=60)
@given(scripts, fates, rules)
async def test_every_task_is_done_once_or_reported(
    script: list[Any], drawn: dict[Any, Any], keywords: dict[str, Any]
) -> None:
    """And every history that the manager is asked with is one that providers accept."""
    workers = Team(drawn)
    graph, model = team_of(script, workers, keywords)
    config: Any = {"configurable": {"thread_id": "t"}, "recursion_limit": 200}
    compiled = graph.compile(checkpointer=InMemorySaver())
    try:
        out = await finished(compiled, config)
    except ManagerStuck:
        out = (await compiled.aget_state(config)).values
        stuck = True
    else:
        stuck = False
        assert out["messages"][-1].text == "all done"
    assert model.problems == []
    results = Counter(m.tool_call_id for m in out["messages"] if m.type == "tool")
    for record in out.get("work", []):
        assert record.status in CLOSED
        assert results[record.id] == 1
        assert workers.done[record.id] == (record.status == "done")
    assert set(workers.done) <= {record.id for record in out.get("work", [])}
    asked = [c["id"] for m in out["messages"] if m.type == "ai" for c in m.tool_calls]
    assert stuck or sorted(asked) == sorted(results)
