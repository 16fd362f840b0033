"""Two runs side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stretto.replay import compare, recorded
from stretto.runs import resume, run
from tests.replay.agents import agent

if TYPE_CHECKING:
    from stretto.runs import Storage
    from tests.replay.agents import Counted


async def test_the_same_work_twice_is_the_same(storage: Storage, happened: Counted) -> None:
    """Ids, times and tokens are no differences."""
    for thread in "ab":
        await run(agent(happened), "add", thread=thread, storage=storage)
    a, b = await recorded(storage.journal, "a"), await recorded(storage.journal, "b")
    found = compare(a, b)
    assert found.same, [row for row in found.rows if row.differs]
    assert (found.a.model_calls, found.a.tool_calls) == (2, 2)
    assert found.a.input_tokens > 0
    assert found.a.seconds > 0
    assert found.a.cost is None


async def test_what_differs_is_named_by_step(files: Storage, happened: Counted) -> None:
    """Request, output, arguments, results; steps of one side alone are missing."""
    from stretto.testing import Reply, tool_call

    def other(messages: list[object]) -> object:
        last = messages[-1]
        if getattr(last, "type", "") == "human":
            return Reply(tool_calls=[tool_call("add", a=1, b=5)])
        return "Six."

    await run(agent(happened), "add", thread="a", storage=files)
    changed = agent(happened, prompt="You count.", answer=other)
    await run(changed, "add", thread="b", storage=files)
    found = compare(await recorded(files.journal, "a"), await recorded(files.journal, "b"))
    told = [(row.step.kind, row.differs) for row in found.rows]
    assert told == [
        ("turn", ()),
        ("model", ("request", "output")),
        ("tool", ("arguments", "result")),
        ("tool", ("missing",)),
        ("model", ("request", "output")),
        ("end", ()),
    ]
    assert not found.same


async def test_questions_and_answers_are_steps(files: Storage, happened: Counted) -> None:
    """Another answer of a person is a difference."""
    for thread, said in (("a", "yes"), ("b", "no")):
        await run(agent(happened), "ask them", thread=thread, storage=files)
        await resume(agent(happened), thread, said, storage=files)
    found = compare(await recorded(files.journal, "a"), await recorded(files.journal, "b"))
    by_kind = {row.step.kind: row.differs for row in found.rows if row.step.kind != "end"}
    assert by_kind["question"] == ()
    assert by_kind["answer"] == ("answer",)
