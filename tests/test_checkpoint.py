from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.conformance import checkpointer_test, validate
from langgraph.graph import START, StateGraph
from pydantic import BaseModel
from typing_extensions import TypedDict

import stretto
from stretto import checkpoint
from stretto.checkpoint import STATE_TYPES, open_checkpointer, server
from stretto.errors import InvalidInput, LimitReached, StateUnavailable, StateUnreadable
from stretto.home import state_home
from stretto.journal import open_journal
from stretto.journal.install import current
from stretto.policy import Limits
from stretto.records import ModelStarted
from stretto.state import Plan, Review, Task, TaskResult, TeamState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from langchain_core.runnables import RunnableConfig

THREAD: RunnableConfig = {"configurable": {"thread_id": "t"}}
REFUSES_B = """CREATE TEMP TRIGGER b BEFORE INSERT ON main.writes WHEN NEW.channel = 'b'
    BEGIN SELECT RAISE(ABORT, 'no b here'); END"""


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A file or a database for checkpoints."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return str(tmp_path / "checkpoints.sqlite")


async def work(state: TeamState) -> TeamState:
    """A turn of a team."""
    number = len(state.get("messages", []))
    result = TaskResult(task=f"t{number}", goal="g", agent="a", text="x")
    return {
        "messages": [HumanMessage(f"answer {number}")],
        "plan": Plan(tasks=[Task(id="t1", goal="g", executor="e")]),
        "results": {result.task: result},
        "review": Review(verdict="accept", reason="good"),
    }


def team(saver: BaseCheckpointSaver[Any]) -> Any:
    """A graph with a history kept as its changes, and values of our types."""
    builder = StateGraph(TeamState).add_node(work).add_edge(START, "work")
    return builder.compile(checkpointer=saver)


async def test_a_thread_goes_on_in_a_new_process(place: str) -> None:
    """State, types and history come back from the store."""
    for turn in range(3):
        async with open_checkpointer(place) as saver:
            await team(saver).ainvoke({"messages": [HumanMessage(f"q{turn}")]}, THREAD)
    async with open_checkpointer(place) as saver:
        graph = team(saver)
        values = (await graph.aget_state(THREAD)).values
        history = [state async for state in graph.aget_state_history(THREAD)]
    assert [m.content for m in values["messages"]] == [
        "q0", "answer 1", "q1", "answer 3", "q2", "answer 5",
    ]  # fmt: skip
    assert isinstance(values["plan"], Plan)
    assert list(values["results"]) == ["t1", "t3", "t5"]
    assert isinstance(values["results"]["t3"], TaskResult)
    assert len(history) == 9


async def test_the_wrapper_conforms(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    """LangGraph's own tests for checkpointers pass, for all that the inner one offers."""

    @checkpointer_test(name="stretto")
    async def stretto() -> AsyncIterator[BaseCheckpointSaver[Any]]:
        async with (
            open_journal(place + ".journal" if "://" not in place else place) as journal,
            open_checkpointer(place, journal=journal) as saver,
        ):
            yield saver

    report = await validate(stretto)
    report.print_report()
    assert report.passed_all(), capsys.readouterr().out


async def test_what_the_store_cannot_do_the_wrapper_does_not_offer(tmp_path: Path) -> None:
    """A server asks the class."""
    async with open_checkpointer(tmp_path / "c.sqlite") as saver:
        assert type(saver).aprune is BaseCheckpointSaver.aprune
        assert type(saver).adelete_thread is not BaseCheckpointSaver.adelete_thread


async def test_the_journal_is_stored_before_the_checkpoint(place: str, tmp_path: Path) -> None:
    """Whenever something is stored, no record is waiting."""
    async with (
        open_journal(tmp_path / "journal.sqlite") as journal,
        open_checkpointer(place, journal=journal) as saver,
    ):
        stored: list[int] = []

        class Watched(type(saver.inner)):
            """Counts the records that are stored when it is called."""

            async def aput(self, *args: Any) -> Any:
                stored.append(len(await journal.records()))
                return await super().aput(*args)

            async def aput_writes(self, *args: Any) -> None:
                stored.append(len(await journal.records()))
                await super().aput_writes(*args)

        saver.inner.__class__ = Watched
        sent = 0

        async def tell(state: TeamState) -> TeamState:
            nonlocal sent
            sent += 1
            journal.append(ModelStarted(time=1, thread="t", run="r", model="m", messages=sent))
            return {"round": sent}

        builder = StateGraph(TeamState).add_node(tell)
        graph = builder.add_edge(START, "tell").compile(checkpointer=saver)
        await graph.ainvoke({"question": "?"}, THREAD, durability="sync")
        assert stored[0] == 0
        assert stored[-1] == 1


async def test_no_checkpoint_without_its_records(tmp_path: Path) -> None:
    """When the journal cannot be written, nothing is stored either."""
    async with (
        open_journal(tmp_path / "journal.sqlite") as journal,
        open_checkpointer(tmp_path / "c.sqlite", journal=journal) as saver,
    ):
        journal._backend._writing.execute("PRAGMA max_page_count=8")
        journal.append(ModelStarted(time=1, thread="t", run="r", model="m" * 99_999, messages=1))
        with pytest.raises(StateUnavailable, match="full"):
            await team(saver).ainvoke({"messages": [HumanMessage("hi")]}, THREAD)
        assert await saver.aget_tuple(THREAD) is None


def test_strict_msgpack_knows_our_types(tmp_path: Path) -> None:
    """Also where the graph's annotations do not name them."""
    code = (
        "import asyncio, sys\n"
        "from typing import Any\n"
        "from langgraph.graph import START, StateGraph\n"
        "from typing_extensions import TypedDict\n"
        "from stretto.checkpoint import STATE_TYPES, open_checkpointer\n"
        "from stretto.state import *\n"
        "class S(TypedDict):\n"
        "    value: Any\n"
        "async def main():\n"
        "    thread = {'configurable': {'thread_id': 't'}}\n"
        "    values = [Plan(tasks=[Task(id='a', goal='b', executor='c')]), Citation(path='p', line=1, quote='q')]\n"
        "    values.append(TaskResult(task='a', goal='b', agent='c', text='d', citations=[values[1]]))\n"
        "    values.append(Answer(question='q', text='t', accepted=True, verdict='accepted'))\n"
        "    async with open_checkpointer(sys.argv[1]) as saver:\n"
        "        graph = StateGraph(S).add_node('n', lambda s: s).add_edge(START, 'n').compile(checkpointer=saver)\n"
        "        await graph.ainvoke({'value': values}, thread)\n"
        "    async with open_checkpointer(sys.argv[1]) as saver:\n"
        "        graph = StateGraph(S).add_node('n', lambda s: s).add_edge(START, 'n').compile(checkpointer=saver)\n"
        "        assert (await graph.aget_state(thread)).values['value'] == values\n"
        "asyncio.run(main())\n"
    )
    for strict in ("true", "false"):
        told = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / f"{strict}.sqlite")],
            env={**os.environ, "LANGGRAPH_STRICT_MSGPACK": strict},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (told.returncode, told.stderr) == (0, "")
    assert {Plan, Task, TaskResult} <= set(STATE_TYPES)


class Named(BaseModel):
    """A result that a pattern's state names."""

    grams: int


class Unnamed(BaseModel):
    """A value of a state that names no type."""

    grams: int


async def test_types_that_a_state_names_come_back_without_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """LangGraph warns of types that it may block one day; those it will not block."""

    class Loose(TypedDict, total=False):
        value: Any

    async def weigh(state: Any) -> Named:
        return Named(grams=800)

    async def guess(state: Any) -> dict[str, Any]:
        return {"value": Unnamed(grams=900)}

    loose = StateGraph(Loose).add_node("guess", guess).add_edge(START, "guess")
    async with stretto.open_storage(home=tmp_path) as storage:
        result = await stretto.run(stretto.sequential(weigh), "Weigh it.", storage=storage)
        assert result.value["results"]["weigh"] == Named(grams=800)
        result = await stretto.run(loose, {}, storage=storage)
        assert result.value["value"] in (Unnamed(grams=900), {"grams": 900})  # strict: blocked
    told = "".join(one.getMessage() for one in caplog.records)
    assert "Unnamed" in told
    assert ".Named" not in told


@pytest.mark.parametrize("statement", ["CREATE TABLE letters (x)", "PRAGMA application_id=7"])
async def test_another_programs_database_is_refused(tmp_path: Path, statement: str) -> None:
    """It is named and left as it is."""
    path = tmp_path / "checkpoints.sqlite"
    other = sqlite3.connect(path)
    other.execute(statement)
    other.close()
    before = contents(tmp_path)
    with pytest.raises(StateUnreadable, match="holds no checkpoints"):
        async with open_checkpointer(path):
            pass
    assert contents(tmp_path) == before


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    """At once, or when the damage is met; never overwritten."""
    path = tmp_path / "checkpoints.sqlite"
    path.write_bytes(b"no database " * 999)
    with pytest.raises(StateUnreadable, match="move it away"):
        async with open_checkpointer(path):
            pass
    assert path.read_bytes() == b"no database " * 999
    path.unlink()
    async with open_checkpointer(path) as saver:
        for _ in range(5):
            await team(saver).ainvoke({"messages": [HumanMessage("x" * 3_000)]}, THREAD)
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(StateUnreadable, match="damaged"):
        async with open_checkpointer(path) as saver:
            await saver.aget_tuple(THREAD)


async def test_checkpoints_that_langgraph_made_are_taken(tmp_path: Path) -> None:
    """A project may have had them before it had Stretto."""
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    path = tmp_path / "checkpoints.sqlite"
    async with AsyncSqliteSaver.from_conn_string(str(path)) as saver:
        await team(saver).ainvoke({"messages": [HumanMessage("hi")]}, THREAD)
    async with open_checkpointer(path) as saver:
        assert len((await team(saver).aget_state(THREAD)).values["messages"]) == 2


async def test_a_full_disk_loses_nothing_stored(tmp_path: Path) -> None:
    """The run stops, and goes on where it was when there is space."""
    async with open_checkpointer(tmp_path / "c.sqlite") as saver:
        graph = team(saver)
        await graph.ainvoke({"messages": [HumanMessage("hi")]}, THREAD)
        inner: Any = saver.inner
        await inner.execute(("PRAGMA max_page_count=20", ()))
        with pytest.raises(StateUnavailable, match="Free some space"):
            await graph.ainvoke({"messages": [HumanMessage("x" * 100_000)]}, THREAD)
        assert len((await graph.aget_state(THREAD)).values["messages"]) == 2
        await inner.execute(("PRAGMA max_page_count=100000", ()))
        await graph.ainvoke({"messages": [HumanMessage("again")]}, THREAD)
        assert len((await graph.aget_state(THREAD)).values["messages"]) == 4


async def test_a_server_that_is_down_is_told() -> None:
    """Without the password."""
    with pytest.raises(StateUnavailable, match="STRETTO_DATABASE_URL") as refused:
        async with open_checkpointer("postgresql://me:hunter2@127.0.0.1:1/d"):
            pass
    assert "hunter2" not in str(refused.value)


async def test_a_cancelled_write_does_not_lock_the_file(tmp_path: Path) -> None:
    """Another process can write at once, wherever the first was interrupted."""
    path = tmp_path / "c.sqlite"
    async with open_checkpointer(path) as saver, open_checkpointer(path) as other:
        for pauses in range(12):
            run = asyncio.create_task(
                team(saver).ainvoke({"messages": [HumanMessage("hi")]}, THREAD)
            )
            for _ in range(pauses * 3):
                await asyncio.sleep(0)
            run.cancel()
            await asyncio.gather(run, return_exceptions=True)
            elsewhere: RunnableConfig = {"configurable": {"thread_id": f"o{pauses}"}}
            await asyncio.wait_for(
                team(other).ainvoke({"messages": [HumanMessage("hi")]}, elsewhere), 5
            )


async def test_what_a_task_wrote_is_stored_whole_or_not_at_all(tmp_path: Path) -> None:
    """A task with half of its writes would count as done."""
    async with open_checkpointer(tmp_path / "c.sqlite") as saver:
        await team(saver).ainvoke({"messages": [HumanMessage("hi")]}, THREAD)
        inner: Any = saver.inner
        await inner.execute((REFUSES_B, ()))
        found = await saver.aget_tuple(THREAD)
        assert found is not None
        with pytest.raises(StateUnavailable, match="no b here"):
            await saver.aput_writes(found.config, [("a", 1), ("b", 2)], "task")
        await saver.aput_writes(found.config, [("c", 3)], "other")
        found = await saver.aget_tuple(THREAD)
        assert found is not None
        assert [channel for _, channel, _ in found.pending_writes or ()] == ["c"]


async def test_many_may_open_new_checkpoints_at_once(place: str) -> None:
    """The first one makes the tables, the others wait."""

    async def once(thread: int) -> None:
        async with open_checkpointer(place) as saver:
            told: RunnableConfig = {"configurable": {"thread_id": str(thread)}}
            await team(saver).ainvoke({"messages": [HumanMessage("hi")]}, told)

    await asyncio.gather(*(once(thread) for thread in range(6)))


async def test_synchronous_graphs_work_from_another_thread(place: str) -> None:
    """On the event loop itself they are refused, rather than hanging for ever."""

    def work(state: TeamState) -> TeamState:
        return {"messages": [HumanMessage("ok")]}

    async with open_checkpointer(place) as saver:
        builder = StateGraph(TeamState).add_node(work).add_edge(START, "work")
        graph = builder.compile(checkpointer=saver)
        for _ in range(2):
            await asyncio.to_thread(graph.invoke, {"messages": [HumanMessage("hi")]}, THREAD)
        state = await asyncio.to_thread(graph.get_state, THREAD)
        assert len(state.values["messages"]) == 4
        assert len(await asyncio.to_thread(lambda: list(saver.list(THREAD)))) == 6
        with pytest.raises(InvalidInput, match="ainvoke"):
            graph.get_state(THREAD)
        await asyncio.to_thread(saver.delete_thread, "t")
        assert await saver.aget_tuple(THREAD) is None


async def test_the_servers_checkpointer_brings_the_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run of the process is journaled and limited while it is open."""
    async with server() as saver:
        await team(saver).ainvoke({"messages": [HumanMessage("hi")]}, THREAD)
        first = current()
        async with server():
            assert current() is first
    assert current() is None
    async with open_journal(state_home() / "journal.sqlite") as journal:
        (summary,) = await journal.threads()
    assert (summary.thread, summary.status, summary.question) == ("t", "done", "hi")
    assert (state_home() / "checkpoints.sqlite").exists()


async def test_the_servers_limit_is_set_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number, or a clear error."""
    from langchain_core.language_models.fake_chat_models import FakeListChatModel

    async def call(state: TeamState) -> TeamState:
        await FakeListChatModel(responses=["ok"]).ainvoke("hi")
        return {}

    monkeypatch.setenv("STRETTO_MAX_MODEL_CALLS", "0")
    async with server() as saver:
        builder = StateGraph(TeamState).add_node(call).add_edge(START, "call")
        with pytest.raises(LimitReached):
            await builder.compile(checkpointer=saver).ainvoke({"question": "?"}, THREAD)
    for name, said, why in (
        ("TOKENS", "1.5", "STRETTO_MAX_TOKENS is '1.5'. Set it to a whole number"),
        ("SECONDS", "0", "a number above 0"),
        ("MODEL_CALLS", "many", "whole number"),
    ):
        monkeypatch.setenv(f"STRETTO_MAX_{name}", said)
        with pytest.raises(InvalidInput, match=why):
            async with server():
                pass
        monkeypatch.delenv(f"STRETTO_MAX_{name}")
    monkeypatch.setenv("STRETTO_MAX_MONEY", "0.5")
    monkeypatch.setenv("STRETTO_MAX_TOKENS", "700")
    async with server():
        handler = current()
        assert handler is not None
        assert handler.limits == Limits(money=0.5, tokens=700)


async def test_the_servers_state_may_be_in_postgres(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`STRETTO_DATABASE_URL` moves checkpoints and journal."""
    monkeypatch.setenv("STRETTO_DATABASE_URL", postgres_url)
    assert checkpoint.places() == (postgres_url, postgres_url)
    async with server() as saver:
        await team(saver).ainvoke({"messages": [HumanMessage("hi")]}, THREAD)
    async with open_journal(postgres_url) as journal:
        assert len(await journal.threads()) == 1
