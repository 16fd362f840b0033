"""Which calls the world keeps, and which of them may be made twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stretto.check.reading.compiled import read_graph
from stretto.check.reading.source import graphs_in_source
from tests.check.loading import loaded
from tests.check.rules.reading_code import source_of

if TYPE_CHECKING:
    from pathlib import Path

    from stretto.check.facts import Effect

HELPERS = """
import json, shutil, smtplib, subprocess, sys, tempfile, gzip
import time
from langgraph.config import get_stream_writer
from langchain_core.callbacks import dispatch_custom_event

logger = logging.getLogger(__name__)
cache = {}
orders = []
SEARCH_URL = "https://find.example/v1"
"""
NONE = [
    "logger.info('x')",
    "print('x')",
    "metrics.inc()\n    counter.labels(a=1).inc()\n    statsd.increment('x')",
    "requests.get('u')\n    httpx.get('u')\n    session.get('u')",
    "found = []\n    found.append(1)\n    found.remove(1)\n    found.pop()",
    "update = {}\n    update.update(a=1)\n    update['b'] = 2",
    "writer = get_stream_writer()\n    writer({'a': 1})",
    "store.put(('a',), 'k', {})\n    runtime.store.put(('a',), 'k', {})\n    store.delete(('a',), 'k')",
    "dispatch_custom_event('x', {})",
    "queue.put_nowait(1)\n    executor.submit(print)\n    running.cancel()\n    gen.send(None)",
    "'x'.replace('a', 'b')\n    day.replace(year=1)",
    "chat.send_message('hi')\n    chatbot.send_message('hi')\n    websocket.send_text('x')",
    "model.invoke('x')\n    client.chat.completions.create(model='x')",
    "open('f').read()\n    open('f', 'rb')\n    Path('f').open()\n    gzip.open('f', 'rb')",
    "subprocess.run(['git', 'status'])\n    subprocess.check_output(['ls', '-l'])",
    "cursor.execute('SELECT 1')\n    cursor.execute(query)\n    connection.commit()",
    "sys.path.append('x')\n    os.environ['x'] = '1'\n    os.makedirs('x', exist_ok=True)",
    "tempfile.mkdtemp()\n    time.sleep(0)",
    "requests.post(SEARCH_URL, json={})",
    "requests.post('https://api.example/v1/chat/completions', json={})",
    "requests.post('https://api.example/x', json={'query': 'x'})",
    "remove_duplicates([])\n    order_by('x')\n    transfer_to_bob()\n    send_progress(1)",
    "smtplib.SMTP('h')",
    "asyncio.to_thread(requests.get, 'u')",
]
AGAIN = [
    "requests.put('u')",
    "httpx.delete('u')",
    "Path('f').write_text('x')",
    "open('f', 'w')",
    "open('audit.log', 'a')",
    "shutil.copy('a', 'b')",
    "cursor.execute('INSERT OR REPLACE INTO t VALUES (1)')",
    "cursor.execute('INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING')",
    "cursor.execute('UPDATE t SET a = 1')",
    "cursor.execute('CREATE TABLE IF NOT EXISTS t (a)')",
    "requests.post('u', headers={'Idempotency-Key': 'x'})",
    "charge_card(1, idempotency_key='x')",
    "cache['x'] = 1",
    "try:\n        requests.post('u')\n    except AlreadyExists:\n        pass",
]
ONCE = [
    ("requests.post('u')", "world"),
    ("httpx.post('u', json={'item': 'x'})", "world"),
    ("client.post('u')", "world"),
    ("open('f', 'a')", "world"),
    ("os.remove('f')", "world"),
    ("cursor.execute('INSERT INTO t VALUES (1)')", "world"),
    ("cursor.execute(f'INSERT INTO t VALUES ({state})')", "world"),
    ("cursor.execute('UPDATE t SET a = a + 1')", "world"),
    ("server.sendmail('a', 'b', 'c')", "world"),
    ("server.send_message('a')", "named"),
    ("subprocess.run(['rm', 'x'])", "named"),
    ("send_email('x')", "named"),
    ("book_flight('x')", "named"),
    ("session.add('x')", "named"),
    ("orders.append('x')", "memory"),
    ("asyncio.to_thread(requests.post, 'u')", "world"),
    ("loop.run_in_executor(None, requests.post, 'u')", "world"),
]


def effects(body: str, folder: Path, way: str) -> tuple[Effect, ...]:
    """Of a node with a body, imported or not."""
    source = source_of(f"{HELPERS}\n\ndef node(state: State):\n    {body}\n    return {{}}\n")
    if way == "source":
        (graph,) = graphs_in_source(folder / "effects.py", source)
    else:
        graph = read_graph(loaded(source, folder, "effects_of_a_node").graph)
    code = graph.nodes["node"].code
    assert code is not None
    return code.effects


@pytest.mark.parametrize("way", ["imported", "source"])
@pytest.mark.parametrize("body", NONE)
def test_what_the_world_does_not_keep(body: str, way: str, tmp_path: Path):
    """Reading, telling, and changing one's own."""
    assert effects(body, tmp_path, way) == ()


@pytest.mark.parametrize("way", ["imported", "source"])
@pytest.mark.parametrize("body", AGAIN)
def test_what_may_be_done_twice(body: str, way: str, tmp_path: Path):
    """Overwriting, upserts, keys."""
    assert [each.again for each in effects(body, tmp_path, way)] == [True]


@pytest.mark.parametrize("way", ["imported", "source"])
@pytest.mark.parametrize(("body", "kind"), ONCE)
def test_what_must_not_be_done_twice(body: str, kind: str, way: str, tmp_path: Path):
    """What is known to write, and what only its name tells."""
    assert [(e.kind, e.again) for e in effects(body, tmp_path, way)] == [(kind, False)]
