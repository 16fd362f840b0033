from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto import records as r
from stretto.observe.metrics import OTHERS, Metrics
from tests.counting import counted_lines
from tests.observe.tales import START, Work


def folded(work: Work, **how) -> Metrics:
    """The metrics of all records."""
    metrics = Metrics(**how)
    metrics.add(work.records)
    return metrics


def row(metrics: Metrics, by, name):
    """One row of them."""
    return metrics.rows[by, name]


@pytest.fixture
def work() -> Work:
    """No records yet."""
    return Work()


def test_runs_agents_versions_models_and_tools_are_counted_apart(work):
    """An agent's work is the node around it, or the run where it is the run's only one."""
    work.start("research")
    work.agent("planner", "2", cost=0.25)
    work.node("researcher")
    work.node("tools", agent="researcher")
    work.tool("search", agent="researcher")
    work.tool("search", "failed", agent="researcher")
    work.left("tools", agent="researcher")
    work.left("researcher", "failed")
    work.end()
    found = folded(work)
    assert row(found, "team", "research").done == 1
    assert row(found, "agent", "planner").latency.at(0.5) == 2.0
    assert row(found, "version", "planner 2").spent.cost == 0.25
    assert row(found, "model", "offline").spent.input_tokens == 10
    assert (row(found, "tool", "search").done, row(found, "tool", "search").failed) == (1, 1)
    assert row(found, "agent", "researcher").failed == 1
    assert row(found, "team", "research").tool_calls == 2
    assert ("node", "tools") not in found.rows


def test_a_lone_agents_run_is_its_work(work):
    """`create_agent` run by itself has no node around it."""
    work.start("solo")
    work.node("model", agent="solo")
    work.model(agent="solo")
    work.left("model", agent="solo")
    work.end(seconds=7.0)
    assert row(folded(work), "agent", "solo").latency.at(0.5) == 7.0


def test_a_foreign_graph_is_told_by_node(work):
    """Where no agent is."""
    work.start("adds")
    work.node("add")
    work.left("add")
    work.end()
    assert row(folded(work), "node", "add").count == 1


def test_what_waits_for_a_person_or_was_stopped_neither_failed_nor_succeeded(work):
    """Nor does a tool call that asks."""
    work.start()
    work.node("tools")
    work.tool("pay", "interrupted")
    work.left("tools", "interrupted")
    work.end("interrupted")
    found = folded(work)
    assert row(found, "tool", "pay").success is None
    assert row(found, "team", "team").other == {"interrupted": 1}
    assert list(found.waiting) == ["t-1"]
    work.start(resumed=True)
    work.node("tools")
    work.tool("pay")
    work.left("tools")
    work.end("stopped")
    found = folded(work)
    assert (row(found, "tool", "pay").success, row(found, "tool", "pay").count) == (1.0, 1)
    assert row(found, "team", "team").success is None
    assert not found.waiting


def test_a_killed_run_failed_once_its_process_is_known_to_be_gone(work):
    """Until then it runs; it is counted once."""
    work.start()
    work.node("model")
    found = folded(work)
    assert found.running() == {"team": 1}
    found.bury(lambda _: True)
    assert ("team", "team") not in found.rows
    found.bury(lambda _: False)
    found.bury(lambda _: False)
    assert (row(found, "team", "team").failed, row(found, "team", "team").killed) == (1, 1)
    assert found.running() == {}


def test_a_run_is_over_when_another_took_its_thread(work):
    """Its end, if it wrote any, was refused."""
    work.start(fence=1)
    work.start(resumed=True, fence=2)
    work.end()
    team = row(folded(work), "team", "team")
    assert (team.killed, team.done) == (1, 1)


def test_a_model_that_gave_nothing_failed_though_its_error_was_not_read(work):
    """As records are read without what was said."""
    work.start()
    work.model(error="APIError: no")
    last = work.records.pop()
    work.records.append(last.model_copy(update={"error": ""}))
    work.end("failed")
    assert row(folded(work), "model", "offline").failed == 1


def test_quality_is_of_all_who_had_a_part_in_the_turn(work):
    """Accepted first time, rounds, edits, thumbs, scores and what an accepted answer cost."""
    for version, rounds, edits in (("1", 3, 2), ("2", 1, 0)):
        work.start("research", thread=f"t-{version}")
        work.agent("planner", version, cost=0.5)
        work.outcome(rounds=rounds, edits=edits)
        work.end()
    run = work.start("research", thread="t-3")
    work.agent("planner", "2", cost=0.5)
    work.outcome("not accepted", rounds=2)
    work.end()
    work.add(r.Feedback, on=run, thumb="down", score=0.25)
    found = folded(work)
    team, new = row(found, "team", "research"), row(found, "version", "planner 2")
    assert (team.quality.answers, team.quality.accepted, team.quality.at_once) == (3, 2, 1)
    assert (team.quality.rounds, team.quality.edits) == (6, 2)
    assert team.each == pytest.approx(0.75)
    assert (new.quality.answers, new.quality.at_once, new.quality.down) == (2, 1, 1)
    assert new.told()["quality"]["score"] == 0.25
    assert row(found, "version", "planner 1").quality.down == 0


def test_replies_and_outcomes_of_teams_within_are_no_answers(work):
    """A greeting was never judged; a team in a team answers the team."""
    work.start()
    work.outcome("reply", rounds=0)
    work.add(r.Outcome, verdict="accepted", rounds=1, place="execute:1|answer:2")
    work.end()
    assert not row(folded(work), "team", "team").quality.told


def test_feedback_of_another_time_finds_its_team(work):
    """Long after the run, with other runs in between."""
    run = work.start("research", thread="a")
    work.outcome()
    work.end()
    work.start("other", thread="b")
    work.end()
    work.add(r.Feedback, run=run, thread="a", on=run, thumb="up")
    found = folded(work)
    assert row(found, "team", "research").quality.up == 1
    assert row(found, "team", "other").quality.up == 0


def test_feedback_on_a_step_is_about_its_agent(work):
    """The others had no part in that."""
    run = work.start("research")
    work.agent("planner")
    work.agent("writer")
    work.end()
    work.add(r.Feedback, run=run, on="step", thumb="down", agent="writer", version="1")
    found = folded(work)
    assert row(found, "team", "research").quality.down == 1
    assert row(found, "version", "writer 1").quality.down == 1
    assert row(found, "agent", "planner").quality.down == 0


def test_money_is_a_lower_bound_where_some_calls_have_no_price(work):
    """And not known where none has one."""
    work.start()
    work.model("dear", cost=0.5)
    work.model("free")
    work.end()
    found = folded(work)
    assert row(found, "model", "free").spent.cost is None
    assert row(found, "team", "team").spent.cost == 0.5
    assert row(found, "team", "team").spent.unpriced == 1


def test_what_happens_beside_is_counted(work):
    """Retries, fallbacks, waits, breakers, budgets, undone steps, dead letters."""
    work.start()
    work.add(r.Retried, step="model", name="m", attempt=2, agent="planner")
    work.add(r.FellBack, step="model", name="m", to="offline")
    work.add(r.Waited, on="rate", name="m", seconds=2.0)
    work.add(r.BreakerChanged, breaker="m", state="open")
    work.add(r.Budgeted, budget="b", event="exceeded", unit="money", used=2.0, limit=1.0)
    work.add(r.Compensated, step="pay", status="failed")
    work.add(r.DeadLettered, letter="l1", kind="undo", name="pay", attempts=3)
    work.add(r.DeadLettered, letter="l2", kind="undo", name="pay", attempts=3)
    work.add(r.LetterClosed, letter="l1", how="dropped")
    work.end()
    found = folded(work)
    team = row(found, "team", "team")
    assert (team.retries, team.fallbacks, team.waits, team.waited) == (1, 1, 1, 2.0)
    assert row(found, "agent", "planner").retries == 1
    assert found.beside.breakers == {"m": "open"}
    assert found.beside.budgets["b", "money"].exceeded == 1
    assert (found.beside.not_undone, list(found.beside.letters)) == (1, [("t-1", "l2")])
    json.dumps(found.told())


def test_since_counts_what_ended_then_and_knows_what_was_before(work):
    """The team of a run that began before is known."""
    work.start("early")
    work.model()
    cut = work.time + 0.5
    work.model()
    work.end()
    found = folded(work, since=cut)
    assert row(found, "model", "offline").done == 1
    assert row(found, "team", "early").done == 1


def test_a_team_alone(work):
    """What others did does not count."""
    for team in ("a", "b"):
        work.start(team, thread=team)
        work.model()
        work.end("interrupted" if team == "b" else "done")
    found = folded(work, team="a")
    assert [row.name for row in found.by("team")] == ["a"]
    assert row(found, "model", "offline").done == 1
    assert not found.waiting


def test_a_clock_that_jumps_spoils_no_time(work):
    """What took less than nothing, or no number, has no time; it still succeeded."""
    work.start()
    for seconds in (-3600.0, float("inf"), 1.0):
        work.tool("look", seconds=seconds)
    work.time -= 7200.0
    work.add(r.Waited, on="retry", name="m", seconds=-5.0)
    work.end(seconds=-7200.0)
    found = folded(work)
    look = row(found, "tool", "look")
    assert (look.done, look.latency.count, look.latency.at(0.99)) == (3, 1, 1.0)
    assert row(found, "team", "team").done == 1
    assert row(found, "team", "team").latency.at(0.5) is None
    assert row(found, "team", "team").waited == 0.0


def test_names_are_bounded(work):
    """What comes too late shares a row."""
    work.start()
    for number in range(30):
        work.tool(f"tool-{number}")
    work.end()
    found = folded(work, most=10)
    assert len(found.by("tool")) == 11
    assert row(found, "tool", OTHERS).count == 20


@given(st.data())
def test_adding_piece_by_piece_comes_to_the_same(data):
    """Wherever the records are cut: what is read `after` a position goes on."""
    work = Work()
    for number in range(data.draw(st.integers(1, 4))):
        work.start(f"team-{number % 2}", thread=f"t-{number}")
        work.agent("planner", str(number), cost=data.draw(st.sampled_from([None, 0.5])))
        work.tool("look", data.draw(st.sampled_from(["done", "failed", "interrupted"])))
        work.outcome(rounds=data.draw(st.integers(1, 3)))
        work.end(data.draw(st.sampled_from(["done", "failed", "interrupted"])))
    whole, parts = folded(work), Metrics()
    while parts.seq < len(work.records):
        step = data.draw(st.integers(1, 9))
        parts.add([rec for rec in work.records if rec.seq > parts.seq][:step])
    assert parts.told() == whole.told()


def test_folding_is_linear_and_keeps_nothing_of_runs_that_ended():
    """Ten times the records take ten times the steps, and no more memory than names."""
    took = []
    for runs in (100, 1000):
        work = Work()
        for number in range(runs):
            work.start("team", thread=f"t-{number}")
            work.agent("planner")
            work.end()
        found = Metrics(exact=False)
        with counted_lines() as lines:
            found.add(work.records)
        took.append(lines())
        assert found.running() == {}
        assert len(found.rows) == 4
    assert took[1] < 11 * took[0]


def test_records_of_a_run_whose_start_is_gone_are_no_trouble(work):
    """It was pruned, or is another store's."""
    work.start()
    work.model()
    work.node("n")
    work.left("n")
    work.end()
    found = Metrics()
    found.add(work.records[2:])
    assert row(found, "team", "").done == 1
    assert found.running() == {}
    assert work.time > START


def test_a_function_that_is_tried_again_is_no_agent(work):
    """Its policy tells its name where an agent's stands."""
    work.start()
    work.node("work")
    work.add(r.Retried, step="node", name="flaky", attempt=2, agent="flaky")
    work.left("work")
    work.end()
    found = folded(work)
    assert found.by("agent") == []
    assert found.told()["agents"] == []
    assert row(found, "node", "work").count == 1
    assert row(found, "team", "team").retries == 1
