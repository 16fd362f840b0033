"""All the ways in which a state is read: unpacked, matched, by getattr, passed on, iterated."""

from typing import Any

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class Person(TypedDict, total=False):
    first: str
    last: str
    title: str
    full: str
    greeting: str
    keys: int


def full_name(first: str, last: str, **_: Any) -> str:
    return f"{first} {last}"


def join(state: Person):
    return {"full": full_name(**state)}


def address(state: Person):
    match state:
        case {"title": str() as title, "last": last}:
            return {"greeting": f"Dear {title} {last}"}
        case {"full": full}:
            return {"greeting": f"Dear {full}"}
    return {"greeting": "Hello"}


def count(state: Person):
    first, *_ = state.values()
    return {"keys": len(state) if first else 0}


def tidy(state: Person):
    update = {}
    for key, value in state.items():
        if isinstance(value, str):
            update[key] = value.strip()
    return update


def read(state: Person, key: str) -> str:
    if key not in state:
        return ""
    return state[key]


def close(state: Person):
    update: Person = {}
    update["greeting"] = read(state, "greeting") + ","
    return update


builder = StateGraph(Person)
builder.add_sequence([join, address, count, tidy, close])
builder.add_edge(START, "join")
builder.add_edge("close", END)
graph = builder.compile()

given = {"first": "Ada", "last": "Lovelace "}
