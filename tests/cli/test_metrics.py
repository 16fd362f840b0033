from __future__ import annotations

import pytest


def test_an_empty_project_is_told_what_to_do_next(stretto):
    """Nothing is counted yet."""
    said = stretto("metrics")
    assert said.code == 0
    assert "no runs yet" in said.out
    assert "stretto run TEAM QUESTION" in said.out


@pytest.fixture
def ran(stretto):
    """A team, an agent that asks, and a graph that breaks have run."""
    stretto("run", "team", "Why? again", "--thread", "t-1")
    stretto("run", "asks", "pay", "--thread", "t-2")
    stretto("run", "breaks", "x", "--thread", "t-3")
    return stretto


def test_all_tables_fit_on_a_narrow_screen(ran, monkeypatch):
    """Teams with quality, agents or nodes, models, tools, and what waits."""
    monkeypatch.setenv("COLUMNS", "80")
    said = ran("metrics").out
    assert max(map(len, said.splitlines())) <= 80
    lines = {line.split()[0]: line.split() for line in said.splitlines() if line}
    assert lines["breaks"][1:3] == ["1", "0%"]
    assert lines["look"][2] == "100%"
    assert lines["waiting"] == ["waiting", "1", "thread", "for", "a", "person"]
    assert "quality" in said


def test_one_table_in_full(ran):
    """By team, agent, version, tool, model or node."""
    said = ran("metrics", "--by", "tool").out
    assert said.split()[0] == "tool"
    assert "look" in said
    assert "breaks" not in said
    told = ran("metrics", "--by", "team", "--json").json
    assert {row["name"]: row["done"] for row in told["teams"]} == {
        "team": 1,
        "asks": 0,
        "breaks": 0,
    }
    assert "tools" not in told


def test_json_has_everything(ran):
    """Rates, times and quality as numbers; what is not known is null."""
    told = ran("metrics", "--json").json
    teams = {row["name"]: row for row in told["teams"]}
    assert teams["team"]["quality"]["accepted_first_time"] == 0
    assert teams["team"]["quality"]["rounds"] == 2
    assert teams["asks"]["success"] is None
    assert teams["asks"]["other"] == {"interrupted": 1}
    assert told["waiting_for_a_person"] == 1


def test_a_team_and_a_time_narrow_it(ran):
    """An unknown team is named with the known ones; an age is checked."""
    told = ran("metrics", "--team", "breaks", "--json").json
    assert [row["name"] for row in told["teams"]] == ["breaks"]
    assert ran("metrics", "--since", "0s").out.startswith("nothing happened in that time")
    assert ran("metrics", "--since", "1h", "--json").json["records"] > 10
    unknown = ran("metrics", "--team", "breakz")
    assert (unknown.code, "Did you mean 'breaks'?" in unknown.err) == (2, True)
    assert ran("metrics", "--since", "soon").code == 2


def test_serving_takes_no_filters(stretto):
    """Prometheus chooses."""
    said = stretto("metrics", "--serve", "0", "--team", "x")
    assert (said.code, "--team would do nothing" in said.err) == (2, True)


def test_serving_answers_scrapes(ran, monkeypatch):
    """Until it is ended."""
    import urllib.request

    pytest.importorskip("prometheus_client")
    from stretto.observe import prometheus

    got = []

    def serve(metrics, **at):
        endpoint = real(metrics, **at)
        url = f"http://127.0.0.1:{endpoint.port}/metrics"
        with urllib.request.urlopen(url, timeout=30) as answer:
            got.append(answer.read().decode())
        endpoint.close()
        raise KeyboardInterrupt

    real = prometheus.serve
    monkeypatch.setattr(prometheus, "serve", serve)
    ran("metrics", "--serve", "0")
    assert 'stretto_runs_total{status="done",team="team"} 1.0' in got[0]


def test_an_age_that_is_none_names_its_option(stretto):
    """Not another command's."""
    said = stretto("metrics", "--since", "yesterday")
    assert said.code == 2
    assert "--since 'yesterday' is no age" in said.err
