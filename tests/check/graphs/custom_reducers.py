"""Reducers by hand: the highest value, a dictionary merged deep, the last few entries."""

from typing import Annotated

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


def highest(left: float | None, right: float | None) -> float:
    return max(left or 0.0, right or 0.0)


def merged(left: dict | None, right: dict | None) -> dict:
    made = dict(left or {})
    for key, value in (right or {}).items():
        made[key] = [*made.get(key, []), *value]
    return made


def last_three(left: list | None, right: list | None) -> list:
    return [*(left or []), *(right or [])][-3:]


class State(TypedDict):
    text: str
    score: Annotated[float, highest]
    marks: Annotated[dict[str, list[str]], merged]
    recent: Annotated[list[str], last_three]
    verdict: str


def check_length(state: State):
    score = min(len(state["text"]) / 100, 1.0)
    return {"score": score, "marks": {"style": ["short"]}, "recent": ["length"]}


def check_tone(state: State):
    score = 0.5 if "!" in state["text"] else 0.9
    return {"score": score, "marks": {"style": ["calm"]}, "recent": ["tone"]}


def check_facts(state: State):
    return {"score": 0.7, "marks": {"facts": ["none"]}, "recent": ["facts"]}


def judge(state: State):
    return {"verdict": f"{state['score']:.1f} {sorted(state['marks'])}"}


builder = StateGraph(State)
builder.add_node("check_length", check_length)
builder.add_node("check_tone", check_tone)
builder.add_node("check_facts", check_facts)
builder.add_node("judge", judge)
for checker in ("check_length", "check_tone", "check_facts"):
    builder.add_edge(START, checker)
    builder.add_edge(checker, "judge")
builder.add_edge("judge", END)
graph = builder.compile()

given = {"text": "All is well."}
