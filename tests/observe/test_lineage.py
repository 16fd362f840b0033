"""An answer is followed to its quotations, tool results and model calls, and how sure that is."""

from __future__ import annotations

import json

import pytest
from langchain.agents import create_agent
from langgraph.graph import END, START, MessagesState, StateGraph

import stretto
from stretto import Agent, Finding, Plan, Review, Task, plan
from stretto.observe.lineage import claims, json_of, lineage_of
from stretto.testing import Reply, ScriptedModel, tool_call

WORDS = "Glaze crazes when it shrinks\nmore than the clay."
PAGE = [{"path": "/docs/glaze.md", "line": 5, "text": WORDS}, {"path": "/docs/x.md", "text": "no"}]


def look(place: str) -> str:
    """Look at a place."""
    return json.dumps(PAGE)


def finding(quote="Glaze crazes when it shrinks more", path="/docs/glaze.md"):
    """A typed answer that quotes."""
    cited = [{"path": path, "line": 5, "symbol": "Glaze", "kind": "text", "quote": quote}]
    return Reply(
        tool_calls=[tool_call("Finding", found=True, answer="It shrinks.", citations=cited)]
    )


def researcher(last):
    """An agent that looks and then says `last`."""

    def say(messages):
        if messages[-1].type == "human":
            return Reply(tool_calls=[tool_call("look", place="shelf")])
        return last

    return Agent(name="ann", prompt="Find.", model=ScriptedModel(say), tools=[look], output=Finding)


def team(last, **options):
    """One that plans a single task."""

    def planner(state):
        return Plan(tasks=[Task(id="t1", goal="why", executor="ann")])

    def reviewer(state):
        return Review(verdict="accept", reason="fine")

    return plan(planner, [researcher(last)], reviewer, rules=[], **options)


async def followed(storage, graph, question="Why?", **options):
    """The lineage of a run's answer."""
    result = await stretto.run(graph, question, storage=storage, **options)
    return (await lineage_of(storage.journal, result.thread))[-1]


async def test_a_quotation_leads_to_its_tool_result_and_its_writer(storage):
    """The words stand in it under their path, white space aside, and lay in the request."""
    line = await followed(storage, team(finding()))
    (one,) = line.quotations
    assert (one.state, one.path, one.line) == ("verified", "/docs/glaze.md", 5)
    (source,) = one.sources
    assert (source.proof, source.tool, source.given, source.task) == (
        "quoted",
        "look",
        "shelf",
        "t1",
    )
    assert (one.writer.agent, one.writer.task) == ("ann", "t1")
    assert source.digest
    assert one.writer.digest
    assert (line.verified, line.verdict, line.sources) == (1, "accepted", ())
    assert [c.numbers for c in line.claims] == [(1,)]
    json.dumps(json_of(line))


async def test_words_that_no_tool_returned_are_not_found(storage):
    """Though a model wrote them down; the tool result was in front of it all the same."""
    line = await followed(storage, team(finding("Glaze is made by elves.")))
    assert (line.quotations[0].state, line.verified) == ("not found", 0)
    assert [(s.tool, s.proof) for s in line.sources] == [("look", "in front")]


async def test_words_of_another_file_are_told(storage):
    """The quotation stands in a tool result, under another path."""
    line = await followed(storage, team(finding(path="/docs/x.md")))
    assert line.quotations[0].state == "other file"


async def test_an_answer_without_citations_tells_what_was_in_front(storage):
    """Of any graph: by the ids of the calls in the request of the model that wrote it."""

    def say(messages):
        if messages[-1].type == "human":
            return Reply(tool_calls=[tool_call("look", place="shelf")])
        return "It shrinks more than the clay does."

    graph = create_agent(ScriptedModel(say), [look], name="talk")
    line = await followed(storage, graph)
    assert line.answer == "It shrinks more than the clay does."
    assert (line.writer.agent, line.quotations) == ("talk", ())
    assert [(s.tool, s.proof, s.via) for s in line.sources] == [("look", "in front", "")]


async def test_words_carried_on_by_another_agent_are_followed(storage):
    """What one model found and another one was told."""

    def first(messages):
        if messages[-1].type == "human":
            return Reply(tool_calls=[tool_call("look", place="shelf")])
        return "It crazes because it shrinks so much."

    finder = create_agent(ScriptedModel(first), [look], name="finder")
    speaker = ScriptedModel(lambda messages: f"In short: {len(messages)}")

    async def find(state):
        out = await finder.ainvoke({"messages": state["messages"]})
        return {"messages": [("user", f"Sum this up: {out['messages'][-1].text}")]}

    async def speak(state):
        return {"messages": [await speaker.ainvoke(state["messages"])]}

    graph = StateGraph(MessagesState).add_node(find).add_node(speak)
    graph = graph.add_edge(START, "find").add_edge("find", "speak").add_edge("speak", END)
    line = await followed(storage, graph)
    assert line.answer == "In short: 2"
    assert [(s.tool, s.proof, s.via) for s in line.sources] == [("look", "in front", "finder")]


async def test_a_tool_that_nobody_read_is_only_possible(storage):
    """It was called in a node; no model saw what it returned."""
    from langchain_core.tools import tool

    tooled = tool(look)

    async def work(state):
        await tooled.ainvoke({"place": "shelf"})
        return {"messages": [await ScriptedModel(["So it is."]).ainvoke(state["messages"])]}

    graph = StateGraph(MessagesState).add_node(work).add_edge(START, "work").add_edge("work", END)
    line = await followed(storage, graph)
    assert [(s.tool, s.proof) for s in line.sources] == [("look", "possible")]


async def test_small_talk_has_no_source(storage):
    """The planner's own reply."""

    def planner(state):
        return Plan(reply="Hello to you.")

    def reviewer(state):
        return Review(verdict="accept", reason="")

    graph = plan(planner, [researcher("x")], reviewer)
    line = await followed(storage, graph, "hello")
    assert (line.answer, line.verdict, line.sources) == ("Hello to you.", "reply", ())
    assert "no source" in line.made


async def test_a_follow_up_is_followed_into_the_turn_before(storage):
    """A quotation whose tool result was returned in an earlier turn."""
    graph = team(finding())
    await stretto.run(graph, "Why?", storage=storage, thread="t")
    line = await followed(storage, graph, "Again?", thread="t")
    assert (line.turn, line.question, line.verified) == (2, "Again?", 1)


async def test_a_forgotten_thread_says_so(storage):
    """That it happened stays; what was said does not."""
    await stretto.run(team(finding()), "Why?", storage=storage, thread="t")
    await storage.journal.forget("t")
    (line,) = await lineage_of(storage.journal, "t")
    assert (line.forgotten, line.answer) == (True, "")


async def test_a_person_who_took_part_is_told(storage):
    """Who answered, and how."""
    graph = team(finding(), approve=["answer"])
    await stretto.run(graph, "Why?", storage=storage, thread="t")
    answer = {"decisions": [{"type": "respond", "message": "Because."}]}
    await stretto.resume(graph, "t", answer, by="bob", storage=storage)
    (line,) = await lineage_of(storage.journal, "t")
    assert line.people == ["bob answered: respond Because."]
    assert (line.answer, line.made) == ("Because.", "a person wrote it")


async def test_what_has_not_ended_has_no_answer(storage):
    """A run that failed before any model spoke."""

    def fail(state):
        raise TypeError("no")

    graph = StateGraph(MessagesState).add_node(fail).add_edge(START, "fail")
    with pytest.raises(TypeError):
        await stretto.run(graph, "Why?", storage=storage, thread="t")
    (line,) = await lineage_of(storage.journal, "t")
    assert (line.answer, line.status, line.sources) == ("", "failed", ())


def test_claims_carry_the_numbers_after_them():
    """Sentences and paragraphs; headings carry none."""
    found = claims("Why?\nIt shrinks [1][2]. It cracks [3].\n\nWhen?\nnever")
    assert [(c.text, c.numbers) for c in found] == [
        ("Why?", ()),
        ("It shrinks", (1, 2)),
        ("It cracks", (3,)),
        ("When?", ()),
        ("never", ()),
    ]
