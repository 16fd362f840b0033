"""Orchestration patterns: each a factory that returns an uncompiled `StateGraph`.

Names are loaded when they are first used: a team of one pattern needs none of the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stretto.lazy import load_lazily

if TYPE_CHECKING:
    from stretto.patterns.approve import approve
    from stretto.patterns.board import board
    from stretto.patterns.group_chat import group_chat
    from stretto.patterns.handing_over import EndsAtHandoff, hand_over_tool, handoff
    from stretto.patterns.hierarchy import hierarchy, level
    from stretto.patterns.map_reduce import map_reduce
    from stretto.patterns.office import decide
    from stretto.patterns.parallel import parallel, publish
    from stretto.patterns.plan import plan
    from stretto.patterns.refine import refine
    from stretto.patterns.request_reply import ask_member
    from stretto.patterns.route import route
    from stretto.patterns.rows import File
    from stretto.patterns.rules import Rule, answered, cited, covers, quoted
    from stretto.patterns.saga import saga
    from stretto.patterns.scatter import scatter
    from stretto.patterns.sequential import sequential
    from stretto.patterns.supervisor import supervisor
    from stretto.patterns.swarm import swarm

__all__ = [
    "EndsAtHandoff",
    "File",
    "Rule",
    "answered",
    "approve",
    "ask_member",
    "board",
    "cited",
    "covers",
    "decide",
    "group_chat",
    "hand_over_tool",
    "handoff",
    "hierarchy",
    "level",
    "map_reduce",
    "parallel",
    "plan",
    "publish",
    "quoted",
    "refine",
    "route",
    "saga",
    "scatter",
    "sequential",
    "supervisor",
    "swarm",
]

__getattr__ = load_lazily(
    __name__,
    {
        "stretto.patterns.approve": ("approve",),
        "stretto.patterns.board": ("board",),
        "stretto.patterns.group_chat": ("group_chat",),
        "stretto.patterns.handing_over": ("EndsAtHandoff", "hand_over_tool", "handoff"),
        "stretto.patterns.hierarchy": ("hierarchy", "level"),
        "stretto.patterns.map_reduce": ("map_reduce",),
        "stretto.patterns.office": ("decide",),
        "stretto.patterns.parallel": ("parallel", "publish"),
        "stretto.patterns.plan": ("plan",),
        "stretto.patterns.refine": ("refine",),
        "stretto.patterns.request_reply": ("ask_member",),
        "stretto.patterns.route": ("route",),
        "stretto.patterns.rows": ("File",),
        "stretto.patterns.rules": ("Rule", "answered", "cited", "covers", "quoted"),
        "stretto.patterns.saga": ("saga",),
        "stretto.patterns.scatter": ("scatter",),
        "stretto.patterns.sequential": ("sequential",),
        "stretto.patterns.supervisor": ("supervisor",),
        "stretto.patterns.swarm": ("swarm",),
    },
)
