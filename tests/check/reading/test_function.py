"""What a function's source says."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stretto.check.reading.function import as_branch, read_function
from stretto.check.reading.spaces import Project, SourceScope

if TYPE_CHECKING:
    from stretto.check.facts import Function

HEAD = """
import operator, os, requests, time
from langgraph.graph import END
from langgraph.types import Command, Send, interrupt
from typing import Literal
LIMIT = "last"
orders = []
"""


def function(source: str, *, name: str = "node") -> Function:
    """Read one function of a module."""
    tree = ast.parse(HEAD + textwrap.dedent(source))
    space = Project(Path("/nowhere")).made(Path("/nowhere/module.py"), tree)
    found = space.names[name]
    assert isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef)
    return read_function(found, SourceScope(space.inner(found)))


@pytest.mark.parametrize(
    ("body", "keys", "whole"),
    [
        ("return {'a': 1, 'b': 2}", {"a", "b"}, True),
        ("return dict(a=1)", {"a"}, True),
        ("return {'a': 1} if state['x'] else {'b': 2}", {"a", "b"}, True),
        ("update = {'a': 1}\n    update['b'] = 2\n    return update", {"a", "b"}, True),
        ("update = {}\n    update[state['k']] = 2\n    return update", set(), False),
        ("return {**state, 'a': 1}", {"a"}, False),
        ("return {**other(), 'a': 1}", {"a"}, False),
        ("return {'a': 1} | {'b': 2}", {"a", "b"}, True),
        ("return Command(goto='x', update={'a': 1})", {"a"}, True),
        ("return [Command(update={'a': 1}), Command(update={'b': 1})]", {"a", "b"}, True),
        ("return other(state)", set(), False),
        ("return state", set(), False),
        ("return None", set(), True),
        ("return", set(), True),
        ("pass", set(), True),
        ("def inner():\n        return {'no': 1}\n    return {'a': inner()}", {"a"}, True),
        ("result = yield_it()\n    return result", set(), False),
    ],
)
def test_what_it_writes(body: str, keys: set[str], *, whole: bool):
    """The keys of what it returns, and whether these are all."""
    read = function(f"def node(state):\n    {body}\n")
    assert {write.key for write in read.writes} == keys
    assert read.writes_all is whole


def test_a_key_that_not_each_return_gives():
    """Keys that are given on each way are told from those that are not."""
    read = function(
        """
        def node(state):
            if state["x"]:
                return {"a": 1, "b": 2}
            return {"a": 1}
        """
    )
    assert {write.key: write.always for write in read.writes} == {"a": True, "b": False}


@pytest.mark.parametrize(
    ("body", "reads", "whole"),
    [
        ("return {'a': state['x']}", {("x", True)}, False),
        ("return {'a': state.get('x', 0)}", {("x", False)}, False),
        ("return {'a': state.x}", {("x", False)}, False),
        ("return {'a': state['x'] if 'x' in state else 1}", {("x", False)}, False),
        ("s = state\n    return {'a': s['x']}", {("x", True)}, False),
        ("return other(state)", set(), True),
        ("return {'a': [state['x'] for _ in state['y']]}", {("x", True), ("y", True)}, False),
        ("return {'a': state[LIMIT]}", {("last", True)}, False),
        ("return {'a': f'{state[\"x\"]}'}", {("x", True)}, False),
        (
            "match state['x']:\n        case 1: return {'a': state['y']}",
            {("x", True), ("y", True)},
            False,
        ),
    ],
)
def test_what_it_reads(body: str, reads: set[tuple[str, bool]], *, whole: bool):
    """The keys it reads, whether a missing one raises, and whether it passes all on."""
    read = function(f"def node(state):\n    {body}\n")
    assert {
        (each.key, each.sure) for each in read.reads if (each.key, not each.sure) not in reads
    } == reads
    assert read.reads_all is whole


@pytest.mark.parametrize(
    ("body", "targets", "whole"),
    [
        ("return Command(goto='a')", {"a"}, True),
        ("return Command(goto=END)", {"__end__"}, True),
        ("return Command(goto=['a', 'b'])", {"a", "b"}, True),
        ("return Command(goto='a' if state['x'] else 'b')", {"a", "b"}, True),
        ("to = 'a' if state['x'] else 'b'\n    return Command(goto=to)", {"a", "b"}, True),
        ("to = pick(state)\n    return Command(goto=to)", set(), False),
        ("return Command(goto=[Send('a', {'x': i}) for i in state['xs']])", {"a"}, True),
        ("return Command(goto=LIMIT)", {"last"}, True),
        ("return Command(goto=state['next'])", set(), False),
        ("return {'a': 1}", set(), True),
    ],
)
def test_where_a_command_leads(body: str, targets: set[str], *, whole: bool):
    """The nodes that a node names, and whether these are all."""
    read = function(f"def node(state):\n    {body}\n")
    assert {jump.target for jump in read.jumps} == targets
    assert read.jumps_all is whole


def test_a_command_to_the_parent_is_told_apart():
    """What goes to the graph above is marked."""
    (jump,) = function("def node(state):\n    return Command(goto='a', graph=Command.PARENT)").jumps
    assert jump.parent


@pytest.mark.parametrize(
    ("source", "targets", "whole"),
    [
        ("def node(state):\n    return 'a'", {"a"}, True),
        ("def node(state):\n    return END if state['x'] else 'a'", {"__end__", "a"}, True),
        ("def node(state) -> Literal['a', 'b']:\n    return pick(state)", {"a", "b"}, True),
        ("def node(state):\n    return pick(state)", set(), False),
        ("def node(state):\n    return ['a', 'b']", {"a", "b"}, True),
        ("def node(state):\n    return [Send('a', {'x': x}) for x in state['xs']]", {"a"}, True),
        ("def node(state):\n    out = []\n    out.append('a')\n    return out", {"a"}, True),
        (
            "def node(state):\n    if state['x']:\n        return 'a'\n    else:\n        return 'b'",
            {"a", "b"},
            True,
        ),
        ("def node(state):\n    return state['next'] or 'a'", {"a"}, False),
    ],
)
def test_where_a_branch_leads(source: str, targets: set[str], *, whole: bool):
    """What a function of a conditional edge returns are nodes."""
    read = as_branch(function(source))
    assert {jump.target for jump in read.jumps} == targets
    assert read.jumps_all is whole


@pytest.mark.parametrize(
    ("body", "caught"),
    [
        ("return {'a': interrupt('?')}", None),
        ("try:\n        interrupt('?')\n    except Exception:\n        pass", ("Exception",)),
        ("try:\n        interrupt('?')\n    except:\n        pass", ("",)),
        ("try:\n        interrupt('?')\n    except Exception:\n        raise", None),
        ("try:\n        interrupt('?')\n    except Exception as e:\n        raise e", None),
        ("try:\n        pass\n    except Exception:\n        interrupt('?')", None),
        ("try:\n        interrupt('?')\n    finally:\n        done()", None),
        ("try:\n        asks()\n    except Exception:\n        pass", ("Exception",)),
    ],
)
def test_what_is_around_an_interrupt(body: str, caught: tuple[str, ...] | None):
    """The exceptions that a `try` around it catches, also over a function that is called."""
    read = function(f"def asks():\n    return interrupt('?')\n\ndef node(state):\n    {body}\n")
    (asked,) = read.interrupts
    assert asked.caught == caught


@pytest.mark.parametrize(
    ("body", "effects"),
    [
        ("requests.post('u')", [("requests.post", "world")]),
        ("requests.get('u')", []),
        ("os.remove('f')", [("os.remove", "world")]),
        ("open('f', 'w').write('x')", [("open", "world")]),
        ("open('f').read()", []),
        ("send_mail('x')", [("send_mail", "named")]),
        ("print('x')", []),
        ("mine = []\n    mine.append(1)", []),
        ("writes()", [("os.remove", "world")]),
    ],
)
def test_which_calls_change_the_world(body: str, effects: list[tuple[str, str]]):
    """Known writers are told from readers, and from what only a name tells."""
    read = function(f"def writes():\n    os.remove('x')\n\ndef node(state):\n    {body}\n")
    assert [(each.call, each.kind) for each in read.effects] == effects


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        ("state['x'].append(1)", {"x"}),
        ("state['x'] = 1", {"x"}),
        ("state['x']['y'] = 1", {"x"}),
        ("state['n'] += 1", {"n"}),
        ("items = state['x']\n    items.append(1)", {"x"}),
        ("items = list(state['x'])\n    items.append(1)", set()),
        ("items = [*state['x']]\n    items.append(1)", set()),
        ("items = state.get('x', [])\n    items.extend([1])", {"x"}),
        ("items = state['x'] + [1]\n    items.append(2)", set()),
        ("state.x = 1", {"x"}),
        ("for one in state['x']:\n        one['done'] = True", {"x"}),
        ("state['x'].copy().append(1)", set()),
        ("del state['x']", {"x"}),
    ],
)
def test_what_it_changes_in_place(body: str, keys: set[str]):
    """Changes of the given state are told from changes of copies."""
    read = function(f"def node(state):\n    {body}\n")
    assert {each.key for each in read.mutations} == keys
