"""Two versions of an agent or a graph side by side: what changed, and which threads can go on."""

from __future__ import annotations

from stretto.comparing.agents import compare_agents
from stretto.comparing.change import Change, Kind
from stretto.comparing.going_on import Going, Verdict, going_on
from stretto.comparing.graphs import compare_graphs
from stretto.comparing.waiting import Waiting, waiting_threads

__all__ = [
    "Change",
    "Going",
    "Kind",
    "Verdict",
    "Waiting",
    "compare_agents",
    "compare_graphs",
    "going_on",
    "waiting_threads",
]
