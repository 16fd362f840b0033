"""G104: ways to nodes that are not there."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

import pytest
from langgraph.graph import END, START
from langgraph.types import Command, Send

from stretto.check.reading.source import graphs_in_source
from stretto.check.rules.unknown_target import check as unknown
from tests.check.rules.chains import found
from tests.check.rules.wired import Log, noting, wired

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

class State(TypedDict):
    text: str

def write(state):
    return {"text": "x"}

builder = StateGraph(State)
builder.add_node("write", write)
builder.add_edge(START, "write")
EDGE
"""


class Way(str, Enum):  # noqa: UP042 - the older way, whose str() is another
    """Names of nodes."""

    WORK = "work"
    WRONG = "wrok"


def _send(state: Log) -> list[Send]:
    return [Send("wrok", state), Send("work", state)]


def _key(state: Log) -> str:
    return "on" if len(state["log"]) > 3 else "off"


def _enum(state: Log) -> Way:
    return Way.WORK


def _wrong_enum(state: Log) -> Way:
    return Way.WRONG


def _dynamic(state: Log) -> str:
    return state["log"][-1]


def _varying(state: Log) -> Any:
    goto = "nobody"
    if state["log"]:
        goto = "work"
    return Command(goto=goto)


def _begun_empty(state: Log) -> Any:
    goto = ""
    goto = "work" if state["log"] else END
    return Command(goto=goto)


def _above(state: Log) -> Any:
    return Command(graph=Command.PARENT, goto="wrok")


def _rightly_above(state: Log) -> Any:
    return Command(graph=Command.PARENT, goto="work")


def _none(state: Log) -> Any:
    return Command(goto=None or [])


def _told(builder: Any) -> list[str]:
    return [finding.certainty for finding in found(builder, "G104")]


def _branched(path: Any, *path_map: Any) -> Any:
    builder = wired((START, "begin"), work=noting("work"))
    builder.add_conditional_edges("begin", path, *path_map)
    return builder


@pytest.mark.parametrize(
    ("edge", "name"),
    [
        ('builder.add_edge("write", "reveiw")', "reveiw"),
        ('builder.add_edge("wrtie", END)', "wrtie"),
        ('builder.add_edge(["write", "wrtie"], END)', "wrtie"),
        ('builder.add_conditional_edges("write", lambda s: "x", {"x": "reveiw"})', "reveiw"),
        ('builder.add_node("go", write, destinations=("reveiw",))', "reveiw"),
    ],
)
def test_what_would_not_compile_is_found_in_source(edge: str, name: str, tmp_path: Path):
    """Nothing is imported."""
    (graph,) = graphs_in_source(tmp_path / "graph.py", SOURCE.replace("EDGE", edge))
    (finding,) = unknown(graph)
    assert f"{name!r}" in finding.message


def test_a_send_to_nobody_is_found():
    """Also where a path_map says otherwise."""
    (finding,) = found(_branched(_send, ["work"]), "G104")
    assert "'work'" in finding.remedy


def test_a_key_that_a_path_map_lacks_is_found():
    """It raises a KeyError when it comes to it."""
    builder = _branched(_key, {"on": "work"})
    with pytest.raises(KeyError):
        builder.compile().invoke({"log": []})
    (finding,) = found(builder, "G104")
    assert "'off'" in finding.message


def test_members_of_enums_are_names():
    """Members of text enums equal their values."""
    assert _told(_branched(_enum, ["work"])) == []
    assert _told(_branched(_wrong_enum)) == ["proved"]


def test_a_name_that_may_be_given_another_is_possible():
    """And an empty one that only begins is none."""
    assert _told(wired((START, "a"), a=_varying, work=noting("work"))) == ["possible"]
    assert _told(wired((START, "a"), a=_begun_empty, work=noting("work"))) == []


def test_the_graph_above_is_looked_into():
    """A handover names one of its nodes."""
    team = wired((START, "a"), a=_above).compile()
    (finding,) = found(wired((START, "team"), team=team, work=noting("work")), "G104")
    assert "graph above" in finding.message
    assert finding.graph.endswith("team")
    right = wired((START, "a"), a=_rightly_above).compile()
    assert _told(wired((START, "team"), team=right, work=noting("work"))) == []


def test_what_has_no_graph_above_is_left_alone():
    """It may be put into one elsewhere."""
    assert _told(wired((START, "a"), a=_above)) == []


@pytest.mark.parametrize("path", [_dynamic, lambda _: [], lambda s: s["log"] or END])
def test_what_cannot_be_read_is_left_alone(path: Any):
    """A name may come out of the state."""
    assert _told(_branched(path)) == []


def test_a_goto_to_nobody_on_purpose_is_left_alone():
    """An empty list leads nowhere."""
    assert _told(wired((START, "a"), a=_none)) == []
