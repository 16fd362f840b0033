from __future__ import annotations

import logging

from stretto import records as r
from stretto.observe import logs
from stretto.records import Record
from stretto.runs import open_storage
from tests.observe.tales import Work


def told(caplog) -> list:
    """What our logger told."""
    return [x for x in caplog.records if x.name == logs.NAME]


def test_runs_are_info_steps_debug_and_failures_warnings(caplog):
    """One event a record, its fields beside the message."""
    caplog.set_level(logging.DEBUG, logs.NAME)
    work = Work()
    work.start("research", question="secret question")
    work.tool("pay", "failed", error="secret error")
    work.model(text="secret text")
    work.add(r.BreakerChanged, breaker="m", state="open", reason="secret")
    work.add(r.Budgeted, budget="b", event="exceeded", unit="money", used=2, limit=1)
    work.add(r.DeadLettered, letter="l", kind="undo", name="pay", attempts=3)
    work.end()
    logs.log_records(work.records)
    levels = {x.stretto_type: x.levelname for x in told(caplog)}
    assert levels == {
        "run_started": "INFO",
        "tool_started": "DEBUG",
        "tool_ended": "WARNING",
        "model_started": "DEBUG",
        "model_ended": "DEBUG",
        "breaker_changed": "WARNING",
        "budgeted": "WARNING",
        "dead_lettered": "WARNING",
        "run_ended": "INFO",
    }
    assert "secret" not in "".join(str(vars(x)) + x.getMessage() for x in told(caplog))
    first = told(caplog)[0]
    assert (first.stretto_team, first.stretto_thread) == ("research", "t-1")
    assert first.getMessage() == "run_started team=research thread=t-1"


def test_a_record_has_no_field_that_logging_has():
    """`extra` may not hide what a log record is made of."""
    names = {f"stretto_{name}" for kind in Record.__subclasses__() for name in kind.model_fields}
    plain = vars(logging.LogRecord("", 0, "", 0, "", (), None))
    assert not names & set(plain)


def test_a_name_cannot_forge_a_line():
    """Line breaks are shown, not made."""
    work = Work()
    work.start("a\nteam=b")
    assert logs.message(work.records[0]) == "run_started team='a\\nteam=b' thread=t-1"


def test_nothing_is_made_for_levels_that_nobody_hears(caplog, monkeypatch):
    """A message costs only where it is told."""
    caplog.set_level(logging.WARNING, logs.NAME)
    monkeypatch.setattr(logs, "fields", lambda _: 1 / 0)
    work = Work()
    work.start()
    work.model()
    work.end()
    logs.log_records(work.records)
    assert told(caplog) == []


def test_it_listens_only_where_logging_is_set_up(monkeypatch):
    """Without a handler, or with the logger off, nothing would be heard."""
    logger = logging.getLogger(logs.NAME)
    assert logs.is_wanted()  # the tests capture logs
    monkeypatch.setattr(logger, "hasHandlers", lambda: False)
    assert not logs.is_wanted()
    monkeypatch.undo()
    logger.setLevel(logging.CRITICAL)
    try:
        assert not logs.is_wanted()
    finally:
        logger.setLevel(logging.NOTSET)


async def test_opening_storage_attaches_it(tmp_path, caplog):
    """What is stored is told."""
    caplog.set_level(logging.INFO, logs.NAME)
    work = Work()
    work.start("research")
    work.end()
    async with open_storage(home=tmp_path) as storage:
        for record in work.records:
            storage.journal.append(record)
    assert [x.stretto_type for x in told(caplog)] == ["run_started", "run_ended"]


async def test_the_server_attaches_it():
    """As `langgraph dev` opens the project's state."""
    from stretto.checkpoint.serving import server
    from stretto.journal.install import current

    async with server():
        assert current().journal.listeners == (logs.log_records,)
