"""Members side by side: who is waited for, what becomes of the others, and what a resume does."""

from __future__ import annotations

import asyncio
import operator
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from pydantic import BaseModel
from typing_extensions import TypedDict

import stretto
from stretto import Agent, Budget, Policy, Retry, member
from stretto.errors import BranchesFailed, BudgetExceeded, InvalidInput, InvalidMember, RunStopped
from stretto.members.human import ask_person
from stretto.patterns import parallel, race, sequential
from stretto.records import Decided
from stretto.testing import Reply, ScriptedModel
from tests.patterns.branching import Branches

if TYPE_CHECKING:
    from collections.abc import Callable

    from langgraph.graph import StateGraph

    from stretto import Storage


class Own(TypedDict, total=False):
    """Fields of the user's own."""

    left: str
    right: str
    log: Annotated[list[str], operator.add]


class Left(TypedDict, total=False):
    """One of them."""

    left: str


class Score(BaseModel):
    """A typed result."""

    points: int


CONFIG: Any = {"configurable": {"thread_id": "t"}}
GO: Any = {"messages": [("user", "go")]}


def compiled(graph: StateGraph[Any, Any, Any, Any]) -> Any:
    """With a checkpointer in memory."""
    return graph.compile(checkpointer=InMemorySaver())


async def red(state: Any) -> str:
    """Answers at once."""
    return "red"


async def blue(state: Any) -> str:
    """Answers at once."""
    return "blue"


@pytest.fixture(autouse=True)
def _nothing_left() -> Any:
    """No race is left in memory when its superstep has ended."""
    yield
    assert race.running() == 0


async def test_all_results_together_are_the_turns_result() -> None:
    """By name in `results`, typed in `structured_response`, one part each in words."""
    out = await parallel(red, blue).compile().ainvoke(GO)
    assert out["results"] == {"red": "red", "blue": "blue"}
    assert out["structured_response"] == out["results"]
    assert out["messages"][-1].text == "red: red\n\nblue: blue"
    assert out["failed"] == {}


async def test_agents_are_given_the_request_alone_and_typed_results_keep_their_type() -> None:
    """What one agent says is not what another sees."""
    first = ScriptedModel(["one"])
    second = ScriptedModel([Reply(value=Score(points=3))])
    graph = compiled(
        parallel(
            Agent(name="first", prompt="p", model=first),
            Agent(name="second", prompt="p", model=second, output=Score),
        )
    )
    await graph.ainvoke(GO, CONFIG)
    assert [m.text for m in second.calls[0].messages if m.type == "human"] == ["go"]
    values = (await graph.aget_state(CONFIG)).values
    assert values["results"] == {"first": "one", "second": Score(points=3)}


async def test_the_quorum_runs_the_join_and_cancels_the_others() -> None:
    """With two of three enough, the one that hangs is cancelled and named."""
    these = Branches(["succeeds", "hangs", "succeeds"])
    out = await compiled(parallel(*these.members, require=2)).ainvoke(GO, CONFIG)
    assert out["results"] == {"b0": "b0 did it", "b2": "b2 did it"}
    assert out["failed"] == {"b1": "not needed: 2 had succeeded"}
    assert these.cancelled == {"b1": 1}
    assert "Without b1: not needed" in out["messages"][-1].text


async def test_any_waits_for_the_first_that_succeeds() -> None:
    """One that failed before it is named with its reason."""
    these = Branches(["fails", "succeeds", "hangs"])
    out = await compiled(parallel(*these.members, require="any")).ainvoke(GO, CONFIG)
    assert out["results"] == {"b1": "b1 did it"}
    assert out["failed"] == {
        "b0": "RuntimeError: b0 broke",
        "b2": "not needed: another had succeeded",
    }


async def test_a_synchronous_loser_runs_on_unheeded() -> None:
    """The join does not wait for its thread."""
    import threading

    go, ran = threading.Event(), threading.Event()

    def slow(state: Any) -> str:
        go.wait(20)
        ran.set()
        return "late"

    out = await parallel(slow, red, require=1).compile().ainvoke(GO)
    assert not ran.is_set()
    assert out["results"] == {"red": "red"}
    go.set()
    assert await asyncio.to_thread(ran.wait, 20)


@pytest.mark.parametrize("limit", [None, 1, 2])
async def test_a_failure_stops_nobody_and_a_resume_repeats_only_what_failed(
    limit: int | None,
) -> None:
    """The others end though one fails first; what they gave is kept, also under a limit."""
    these = Branches(["fails", "succeeds", "succeeds", "fails"])
    graph, config = compiled(parallel(*these.members)), {**CONFIG, "max_concurrency": limit}
    with pytest.raises(BranchesFailed) as raised:
        await graph.ainvoke(GO, config)
    assert raised.value.failed == {"b0": "RuntimeError: b0 broke", "b3": "RuntimeError: b3 broke"}
    assert str(raised.value).endswith("work again; or require fewer.")
    assert these.ended == {"b1": 1, "b2": 1}
    with pytest.raises(BranchesFailed):
        await graph.ainvoke(None, config)
    these.mended = True
    out = await graph.ainvoke(None, config)
    assert set(out["results"]) == {"b0", "b1", "b2", "b3"}
    assert out["failed"] == {}
    assert these.begun == {"b0": 3, "b1": 1, "b2": 1, "b3": 3}


async def test_what_failed_goes_on_where_it_failed() -> None:
    """Of a chain within a branch only the step that failed is done again."""
    done: Counter[str] = Counter()

    async def first(state: Any) -> str:
        done["first"] += 1
        return "1"

    async def second(state: Any) -> str:
        done["second"] += 1
        if done["second"] == 1:
            raise RuntimeError("once")
        return "2"

    chain = sequential(first, second).compile(name="chain")
    graph = compiled(parallel(chain, red))
    with pytest.raises(BranchesFailed, match="once"):
        await graph.ainvoke(GO, CONFIG)
    out = await graph.ainvoke(None, CONFIG)
    assert out["results"] == {"chain": "2", "red": "red"}
    assert done == {"first": 1, "second": 2}


async def test_the_deadline_cuts_off_and_names_who_was_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With enough others the join runs; a resume gives those that were cut off time anew."""
    alarms: list[Callable[[], None]] = []

    def later(seconds: float, call: Callable[[], None]) -> asyncio.TimerHandle:
        assert seconds == 5
        alarms.append(call)
        return asyncio.get_running_loop().call_later(3600, call)

    monkeypatch.setattr(race, "_later", later)
    these = Branches(["succeeds", "hangs", "hangs"])
    graph = compiled(parallel(*these.members, require=2, deadline=5))
    work = asyncio.ensure_future(graph.ainvoke(GO, CONFIG))
    await these.until(these.ended, 1)
    alarms[0]()
    with pytest.raises(BranchesFailed, match=r"'b1': TimedOut: it had not ended after 5 s"):
        await work
    these.mended = True
    out = await graph.ainvoke(None, CONFIG)
    assert len(alarms) == 2
    assert these.begun["b0"] == 1
    assert len(out["results"]) >= 2


async def test_questions_of_branches_are_answered_in_any_order() -> None:
    """Others end meanwhile; each answer goes to its branch, one at a time or all at once."""
    for order in ([0, 1], [1, 0]):
        these = Branches(["asks", "succeeds", "asks"])
        graph = compiled(parallel(*these.members))
        out = await graph.ainvoke(GO, CONFIG)
        assert these.ended == {"b1": 1}
        asked = out["__interrupt__"]
        for place in order:
            answer = f"yes {asked[place].value[4:6]}"
            out = await graph.ainvoke(Command(resume={asked[place].id: answer}), CONFIG)
        assert out["results"] == {f"b{i}": f"b{i} did it" for i in range(3)}
        assert set(these.ended.values()) == {1}


async def test_a_question_is_withdrawn_when_enough_others_have_ended() -> None:
    """It is asked only if it is needed."""
    these = Branches(["asks", "succeeds", "succeeds"])
    out = await compiled(parallel(*these.members, require=2)).ainvoke(GO, CONFIG)
    assert "__interrupt__" not in out
    assert out["failed"] == {"b0": "not needed: 2 had succeeded"}


async def test_an_answer_may_make_another_question_needless() -> None:
    """What was stored before the resume counts."""
    these = Branches(["asks", "succeeds", "asks"])
    graph = compiled(parallel(*these.members, require=2))
    asked = (await graph.ainvoke(GO, CONFIG))["__interrupt__"]
    assert sorted(each.value for each in asked) == ["may b0?", "may b2?"]
    second = next(each for each in asked if each.value == "may b2?")
    out = await graph.ainvoke(Command(resume={second.id: "yes b2"}), CONFIG)
    assert out["results"] == {"b1": "b1 did it", "b2": "b2 did it"}
    assert out["failed"] == {"b0": "not needed: 2 had succeeded"}


async def test_a_failure_and_a_question_are_both_kept() -> None:
    """The run fails, the question stays and can be answered with the resume."""
    these = Branches(["fails", "asks", "succeeds"])
    graph = compiled(parallel(*these.members))
    with pytest.raises(BranchesFailed, match="b0"):
        await graph.ainvoke(GO, CONFIG)
    waiting = [i for task in (await graph.aget_state(CONFIG)).tasks for i in task.interrupts]
    assert [each.value for each in waiting] == ["may b1?"]
    these.mended = True
    out = await graph.ainvoke(Command(resume={waiting[0].id: "yes b1"}), CONFIG)
    assert set(out["results"]) == {"b0", "b1", "b2"}
    assert these.ended == {"b0": 1, "b1": 1, "b2": 1}


async def test_a_member_joins_what_the_others_gave() -> None:
    """An agent sees all results and who failed; its result is the turn's."""
    model = ScriptedModel(["both agree"])
    judge = Agent(name="judge", prompt="p", model=model)
    these = Branches(["succeeds", "fails", "succeeds"])
    graph = parallel(*these.members, join=judge, require=2)
    out = await compiled(graph).ainvoke(GO, CONFIG)
    assert model.calls[0].messages[-1].text == (
        '<request>go</request>\n<result agent="b0">b0 did it</result>\n'
        '<result agent="b2">b2 did it</result>\n'
        '<failed agent="b1">RuntimeError: b1 broke</failed>'
    )
    assert out["messages"][-1].text == "both agree"
    assert out["structured_response"] is None


async def test_a_function_joins_over_the_state() -> None:
    """It is given the state itself; where it is left out, the results stand together."""

    async def count(state: Any) -> dict[str, Any]:
        return {"count": len(state["results"])}

    out = await parallel(red, blue, join=count).compile().ainvoke(GO)
    assert out["structured_response"] == {"count": 2}
    skipped = member(count, when=lambda _: "not today")
    out = await parallel(red, blue, join=skipped).compile().ainvoke(GO)
    assert out["structured_response"] == {"red": "red", "blue": "blue"}


async def test_skipped_members_count_neither_way() -> None:
    """All that work have to succeed; what was skipped has neither result nor failure."""
    out = await parallel(red, member(blue, when=lambda _: "no")).compile().ainvoke(GO)
    assert out["results"] == {"red": "red"}
    assert out["failed"] == {}
    with pytest.raises(BranchesFailed, match="2 branches have to succeed"):
        await parallel(red, member(blue, when=lambda _: "no"), require=2).compile().ainvoke(GO)


async def test_nothing_of_an_earlier_turn_is_left() -> None:
    """On one thread a second turn begins anew: results, failures, the answer."""
    these = Branches(["succeeds", "fails"], order=[1, 0])
    graph = compiled(parallel(*these.members, require="any"))
    first = await graph.ainvoke(GO, CONFIG)
    assert first["failed"] == {"b1": "RuntimeError: b1 broke"}
    these.kinds = {"b0": "fails", "b1": "fails"}
    with pytest.raises(BranchesFailed) as raised:
        await graph.ainvoke(GO, CONFIG)
    assert set(raised.value.failed) == {"b0", "b1"}
    these.kinds = {"b0": "hangs", "b1": "succeeds"}
    out = await graph.ainvoke(GO, CONFIG)
    assert out["failed"] == {"b0": "not needed: another had succeeded"}
    assert out["results"] == {"b1": "b1 did it"}
    assert [m.type for m in out["messages"]] == ["human", "ai", "human", "human", "ai"]


async def test_own_fields_are_written_by_functions() -> None:
    """Each its own, or one that merges."""

    async def one(state: Any) -> dict[str, Any]:
        return {"left": "l", "log": ["one"]}

    async def two(state: Any) -> dict[str, Any]:
        return {"right": "r", "log": ["two"]}

    out = await parallel(one, two, state=Own).compile().ainvoke(GO)
    assert (out["left"], out["right"], sorted(out["log"])) == ("l", "r", ["one", "two"])
    assert out["results"] == {}
    assert out["branches"] == {"one": "done", "two": "done"}


async def test_two_that_write_one_field_are_refused_at_build() -> None:
    """The error names both, the field and the remedy."""

    async def one(state: Any) -> dict[str, Any]:
        return {"left": "1"}

    async def two(state: Any) -> Left:
        return Left(left="2")

    with pytest.raises(InvalidInput, match=r"'one' and 'two' may both write 'left'.*a reducer"):
        parallel(one, two, state=Own)
    inner = sequential(member(one, name="inner"), state=Own).compile(name="inner_chain")
    with pytest.raises(InvalidInput, match="'inner_chain' and 'two' may both write 'left'"):
        parallel(inner, two, state=Left)
    parallel(one, red, state=Own)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"require": 3}, "`require` is 3.*from 1 to 2"),
        ({"require": 0}, "`require` is 0"),
        ({"require": True}, "`require` is True"),
        ({"require": "most"}, "`require` is 'most'"),
        ({"deadline": 0}, "`deadline` is 0.*seconds above 0"),
        ({"deadline": "1"}, "`deadline` is '1'"),
        ({"context": "all"}, "no context policy"),
        ({"join": None, "require": 1}, "nobody waits"),
        ({"join": None, "deadline": 1}, "nobody waits"),
    ],
)
def test_what_cannot_be_is_refused_at_build(options: dict[str, Any], said: str) -> None:
    """With the name of the pattern, what was given, and the remedy."""
    with pytest.raises(InvalidInput, match=f"parallel: .*{said}"):
        parallel(red, blue, **options)


def test_what_is_no_member_is_refused_at_build() -> None:
    """No member, one name twice, nobody, a name of the pattern's own, a join that is none."""
    for things, said in (
        ((red, 3), "no member"),
        ((red, red), "two members are called 'red'"),
        ((), "at least one"),
        ((red, member(blue, name="gather")), "a node of the pattern itself"),
    ):
        with pytest.raises(InvalidMember, match=said):
            parallel(*things)
    with pytest.raises(InvalidMember, match="'merge' is no member"):
        parallel(red, blue, join="merge")
    with pytest.raises(InvalidInput, match="nobody waits for any"):
        parallel(member(red, detach=True))


def test_every_node_is_drawn_and_nested_graphs_are_seen() -> None:
    """Members, the join and the steps of a chain within, each reachable."""
    chain = sequential(member(red, name="r1"), member(red, name="r2")).compile(name="chain")
    graph = parallel(chain, blue, join=member(red, name="judge")).compile()
    drawn = graph.get_graph(xray=True)
    assert {"chain:r1", "chain:r2", "blue", "gather", "judge"} <= set(drawn.nodes)
    reached = {edge.target for edge in drawn.edges}
    assert set(drawn.nodes) - reached == {"__start__"}
    assert [name for name, _ in graph.get_subgraphs()] == ["chain"]


async def test_it_nests_and_is_nested_three_deep() -> None:
    """A quorum within a chain within a fork; the inner one fails, is mended, and goes on."""
    these = Branches(["fails", "succeeds", "fails"])
    inner = parallel(*these.members, require=2).compile(name="inner")
    middle = sequential(member(red, name="before"), inner).compile(name="middle")
    graph = compiled(parallel(middle, blue))
    with pytest.raises(BranchesFailed, match="b0 broke"):
        await graph.ainvoke(GO, CONFIG)
    these.mended = True
    out = await graph.ainvoke(None, CONFIG)
    assert set(out["results"]) == {"middle", "blue"}
    assert out["results"]["middle"]["b1"] == "b1 did it"
    assert these.begun["b1"] == 1


async def test_a_question_deep_within_is_answered_or_withdrawn() -> None:
    """Nested in a chain in a fork; and needless where the outer quorum is reached."""
    these = Branches(["asks", "asks"])
    inner = parallel(*these.members).compile(name="inner")
    graph = compiled(sequential(parallel(inner, red).compile(name="outer"), blue))
    asked = (await graph.ainvoke(GO, CONFIG))["__interrupt__"]
    answers = {each.id: f"yes {each.value[4:6]}" for each in asked}
    assert len(answers) == 2
    out = await graph.ainvoke(Command(resume=answers), CONFIG)
    assert out["results"]["blue"] == "blue"
    assert these.ended == {"b0": 1, "b1": 1}

    again = parallel(*Branches(["asks"]).members).compile(name="inner")
    out = await compiled(parallel(again, red, require="any")).ainvoke(GO, CONFIG)
    assert out["results"] == {"red": "red"}


async def test_a_persons_answer_reaches_a_member_that_asks_by_ask_person() -> None:
    """In LangChain's payload."""

    async def careful(state: Any) -> str:
        return ask_person("send", {"to": "all"}, "Send it?").type

    graph = compiled(parallel(careful, red))
    await graph.ainvoke(GO, CONFIG)
    out = await graph.ainvoke(Command(resume={"decisions": [{"type": "approve"}]}), CONFIG)
    assert out["results"]["careful"] == "approve"


async def test_breakpoints_and_forks_are_those_of_any_graph() -> None:
    """Before a member; and from the checkpoint behind the branches, the join alone runs again."""
    these = Branches(["succeeds", "succeeds"])
    graph = compiled(parallel(*these.members, join=member(red, name="judge")))
    await graph.ainvoke(GO, CONFIG, interrupt_before=["b0"])
    assert (await graph.aget_state(CONFIG)).next == ("b0", "b1")
    await graph.ainvoke(None, CONFIG)
    history = [s async for s in graph.aget_state_history(CONFIG)]
    before = next(s for s in history if s.next == ("gather",))
    forked = await graph.aupdate_state(before.config, {"results": {"b0": "changed"}}, as_node="b0")
    out = await graph.ainvoke(None, forked)
    assert out["results"]["b0"] == "changed"
    assert these.begun == {"b0": 1, "b1": 1}


async def test_a_policy_retries_within_its_branch() -> None:
    """A failure that its own policy mends is none for the others."""
    calls: list[int] = []

    async def shaky(state: Any) -> str:
        calls.append(1)
        if len(calls) == 1:
            raise ConnectionError("once")
        return "ok"

    policy = Policy(retry=Retry(attempts=2, wait=0.001))
    out = await parallel(member(shaky, policy=policy), red).compile().ainvoke(GO)
    assert out["results"] == {"shaky": "ok", "red": "red"}


async def test_langgraphs_own_retry_works_branches_again() -> None:
    """Set as the graph's default: those that fail are run again at once, the others not."""
    from langgraph.types import RetryPolicy

    these = Branches(["fails", "succeeds"])
    graph = parallel(*these.members)
    graph.set_node_defaults(
        retry_policy=RetryPolicy(
            max_attempts=2, initial_interval=0.001, jitter=False, retry_on=BranchesFailed
        )
    )
    with pytest.raises(BranchesFailed):
        await compiled(graph).ainvoke(GO, CONFIG)
    assert these.begun == {"b0": 2, "b1": 1}


async def test_what_stops_the_run_is_no_failure_of_a_branch() -> None:
    """It ends the run at once, whatever is required."""

    async def stops(state: Any) -> str:
        raise RunStopped("asked to stop. Resume it.")

    with pytest.raises(RunStopped):
        await parallel(stops, red, require="any").compile().ainvoke(GO)


async def test_a_run_that_is_cancelled_takes_its_branches_along() -> None:
    """None of them is left at work."""
    these = Branches(["hangs", "hangs"])
    work = asyncio.ensure_future(compiled(parallel(*these.members)).ainvoke(GO, CONFIG))
    await these.until(these.begun, 2)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert these.cancelled == {"b0": 1, "b1": 1}


async def test_what_had_ended_before_a_crash_is_not_done_again() -> None:
    """It counts for the quorum, too: the one that was at work is not needed any more."""
    for require, begun in (("all", 2), (1, 1)):
        these = Branches(["succeeds", "hangs"])
        graph = compiled(parallel(*these.members, require="all"))
        work = asyncio.ensure_future(graph.ainvoke(GO, CONFIG, durability="sync"))
        await these.until(these.ended, 1)
        while not (await graph.aget_state(CONFIG)).tasks[0].result:  # noqa: ASYNC110 - stored
            await asyncio.sleep(0)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        these.mended = True
        again: Any = parallel(*these.members, require=require)
        out = await again.compile(checkpointer=graph.checkpointer).ainvoke(None, CONFIG)
        assert these.begun == {"b0": 1, "b1": begun}
        assert "b0" in out["results"]


@pytest.mark.parametrize("limit", [1, 2])
async def test_nested_branches_that_made_room_are_tried_again_on_a_resume(limit: int) -> None:
    """Under a limit the inner join sends those that failed back to work; the others stay done."""
    these = Branches(["fails", "fails", "succeeds"])
    inner = parallel(*these.members).compile(name="inner")
    graph = compiled(sequential(sequential(inner, red).compile(name="outer"), blue))
    config = {**CONFIG, "max_concurrency": limit}
    for _ in range(2):
        with pytest.raises(BranchesFailed, match="b1 broke"):
            await graph.ainvoke(GO if not these.begun else None, config)
    these.mended = True
    out = await graph.ainvoke(None, config)
    assert out["results"]["blue"] == "blue"
    assert these.begun == {"b0": 3, "b1": 3, "b2": 1}


async def test_a_journaled_run_tells_the_join_and_resumes_what_failed(storage: Storage) -> None:
    """On files and Postgres: the failed branch alone works again, and the decision is told."""
    these = Branches(["fails", "succeeds"])
    graph = parallel(*these.members)
    with pytest.raises(BranchesFailed):
        await stretto.run(graph, "go", thread="t", storage=storage)
    these.mended = True
    result = await stretto.resume(graph, thread="t", storage=storage)
    assert result.text == "b0: b0 did it\n\nb1: b1 did it"
    assert these.begun == {"b0": 2, "b1": 1}
    told = [r for r in await storage.journal.records("t") if isinstance(r, Decided)]
    assert [(r.by, r.decision, r.reason) for r in told] == [
        ("parallel", "join", "2 of 2 succeeded; required: all")
    ]


async def test_its_budget_is_shared_by_its_members(storage: Storage) -> None:
    """What is used up for all ends the run, whatever is required."""
    model = ScriptedModel(["one", "two"])
    agents = [Agent(name=name, prompt="p", model=model) for name in ("first", "second")]
    graph = parallel(*agents, budget=Budget(calls=1))
    with pytest.raises(BudgetExceeded, match="'parallel'"):
        await stretto.run(graph, "go", thread="t", storage=storage)
    assert len(model.calls) == 1


async def test_without_a_look_at_the_superstep_all_are_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where LangGraph does not show who else is there: nobody is cancelled, a resume still works."""
    from stretto.members import superstep

    monkeypatch.setattr(superstep, "_CALL", "no such key")
    these = Branches(["fails", "succeeds", "succeeds"])
    graph = compiled(parallel(*these.members))
    with pytest.raises(BranchesFailed, match="b0"):
        await graph.ainvoke(GO, CONFIG)
    these.mended = True
    out = await graph.ainvoke(None, CONFIG)
    assert set(out["results"]) == {"b0", "b1", "b2"}
    assert these.begun == {"b0": 2, "b1": 1, "b2": 1}
