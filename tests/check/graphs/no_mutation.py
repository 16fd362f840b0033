"""Names that are rebound, numbers that are added to, copies that are changed: no mutation."""

import heapq
import random
from dataclasses import dataclass, field, replace

from langgraph.graph import END, START, StateGraph


@dataclass
class Deck:
    cards: list[int] = field(default_factory=list)
    best: list[int] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    total: int = 0
    label: str = ""


def shuffle(state: Deck):
    cards = state.cards.copy()
    random.Random(1).shuffle(cards)
    return {"cards": cards}


def count(state: Deck):
    total = state.total
    label = state.label
    for card in state.cards:
        total += card
        label += f"{card} "
    counts = state.counts | {"cards": len(state.cards)}
    counts["total"] = total
    return {"total": total, "label": label.strip(), "counts": counts}


def pick(state: Deck):
    heap = [-card for card in state.cards]
    heapq.heapify(heap)
    best = []
    while heap and len(best) < 3:
        best.append(-heapq.heappop(heap))
    return {"best": best}


def close(state: Deck) -> Deck:
    cards = state.cards
    cards = [*cards, state.best[0]]
    cards.reverse()
    return replace(state, cards=cards, label=state.label + "!")


builder = StateGraph(Deck)
builder.add_node("shuffle", shuffle)
builder.add_node("count", count)
builder.add_node("pick", pick)
builder.add_node("close", close)
builder.add_edge(START, "shuffle")
builder.add_edge("shuffle", "count")
builder.add_edge("count", "pick")
builder.add_edge("pick", "close")
builder.add_edge("close", END)
graph = builder.compile()

given = {"cards": [3, 9, 1, 7]}
