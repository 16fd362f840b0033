"""Members: anything LangGraph runs, as nodes of a team."""

from stretto.member.agent import Compaction, agent_graph
from stretto.member.node import Brief, ConfigNode, Member, Node, Settle, Update, member, members
from stretto.member.reply import Reply

__all__ = [
    "Brief",
    "Compaction",
    "ConfigNode",
    "Member",
    "Node",
    "Reply",
    "Settle",
    "Update",
    "agent_graph",
    "member",
    "members",
]
