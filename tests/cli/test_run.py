from __future__ import annotations

import json
import os
import signal

import pytest


def test_a_team_shows_its_plan_its_tasks_its_review_and_the_answer(stretto):
    """A team shows its plan its tasks its review and the answer."""
    said = stretto("run", "team", "What are they?", "--thread", "t-1")
    assert (said.code, said.err) == (0, "")
    for words in (
        "team     team",
        "limits   at most 100 model calls",
        "plan by planner: 3 tasks",
        "t3 worker: What is three? (needs t1, t2)",
        't1 look "What is one?" limit=2',
        "review of round 1 of 3",
        "reviewer accepts: all is proven",
        "graphs/team.py:9  look",
        "accepted after 1 round: all is proven",
        "0 of 100 model calls · 3 tool calls",
        "stretto chat team --thread t-1",
    ):
        assert words in said.out
    assert "\x1b" not in said.out
    assert not [line for line in said.out.splitlines() if line.endswith(" ")]
    starts = [said.out.index(f"{task} worker starts") for task in ("t1", "t2")]
    assert max(starts) < said.out.index("t1 done in")


def test_a_task_that_is_sent_back_is_done_again(stretto):
    """A task that is sent back is done again."""
    said = stretto("run", "team", "Look again")
    assert "↺ t2 goes back: look deeper" in said.out
    assert said.out.count("t2 worker starts") == 2
    assert said.out.count("t1 worker starts") == 1
    assert said.out.count("t3 worker starts") == 2


def test_json_is_one_object(stretto):
    """JSON is one object."""
    told = stretto("run", "team", "What?", "--json", "--thread", "t-2").json
    assert set(told) >= {
        "answer",
        "citations",
        "tasks",
        "rounds",
        "verdict",
        "thread",
        "usage",
        "seconds",
    }
    assert (told["verdict"], told["rounds"], told["thread"]) == ("accepted", 1, "t-2")
    assert set(told["usage"]) == {"model_calls", "tool_calls", "input_tokens", "output_tokens"}
    assert told["usage"]["tool_calls"] == 3
    assert [(t["id"], t["state"], t["needs"]) for t in told["tasks"]] == [
        ("t1", "done", []),
        ("t2", "done", []),
        ("t3", "done", ["t1", "t2"]),
    ]
    assert told["citations"][0]["line"] == 9


def test_small_talk_is_answered_without_a_plan(stretto):
    """Small talk is answered without a plan."""
    said = stretto("run", "team", "hello")
    assert "Hello to you." in said.out
    assert "plan by" not in said.out


def test_a_graph_without_a_plan_shows_nodes_tools_and_the_last_message(stretto):
    """A graph without a plan shows nodes tools and the last message."""
    said = stretto("run", "talk", "pay them")
    assert "tools done in" in said.out
    assert 'talk pay "Ann" amount=5' in said.out
    assert "Done: paid 5 to Ann and paid 7 to Bob." in said.out
    assert "offline" not in said.out


def test_a_graph_without_messages_takes_a_json_object(stretto):
    """A graph without messages takes a JSON object."""
    assert stretto("run", "adds", '{"n": 1}', "--json").code == 0
    assert '"n": 2' in stretto("run", "adds", '{"n": 1}').out
    said = stretto("run", "adds", "hello")
    assert said.code == 2
    assert "JSON object" in said.err


def test_an_agent_alone_is_a_conversation(stretto):
    """An agent alone is a conversation."""
    said = stretto("run", "agent:echo", "hello there", "--json")
    assert said.code == 0
    assert said.json["usage"]["model_calls"] >= 1


def test_the_question_may_come_from_a_pipe(stretto):
    """The question may come from a pipe."""
    assert (
        stretto("run", "talk", "-", "--json", stdin="piped\n").json["answer"] == "You said: piped."
    )


def test_a_run_that_waits_shows_what_is_asked_and_how_to_answer(stretto):
    """A run that waits shows what is asked and how to answer."""
    said = stretto("run", "asks", "pay", "--thread", "t-3")
    assert said.code == 0
    for words in ("waits for you", "to Ann", "amount 7", "stretto resume t-3 --approve"):
        assert words in said.out
    told = stretto("run", "asks", "pay", "--json").json
    assert (told["status"], told["answer"]) == ("interrupted", None)
    assert told["interrupts"][0]["value"]["action_requests"][0]["name"] == "pay"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["teem", "x"], 2, "Did you mean 'team'?"),
        (["echo", "x"], 2, "Did you mean 'agent:echo'?"),
        (["agent:ecko", "x"], 2, "Did you mean 'echo'?"),
        (["team", "  "], 2, "the question is empty"),
        (["team", "x", "--sources", "nowhere"], 2, "no such file or folder"),
        (["team", "x", "--sources", "package:no_such"], 2, "no package 'no_such'"),
        (["team", "x", "--sources", "graphs"], 2, "takes no sources"),
        (["team", "x", "--context", "output"], 2, "Write NAME=VALUE"),
        (["team", "x", "--deep"], 2, "no team 'team_deep'. Did you mean 'team'?"),
        (["agent:echo", "x", "--deep"], 2, "only a team named in langgraph.json"),
        (["team", "x", "--model", "nonsense"], 2, "no model 'nonsense'"),
        (["team", "x", "--model", "openai:gpt"], 2, "Set OPENAI_API_KEY"),
        (["nowhere.py:graph", "x"], 2, "nowhere.py"),
        (["breaks", "x"], 1, "the run failed in node second: TypeError: an int is no str"),
        (["talk", "x", "--max-model-calls", "0"], 6, "--max-model-calls"),
        (["talk", "pay", "--max-tool-calls", "1"], 6, "--max-tool-calls"),
        (["talk", "pay", "--max-steps", "1"], 6, "--max-steps"),
        (["talk", "pay", "--max-tokens", "1"], 6, "--max-tokens"),
    ],
)
def test_bad_input_and_faults_are_one_message_and_a_code(stretto, arguments, code, words):
    """Bad input and faults are one message and a code."""
    said = stretto("run", *arguments)
    assert said.code == code
    assert words in " ".join(said.err.split())
    assert "Traceback" not in said.err
    told = stretto("run", *arguments, "--json")
    assert told.code == code
    assert set(told.json) == {"error", "kind", "thread"}


def test_what_the_team_is_told_beside_the_question_is_its_context(stretto):
    """Values are the JSON they are, else text; the run's record tells them."""
    given = ["--context", "output=out/a=b", "--context", 'scale={"best": 5}', "--context", "most=3"]
    assert stretto("run", "team", "x", "--thread", "t-4", *given).code == 0
    shown = stretto("show", "t-4", "--json").out.splitlines()
    (begun,) = [r for r in map(json.loads, shown) if r["type"] == "run_started"]
    assert begun["context"] == {"output": "out/a=b", "scale": {"best": 5}, "most": 3}


def test_a_source_that_cannot_be_read_is_refused(stretto, project, monkeypatch):
    """A source that cannot be read is refused."""
    (project / "secret").write_text("x")
    monkeypatch.setattr(os, "access", lambda *_: False)
    said = stretto("run", "team", "x", "--sources", "secret")
    assert (said.code, "cannot be read" in said.err) == (2, True)


def test_a_wrong_database_url_names_its_variable_and_hides_the_password(stretto, monkeypatch):
    """A wrong database url names its variable and hides the password."""
    monkeypatch.setenv("STRETTO_DATABASE_URL", "mysql://ann:hush@host/db")
    said = stretto("run", "team", "x")
    assert said.code == 2
    assert "STRETTO_DATABASE_URL" in said.err
    assert "hush" not in said.err


def test_a_damaged_state_file_is_named_and_left_alone(stretto, monkeypatch, tmp_path):
    """A damaged state file is named and left alone."""
    home = tmp_path / "damaged"
    home.mkdir()
    (home / "checkpoints.sqlite").write_bytes(b"this is no database, but precious" * 99)
    monkeypatch.setenv("STRETTO_HOME", str(home))
    said = stretto("run", "talk", "x")
    assert said.code == 3
    assert "checkpoints.sqlite" in said.err
    assert (home / "checkpoints.sqlite").read_bytes().startswith(b"this is no database")


def test_outside_a_project_it_says_how_to_get_one(stretto, tmp_path, monkeypatch):
    """Outside a project it says how to get one."""
    monkeypatch.chdir(tmp_path)
    said = stretto("run", "team", "x")
    assert (said.code, "langgraph.json" in said.err) == (2, True)


def test_a_file_s_graph_is_resumed_from_any_folder(stretto, project, monkeypatch):
    """A file's graph is resumed from any folder."""
    assert stretto("run", "graphs/talk.py:asks", "pay", "--thread", "t-4").code == 0
    monkeypatch.chdir(project / "graphs")
    assert "paid 7 to Bob" in stretto("resume", "t-4", "--approve").out


def test_ctrl_c_stops_at_the_next_safe_point_and_says_how_to_go_on(stretto):
    """Ctrl-C stops at the next safe point and says how to go on."""
    before = signal.getsignal(signal.SIGINT)
    said = stretto("run", "stopped", "x", "--thread", "t-5")
    assert said.code == 130
    assert "stopping at the next safe point" in said.out
    assert "stopped at a safe point" in said.err
    assert "stretto resume t-5" in said.err
    assert signal.getsignal(signal.SIGINT) is before
    gone_on = stretto("resume", "t-5", "--json").json
    assert gone_on["answer"] == "first is done"


def test_a_busy_thread_is_refused(stretto, monkeypatch):
    """A busy thread is refused."""
    from stretto.errors import ThreadBusy
    from stretto.runs.lock import FileLocks

    def hold(_self, thread, *, wait, take_over):
        told = f"another turn is being written on thread {thread!r}, {wait}, {take_over}. Wait."
        raise ThreadBusy(told)

    monkeypatch.setattr(FileLocks, "hold", hold)
    assert stretto("run", "talk", "x").code == 4


def test_an_agent_with_typed_output_gives_it(stretto, project):
    """An agent with typed output gives it."""
    (project / "agents" / "finder.yaml").write_text(
        "role: finds\noutput: Finding\ntools: [sums.add]\n"
    )
    told = stretto("run", "agent:finder", "What is one?", "--json").json
    assert told["output"]["found"] is False
    assert "Returning structured response" not in stretto("run", "agent:finder", "What is one?").out
