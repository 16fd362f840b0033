"""Effects before interrupts."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from tests.check.rules.reading_code import seen, seen_in_source

if TYPE_CHECKING:
    from pathlib import Path

HELPERS = """
orders = []
log = []
cache = {}


def is_sent(name):
    return requests.get(name).ok


def order(state):
    requests.post("u", json={})


def audit_log(text):
    requests.post("u", json={})


def order_and_ask(state):
    requests.post("u", json={})
    return interrupt("?")


@task
def order_once(state):
    requests.post("u", json={})


@tool
def buy(name: str) -> str:
    '''Buy.'''
    requests.post("u", json={})
    return interrupt("?")
"""


def node(body: str) -> str:
    """A node with a body."""
    return f"{HELPERS}\n\ndef node(state: State):\n{textwrap.indent(textwrap.dedent(body), '    ')}"


SURE = [
    "requests.post('u', json={})\ninterrupt('?')",
    "orders.append('x')\nreturn {'a': interrupt('?')}",
    "order(state)\ninterrupt('?')",
    "order_and_ask(state)",
    "if state.get('b'):\n    httpx.post('u')\n    interrupt('?')",
    "if not state.get('b'):\n    return {}\nhttpx.post('u')\ninterrupt('?')",
    "with open('f', 'a') as file:\n    file.write('x')\ninterrupt('?')",
    "first = interrupt('?')\nrequests.post('u')\nsecond = interrupt('??')",
    "try:\n    requests.post('u')\nexcept ValueError:\n    raise\ninterrupt('?')",
    "def inner():\n    requests.post('u')\ninner()\ninterrupt('?')",
    "db = sqlite3.connect('x')\ndb.execute('INSERT INTO t VALUES (1)')\ninterrupt('?')",
]
PERHAPS = [
    "if state.get('b'):\n    requests.post('u')\ninterrupt('?')",
    "for one in state['items']:\n    requests.post('u')\ninterrupt('?')",
    "while True:\n    if interrupt('?') == 'enough':\n        return {}\n    requests.post('u')",
    "for one in state['items']:\n    if interrupt(one):\n        requests.post('u')",
    "if not state.get('sent'):\n    requests.post('u')\ninterrupt('?')",
]
NEVER = [
    "answer = interrupt('?')\nrequests.post('u')",
    "if interrupt('?') == 'yes':\n    requests.post('u')",
    "requests.post('u', json=interrupt('?'))",
    "if state.get('b'):\n    requests.post('u')\n    return {}\ninterrupt('?')",
    "if state.get('b'):\n    requests.post('u')\nelse:\n    interrupt('?')",
    """match state["a"]:
    case "x":
        requests.post("u")
    case _:
        interrupt("?")""",
    "while True:\n    if interrupt('?') == 'yes':\n        requests.post('u')\n        return {}",
    "requests.get('u')\nlogging.info('x')\nprint('x')\ninterrupt('?')",
    "results = []\nresults.append('x')\nresults.remove('x')\ninterrupt('?')",
    "log.append('x')\ncache['x'] = 1\ncache.update(a=1)\ninterrupt('?')",
    "requests.post('https://api.example/search', json={})\ninterrupt('?')",
    "requests.post('u', headers={'Idempotency-Key': state['a']})\ninterrupt('?')",
    "requests.put('u')\nrequests.delete('u')\ninterrupt('?')",
    "Path('draft').write_text('x')\nos.makedirs('x', exist_ok=True)\ninterrupt('?')",
    "with open('draft', 'w') as file:\n    file.write('x')\ninterrupt('?')",
    """db = sqlite3.connect("x")
db.execute("SELECT 1")
db.execute("INSERT OR IGNORE INTO t VALUES (1)")
db.execute("UPDATE t SET a = 1")
interrupt("?")""",
    "if not is_sent('x'):\n    requests.post('u')\ninterrupt('?')",
    "order_once(state).result()\ninterrupt('?')",
    "later = lambda: requests.post('u')\ninterrupt('?')\nlater()",
    "def later():\n    requests.post('u')\ninterrupt('?')\nlater()",
    "try:\n    answer = interrupt('?')\nfinally:\n    logging.info('x')\nrequests.post('u')",
    "orders.append('x')\nreturn {}",
    "audit_log('asked')\ninterrupt('?')",
]


@pytest.mark.parametrize("body", SURE)
def test_an_effect_before_an_interrupt_is_found(body: str, tmp_path: Path):
    """What is done each time that the node asks is a fault."""
    assert [f.certainty for f in seen(node(body), tmp_path, "E302")] == ["proved"]
    assert [f.certainty for f in seen_in_source(node(body), tmp_path, "E302")] == ["proved"]


@pytest.mark.parametrize("body", PERHAPS)
def test_one_that_may_come_before_is_possible(body: str, tmp_path: Path):
    """What only some ways lead to is said to be possible."""
    assert [f.certainty for f in seen(node(body), tmp_path, "E302")] == ["possible"]
    assert [f.certainty for f in seen_in_source(node(body), tmp_path, "E302")] == ["possible"]


@pytest.mark.parametrize("body", NEVER)
def test_nothing_is_said_where_nothing_is_repeated(body: str, tmp_path: Path):
    """Behind the interrupt, on another way, harmless twice, or no effect at all."""
    assert seen(node(body), tmp_path, "E302") == []
    assert seen_in_source(node(body), tmp_path, "E302") == []


def test_a_tool_that_acts_before_it_asks_is_found(tmp_path: Path):
    """A tool runs again from its top, too."""
    tail = """
    builder = StateGraph(State)
    builder.add_node("tools", ToolNode([buy]))
    builder.add_edge(START, "tools")
    graph = builder.compile(checkpointer=InMemorySaver())
    """
    (found,) = seen(HELPERS, tmp_path, "E302", tail)
    assert "'buy'" in found.message
    assert seen_in_source(HELPERS, tmp_path, "E302", tail)


def test_what_stands_before_a_graph_that_asks_is_found(tmp_path: Path):
    """A node that runs a graph starts from its top when that graph is answered."""
    code = """
    def ask(state: State):
        return {"a": interrupt("?")}

    inner = StateGraph(State)
    inner.add_node("ask", ask)
    inner.add_edge(START, "ask")
    asking = inner.compile()

    def node(state: State):
        requests.post("u")
        return asking.invoke(state)
    """
    assert [f.node for f in seen(code, tmp_path, "E302")] == ["node"]
    behind = code.replace("requests.post", "asking.invoke(state)\n        requests.post")
    assert seen(behind.replace("return asking.invoke(state)", "return {}"), tmp_path, "E302") == []


def test_a_member_of_a_team_is_looked_at_too(tmp_path: Path):
    """What a plain function does in a team is not in the ledger, unless `effect` does it."""
    code = """
    import stretto
    from stretto import sequential

    def order(text):
        requests.post("u")

    async def acts(state) -> str:
        {first}
        return interrupt("?")
    """
    tail = "graph = sequential(acts).compile(checkpointer=InMemorySaver())\n"
    raw = code.replace("{first}", "order('x')")
    assert [f.node for f in seen(raw, tmp_path, "E302", tail)] == ["acts"]
    held = code.replace("{first}", "await stretto.effect('order', order, 'x')")
    assert seen(held, tmp_path, "E302", tail) == []
    lambdas = code.replace("{first}", "await stretto.effect('order', lambda: requests.post('u'))")
    assert seen(lambdas, tmp_path, "E302", tail) == []
