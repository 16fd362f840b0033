"""A truthful person: says yes to what a graph asks, and looks whether something has happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.crash.world import outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.crash.world import World


def answer(value: Any, world: World) -> Any:
    """The answer to a question of a shape, or to whether an effect happened."""
    if "question" in value:
        return f"yes: {value['question']}"
    action = value["action_requests"][0]
    name, who = action["name"], _who(action["args"])
    if world.happened(name, who):
        decision = {"type": "respond", "message": outcome(name, who)}
    else:
        decision = {"type": "approve"}
    return {"decisions": [decision]}


def answers(interrupts: Sequence[tuple[str, Any]], world: World, *, together: bool) -> Any:
    """Answers by interrupt id: to all, or to the first alone."""
    some = interrupts if together else interrupts[:1]
    return {interrupt: answer(value, world) for interrupt, value in some}


def effects_asked(interrupts: Sequence[tuple[str, Any]]) -> bool:
    """Whether it is asked if an effect has happened."""
    return any("question" not in value for _, value in interrupts)


def _who(args: Any) -> str:
    found = args.get("who") or args.get("args", [""])[0]
    return str(found)
