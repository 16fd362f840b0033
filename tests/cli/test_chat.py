from __future__ import annotations

import io

import pytest


def test_tokens_speaker_and_folded_tools_are_shown(stretto):
    """Tokens speaker and folded tools are shown."""
    said = stretto("chat", "talk", "--thread", "c-1", stdin="hi\npay them\n")
    assert said.code == 0
    assert "talk: You said: hi." in said.out
    assert '  pay "Ann" amount=5 → paid 5 to Ann' in said.out
    assert "talk: Done: paid 5 to Ann and paid 7 to Bob." in said.out
    assert "stretto chat talk --thread c-1" in said.out


def test_the_thread_is_kept_between_conversations(stretto):
    """The thread is kept between conversations."""
    stretto("chat", "talk", "--thread", "c-2", stdin="hi\n")
    said = stretto("chat", "talk", "--thread", "c-2", stdin="/history\n")
    assert "hi  →  You said: hi." in said.out


def test_slash_commands_tell_state_history_and_fork(stretto):
    """Slash commands tell state history and fork."""
    lines = "/history\nfirst\nsecond\n/history\n/fork 1\n/history\nthird\n/history\n/state\n/help\n/nope\n/quit\nmore\n"
    said = stretto("chat", "talk", stdin=lines)
    assert "no turn has ended yet" in said.out
    assert "back to after turn 1: You said: first." in said.out
    last = said.out.rpartition("talk: You said: third.")[2]
    assert "first" in last
    assert "second" not in last
    assert "messages    4 in all; last: ai: You said: third." in last
    assert "/fork [N]" in last
    assert "there is no /nope" in last
    assert "You said: more" not in said.out


def test_a_fork_that_leads_nowhere_is_refused(stretto):
    """A fork that leads nowhere is refused."""
    said = stretto("chat", "talk", stdin="/fork\nhi\n/fork\n/fork 7\n")
    assert said.out.count("no turn has ended before it") == 2
    assert "there is no turn 7" in said.out


def test_approvals_are_asked_inline(stretto):
    """Approvals are asked inline."""
    said = stretto("chat", "asks", stdin="pay\napprove\nreject not Bob\n")
    assert "paid 5 to Ann" in said.out
    assert "not Bob" in said.out


def test_what_is_put_off_is_asked_again(stretto):
    """What is put off is asked again."""
    said = stretto("chat", "asks", "--thread", "c-3", stdin="pay\nlater\n")
    assert "it waits; an empty line asks again" in said.out
    said = stretto("chat", "asks", "--thread", "c-3", stdin="a\na\n")
    assert "paid 7 to Bob" in said.out


def test_a_team_with_a_plan_shows_progress_and_the_answer(stretto):
    """A team with a plan shows progress and the answer."""
    said = stretto("chat", "team", stdin="hello\nWhat?\n")
    assert "Hello to you." in said.out
    assert "t1 worker starts" in said.out
    assert "accepted after 1 round" in said.out
    assert said.out.count("It is t3.") == 1


def test_several_questions_of_a_team_are_answered_in_any_order(stretto):
    """Several questions of a team are answered in any order."""
    said = stretto("chat", "careful", stdin="What?\n2\na\na\na\n")
    assert "accepted after 1 round" in said.out


def test_a_stopped_turn_goes_on_with_an_empty_line_or_is_dropped(stretto):
    """A stopped turn goes on with an empty line or is dropped."""
    said = stretto("chat", "stopped", "--thread", "c-4", stdin="x\nmore\n\n")
    assert "An empty line goes on" in said.out
    assert "the last turn has not ended" in said.out
    assert "first is done" in said.out


def test_a_failed_turn_tells_why_and_the_conversation_stays(stretto):
    """A failed turn tells why and the conversation stays."""
    said = stretto("chat", "breaks", stdin="x\n/state\n")
    assert said.code == 0
    assert "TypeError: an int is no str" in said.err
    assert "unfinished: second comes next" in said.out


def test_a_graph_without_messages_cannot_be_talked_with(stretto):
    """A graph without messages cannot be talked with."""
    said = stretto("chat", "adds")
    assert (said.code, "no `messages`" in said.err) == (2, True)


def test_ctrl_c_at_the_prompt_stays(stretto, monkeypatch):
    """Ctrl-C at the prompt stays."""
    from stretto.cli import keyboard

    lines = iter([KeyboardInterrupt, "hi", EOFError])

    def read(_prompt):
        line = next(lines)
        if isinstance(line, str):
            return line
        raise line

    monkeypatch.setattr(keyboard, "read", read)
    said = stretto("chat", "talk")
    assert "(Ctrl-D or /quit ends)" in said.out
    assert "You said: hi." in said.out


def test_lines_of_a_pipe_are_read_until_it_ends(monkeypatch):
    """Lines of a pipe are read until it ends."""
    from stretto.cli.keyboard import read

    monkeypatch.setattr("sys.stdin", io.StringIO("one\ntwo"))
    assert [read("? "), read("? ")] == ["one", "two"]
    with pytest.raises(EOFError):
        read("? ")
