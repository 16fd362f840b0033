from __future__ import annotations

from stretto.cli import watch as watching


def test_a_run_that_has_ended_is_shown_whole(stretto):
    """A run that has ended is shown whole."""
    stretto("run", "team", "x", "--thread", "t-1")
    said = stretto("watch", "t-1")
    assert said.code == 0
    for words in ("plan by planner: 3 tasks", "t1 worker starts", "reviewer accepts", "── answer"):
        assert words in said.out


def test_a_failed_run_ends_with_1(stretto):
    """A failed run ends with 1."""
    stretto("run", "breaks", "x", "--thread", "t-2")
    assert stretto("watch", "t-2").code == 1


def test_ctrl_c_ends_the_watching_and_not_the_run(stretto, monkeypatch):
    """Ctrl-C ends the watching and not the run."""

    async def interrupt(*_):
        raise KeyboardInterrupt

    stretto("run", "talk", "x", "--thread", "t-3")
    monkeypatch.setattr(watching, "_follow", interrupt)
    said = stretto("watch", "t-3")
    assert (said.code, "the run goes on" in said.out) == (130, True)


async def test_records_of_another_process_come_as_they_are_written(tale, tmp_path):
    """Records of another process come as they are written."""
    from stretto.cli.display import Silent
    from stretto.journal import open_journal

    class Late(Silent):
        """Writes the rest of the run, as another process would, once it has shown the first."""

        def tick(self):
            while left:
                other.append(left.pop(0))

    tale.start()
    tale.plan(("t1", []))
    tale.worked("t1", tale.work("t1"))
    tale.end()
    left = tale.records[2:]
    path = tmp_path / "journal.sqlite"
    async with open_journal(path) as journal, open_journal(path) as other:
        for record in tale.records[:2]:
            journal.append(record)
        await journal.flush()
        display = Late()
        await watching._follow(journal, "thread-1", display)
    assert display.view.status == "done"
    assert display.view.round.tasks["t1"].state == "done"
