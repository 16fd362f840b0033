"""Members: anything LangGraph runs, as nodes of a team."""

from stretto.members.agent import Compaction, agent_graph
from stretto.members.checks import check_team
from stretto.members.node import (
    Brief,
    ConfigNode,
    Member,
    Node,
    Settle,
    Skip,
    Update,
    When,
    member,
    members,
)
from stretto.members.reply import Reply

__all__ = [
    "Brief",
    "Compaction",
    "ConfigNode",
    "Member",
    "Node",
    "Reply",
    "Settle",
    "Skip",
    "Update",
    "When",
    "agent_graph",
    "check_team",
    "member",
    "members",
]
