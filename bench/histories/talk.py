"""A conversation with a team: several turns on one thread, some of which fail."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from unittest import mock

from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.types import Command

from bench.histories import broken
from bench.histories.chance import TASKS
from bench.histories.members import Report, World
from bench.histories.teams import Note, team
from stretto.state import STATE_TYPES

if TYPE_CHECKING:
    from random import Random

    from stretto.testing import Checked

SUMMARIES = "stretto.patterns.context.chat_model"
"""Gives the run's own model, which the context policy "summary" asks; here it is checked, too."""
STEPS = 6
"""Times that one turn is resumed with an answer or after a failure; then the person says something
else."""


class Talk:
    """One team and what is said to it.

    `requests` are those that its models got, each with the pattern that it came from; `ended` is
    what its turns came to: "answered", "given up" or the name of an error.
    """

    def __init__(self, seed: str, pattern: str) -> None:
        self._world = World(seed)
        made = team(self._world, pattern, self._world.rng.randrange(3))
        types = JsonPlusSerializer().with_msgpack_allowlist([*STATE_TYPES, Report, Note])
        self._graph = made.compile() if hasattr(made, "compile") else made
        self._graph.checkpointer = InMemorySaver(serde=types)
        self.ended: Counter[str] = Counter()

    @property
    def requests(self) -> list[tuple[str, Checked]]:
        return [(name, each) for name, model in self._world.models for each in model.requests]

    async def hold(self) -> None:
        """Hold it: one to four turns."""
        rng = self._world.rng
        config: Any = {"configurable": {"thread_id": "t"}, "recursion_limit": 80}
        with mock.patch(SUMMARIES, return_value=self._world.model("summaries")):
            for number in range(rng.randint(1, 4)):
                words: Any = f"{rng.choice(TASKS)}, please ({number})"
                if rng.random() < 0.1:
                    words = [{"type": "text", "text": words}, *broken.blocks(rng)]
                before = broken.history(rng) if rng.random() < 0.15 else []
                given = {"messages": [*before, HumanMessage(words)]}
                self.ended[await self._turn(rng, given, config)] += 1

    async def _turn(self, rng: Random, given: Any, config: Any) -> str:
        for _ in range(STEPS):
            try:
                await self._graph.ainvoke(given, config)
            except Exception as error:  # noqa: BLE001 - a team that fails is part of it
                if rng.random() < 0.6:
                    return type(error).__name__
                given = None  # it is resumed where it failed
                continue
            found = (await self._graph.aget_state(config)).interrupts
            asked = sorted(found, key=lambda each: str(each.value))
            if not asked:
                return "answered"
            if rng.random() < 0.15:
                break
            given = Command(resume={each.id: _answer(rng, each.value) for each in asked})
        return "given up"


def _answer(rng: Random, asked: Any) -> Any:
    """A person's decision."""
    (config,) = asked["review_configs"]
    kind = rng.choice(config["allowed_decisions"])
    (action,) = asked["action_requests"]
    told: dict[str, Any] = {"type": kind}
    if kind == "edit":
        args = {k: f"{v}!" if isinstance(v, str) else v for k, v in action["args"].items()}
        told["edited_action"] = {"name": action["name"], "args": args}
    if kind in {"reject", "respond"}:
        told["message"] = rng.choice(["say more", "so be it"])
    return {"decisions": [told]}
