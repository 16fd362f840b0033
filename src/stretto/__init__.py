"""Compose LLM agents into LangGraph graphs that are checked, bounded, journaled and resumed.

Names are loaded when they are first used, so that importing Stretto costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stretto.lazy import load_lazily

if TYPE_CHECKING:
    from stretto.check.checking import check
    from stretto.errors import StrettoError
    from stretto.members.agent import Compaction
    from stretto.members.effects import EffectsOnce, effect
    from stretto.members.guarded import GuardedCalls
    from stretto.members.locking import alone, lock
    from stretto.members.node import member
    from stretto.members.where import idempotency_key
    from stretto.observe.feedback import give_feedback
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
    from stretto.policy import (
        Authority,
        Breaker,
        Budget,
        Bulkhead,
        Cache,
        Constant,
        Fallback,
        Hedge,
        Limits,
        Policy,
        Rate,
        Retry,
        Timeout,
    )
    from stretto.project import Project
    from stretto.runs.result import Result
    from stretto.runs.run import fork, invoke, resume, run
    from stretto.runs.storage import Storage, open_storage
    from stretto.runs.stream import Resume, stream
    from stretto.runs.undoing import compensate
    from stretto.spec.agent import Agent
    from stretto.spec.team import Team
    from stretto.spec.tool import tool
    from stretto.state import (
        Answer,
        ChatState,
        Citation,
        Critique,
        Delegate,
        Delegates,
        Finding,
        HandOver,
        Plan,
        ResearchContext,
        Review,
        Task,
        TaskResult,
        TeamState,
    )
    from stretto.teams.loading import team

__all__ = [
    "Agent",
    "Answer",
    "Authority",
    "Breaker",
    "Budget",
    "Bulkhead",
    "Cache",
    "ChatState",
    "Citation",
    "Compaction",
    "Constant",
    "Critique",
    "Delegate",
    "Delegates",
    "EffectsOnce",
    "EndsAtHandoff",
    "Fallback",
    "File",
    "Finding",
    "GuardedCalls",
    "HandOver",
    "Hedge",
    "Limits",
    "Plan",
    "Policy",
    "Project",
    "Rate",
    "ResearchContext",
    "Result",
    "Resume",
    "Retry",
    "Review",
    "Rule",
    "Storage",
    "StrettoError",
    "Task",
    "TaskResult",
    "Team",
    "TeamState",
    "Timeout",
    "alone",
    "answered",
    "approve",
    "ask_member",
    "board",
    "check",
    "cited",
    "compensate",
    "covers",
    "decide",
    "effect",
    "fork",
    "give_feedback",
    "group_chat",
    "hand_over_tool",
    "handoff",
    "hierarchy",
    "idempotency_key",
    "invoke",
    "level",
    "lock",
    "map_reduce",
    "member",
    "open_storage",
    "parallel",
    "plan",
    "publish",
    "quoted",
    "refine",
    "resume",
    "route",
    "run",
    "saga",
    "scatter",
    "sequential",
    "stream",
    "supervisor",
    "swarm",
    "team",
    "tool",
]

__getattr__ = load_lazily(
    __name__,
    {
        "stretto.check.checking": ("check",),
        "stretto.errors": ("StrettoError",),
        "stretto.members.agent": ("Compaction",),
        "stretto.members.effects": ("EffectsOnce", "effect"),
        "stretto.members.guarded": ("GuardedCalls",),
        "stretto.members.locking": ("alone", "lock"),
        "stretto.members.node": ("member",),
        "stretto.members.where": ("idempotency_key",),
        "stretto.observe.feedback": ("give_feedback",),
        "stretto.patterns.approve": ("approve",),
        "stretto.patterns.board": ("board",),
        "stretto.patterns.group_chat": ("group_chat",),
        "stretto.patterns.handing_over": ("EndsAtHandoff", "hand_over_tool", "handoff"),
        "stretto.patterns.hierarchy": ("hierarchy", "level"),
        "stretto.patterns.map_reduce": ("map_reduce",),
        "stretto.patterns.office": ("decide",),
        "stretto.patterns.rows": ("File",),
        "stretto.patterns.parallel": ("parallel", "publish"),
        "stretto.patterns.plan": ("plan",),
        "stretto.patterns.refine": ("refine",),
        "stretto.patterns.request_reply": ("ask_member",),
        "stretto.patterns.route": ("route",),
        "stretto.patterns.rules": ("Rule", "answered", "cited", "covers", "quoted"),
        "stretto.patterns.saga": ("saga",),
        "stretto.patterns.scatter": ("scatter",),
        "stretto.patterns.sequential": ("sequential",),
        "stretto.patterns.supervisor": ("supervisor",),
        "stretto.patterns.swarm": ("swarm",),
        "stretto.policy": (
            "Authority",
            "Breaker",
            "Budget",
            "Bulkhead",
            "Cache",
            "Constant",
            "Fallback",
            "Hedge",
            "Limits",
            "Policy",
            "Rate",
            "Retry",
            "Timeout",
        ),
        "stretto.project": ("Project",),
        "stretto.runs.result": ("Result",),
        "stretto.runs.run": ("fork", "invoke", "resume", "run"),
        "stretto.runs.storage": ("Storage", "open_storage"),
        "stretto.runs.stream": ("Resume", "stream"),
        "stretto.runs.undoing": ("compensate",),
        "stretto.spec.agent": ("Agent",),
        "stretto.spec.team": ("Team",),
        "stretto.spec.tool": ("tool",),
        "stretto.state": (
            "Answer",
            "ChatState",
            "Citation",
            "Critique",
            "Delegate",
            "Delegates",
            "Finding",
            "HandOver",
            "Plan",
            "ResearchContext",
            "Review",
            "Task",
            "TaskResult",
            "TeamState",
        ),
        "stretto.teams.loading": ("team",),
    },
)
