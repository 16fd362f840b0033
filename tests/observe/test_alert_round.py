from __future__ import annotations

import http.server
import json
import logging
import socket
import sys
import threading

import pytest

from stretto.errors import StateUnreadable
from stretto.observe.alert_box import MOST_KEPT, MOST_TRIES, read_box
from stretto.observe.alert_delivery import deliver
from stretto.observe.alert_round import look
from stretto.observe.alert_rules import Rule
from stretto.observe.alerts import Measured, Notice
from stretto.testing import Clock

HOLDS, OVER = {"r": Measured(11.0, 3, "11 tokens")}, {"r": Measured(1.0)}


def rule(**fields) -> Rule:
    """A rule on tokens."""
    told = {"name": "r", "metric": "tokens", "above": 10.0, **fields}
    return Rule.model_validate(told)


def notice(**fields) -> Notice:
    """What is told of it."""
    told = {"id": "r@1", "rule": "r", "event": "firing", "metric": "tokens", "value": 11.0}
    more = {"threshold": 10.0, "what": "11 tokens", "since": 1.0, "time": 1.0}
    return Notice.model_validate({**told, **more, **fields})


class Hook(http.server.BaseHTTPRequestHandler):
    """A webhook that is well, or not."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), json.loads(body)))
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def hook():
    """A real HTTP server."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    server.got, server.status = [], 200
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{server.server_port}/hook"
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


async def test_a_webhook_gets_json_and_its_headers(hook, monkeypatch):
    """With the secret of the environment."""
    monkeypatch.setenv("TOKEN", "s3")
    one = rule(webhook=hook.url, headers={"Authorization": "Bearer ${TOKEN}"})
    assert await deliver(one, notice(), "webhook") == ""
    ((headers, body),) = hook.got
    assert headers["Authorization"] == "Bearer s3"
    assert (body["event"], body["rule"], body["value"]) == ("firing", "r", 11.0)
    assert body["text"] == "[firing] r: 11 tokens (limit 10)"


@pytest.mark.parametrize("status", [500, 404, 302])
async def test_a_webhook_that_does_not_take_it_says_so(hook, status):
    """A redirect is not followed: the headers are for this host."""
    hook.status = status
    assert await deliver(rule(webhook=hook.url), notice(), "webhook") == f"answered {status}"
    assert len(hook.got) == 1


async def test_a_webhook_that_is_silent_is_left_in_time():
    """It accepts the connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        one = rule(webhook=f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout=0.05)
        said = await deliver(one, notice(), "webhook")
    assert "took longer" in said or "Timeout" in said


async def test_a_command_gets_json_and_no_shell(tmp_path):
    """What looks like shell is an argument."""
    out = tmp_path / "out"
    code = f"import sys; open({str(out)!r}, 'w').write(sys.stdin.read() + sys.argv[1])"
    one = rule(command=[sys.executable, "-c", code, "$(touch x); `y`"])
    assert await deliver(one, notice(), "command") == ""
    body, argument = out.read_text().splitlines()
    assert json.loads(body)["rule"] == "r"
    assert argument == "$(touch x); `y`"


async def test_a_command_that_fails_hangs_or_is_not_there_says_so():
    """It never raises and never takes long."""
    fails = rule(command=[sys.executable, "-c", "import sys; sys.exit('no mail')"])
    assert await deliver(fails, notice(), "command") == "ended with 1: no mail"
    hangs = rule(command=[sys.executable, "-c", "import time; time.sleep(600)"], timeout=0.2)
    assert await deliver(hangs, notice(), "command") == "took longer than 0.2 s"
    assert "FileNotFoundError" in await deliver(rule(command=["/no/such"]), notice(), "command")


class Post:
    """Delivers, or fails, and remembers what."""

    def __init__(self) -> None:
        self.down: set[str] = set()
        self.got: list[tuple[str, str]] = []

    async def __call__(self, one, told, to):
        if to in self.down:
            return "ConnectError: refused"
        self.got.append((to, told.event))
        return ""


async def test_a_webhook_that_is_down_loses_no_alert(tmp_path, caplog):
    """It is kept in the file, tried again later, and in its order; the command is not repeated."""
    clock, post = Clock(), Post()
    one = rule(webhook="http://x/", command=["c"])
    path = tmp_path / "alerts.json"
    post.down = {"webhook"}
    found = await look([one], HOLDS, path, clock(), tell=post)
    assert found.firing == ["r"]
    assert post.got == [("command", "firing")]
    for _ in range(3):
        clock.advance(60)
        await look([one], HOLDS, path, clock(), tell=post)
    clock.advance(5)
    await look([one], OVER, path, clock(), tell=post)
    assert post.got == [("command", "firing"), ("command", "resolved")]
    assert [p.notice.event for p in read_box(path).parcels] == ["firing", "resolved"]
    post.down = set()
    clock.advance(600)
    found = await look([one], OVER, path, clock(), tell=post)
    assert post.got[2:] == [("webhook", "firing"), ("webhook", "resolved")]
    assert read_box(path).parcels == ()
    assert found.firing == []
    assert not [x for x in caplog.records if x.levelno >= logging.WARNING]


async def test_it_is_not_tried_at_every_look(tmp_path):
    """The wait doubles; a clock that goes back does not make it longer."""
    clock, path = Clock(), tmp_path / "alerts.json"
    tries = []

    async def fails(*_):
        tries.append(clock())
        return "down"

    one = rule(webhook="http://x/")
    for _ in range(100):
        await look([one], HOLDS, path, clock(), tell=fails)
        clock.advance(1)
    assert [round(t - tries[0]) for t in tries] == [0, 10, 30, 70]
    await look([one], HOLDS, path, clock() - 86_400, tell=fails)
    assert len(tries) == 5


async def test_after_so_many_tries_it_becomes_a_dead_letter(tmp_path, caplog):
    """With a warning, and everything a person needs."""
    clock, letters = Clock(), []

    async def fails(*_):
        return "down"

    one, path = rule(webhook="http://x/"), tmp_path / "alerts.json"
    for _ in range(MOST_TRIES):
        await look([one], HOLDS, path, clock(), tell=fails, give_up=letters.append)
        clock.advance(601)
    (letter,) = letters
    assert (letter.kind, letter.name, letter.attempts) == ("alert", "r (webhook)", MOST_TRIES)
    assert letter.args["event"] == "firing"
    assert read_box(path).parcels == ()
    assert "given up" in caplog.text
    await look([one], HOLDS, path, clock(), tell=fails, give_up=letters.append)
    assert len(letters) == 1


async def test_what_is_to_be_told_is_stored_before_anyone_is_called(tmp_path):
    """Who is killed in between tells it again."""
    path = tmp_path / "alerts.json"

    async def dies(*_):
        assert [p.notice.event for p in read_box(path).parcels] == ["firing"]
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        await look([rule(command=["c"])], HOLDS, path, 1.0, tell=dies)
    post = Post()
    await look([rule(command=["c"])], HOLDS, path, 2.0, tell=post)
    assert post.got == [("command", "firing")]


async def test_of_a_rule_that_is_gone_nothing_is_told(tmp_path):
    """Nor kept."""
    post, path = Post(), tmp_path / "alerts.json"
    post.down = {"webhook"}
    await look([rule(webhook="http://x/")], HOLDS, path, 1.0, tell=post)
    await look([], {}, path, 100.0, tell=post)
    assert read_box(path).parcels == ()


async def test_what_is_kept_is_bounded(tmp_path):
    """However long a webhook is down."""
    post, path = Post(), tmp_path / "alerts.json"
    post.down = {"webhook"}
    one = rule(webhook="http://x/", every=1)
    for now in range(3 * MOST_KEPT):
        await look([one], HOLDS, path, float(now) / 50 + now * 2e-3, tell=post)
        await look([one], OVER, path, float(now) / 50 + now * 2e-3 + 1e-3, tell=post)
    assert len(read_box(path).parcels) <= MOST_KEPT


async def test_a_damaged_file_is_left_and_named(tmp_path):
    """With what moving it away means."""
    path = tmp_path / "alerts.json"
    path.write_text('{"version": 9}')
    with pytest.raises(StateUnreadable, match="Move it away"):
        await look([rule(command=["c"])], HOLDS, path, 1.0)
    assert path.read_text() == '{"version": 9}'
