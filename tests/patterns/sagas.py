"""A world in which steps do things and undos take them back, for the tests of sagas."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

import stretto
from stretto import effect, idempotency_key, member
from stretto.members import undoing
from stretto.members.human import Approve, ask_person
from stretto.patterns import saga

if TYPE_CHECKING:
    from stretto import Storage

NO = ValueError("no more")


class Crash(BaseException):
    """Stands for the end of the process: nothing of a node catches it."""


@dataclass
class World:
    """What happened, by whom, and how it goes wrong."""

    log: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    fails: dict[str, list[BaseException]] = field(default_factory=dict)
    crash_at: int = 0
    """The how-many-th event ends the process, counted from 1; 0 for none."""
    events: int = 0

    def forget(self) -> None:
        """Begin anew."""
        self.__init__()

    def note(self, what: str) -> None:
        """Write down what happens, and fail if it is to fail."""
        self.events += 1
        if self.events == self.crash_at:
            raise Crash
        if self.fails.get(what):
            raise self.fails[what].pop(0)
        self.log.append(what)
        self.keys.append(idempotency_key())

    @property
    def once(self) -> list[str]:
        """What happened, without what was repeated under the key it had before."""
        seen: dict[tuple[str, str], None] = dict.fromkeys(zip(self.log, self.keys, strict=True))
        return [what for what, _ in seen]


WORLD = World()


def undo(output: str, brief: dict[str, Any]) -> None:
    """Take back what a step did."""
    assert "messages" in brief
    WORLD.note(f"undo {output}")


def take_back(output: str) -> None:
    """Take back an effect."""
    WORLD.note(f"undo {output}")


def step(name: str, end: BaseException | str = "", **how: Any) -> Any:
    """A member that does something, or asks a person first, or fails."""

    async def work(_state: Any) -> Any:
        if end == "ask" and not isinstance(
            ask_person("go", {"step": name}, "?", allowed=("approve", "reject")), Approve
        ):
            raise stretto.errors.Rejected(f"no {name}")
        if isinstance(end, BaseException):
            WORLD.note(f"try {name}")
            raise type(end)(*end.args)
        WORLD.note(name)
        return name

    return member(work, name=name, **how)


def effects(name: str, *inner: str, end: BaseException | None = None) -> Any:
    """A member whose effects declare their undos themselves."""

    async def work(_state: Any) -> str:
        for each in inner:
            await effect(each, noted(each), effect="idempotent", undo=take_back)
        if end is not None:
            raise type(end)(*end.args)
        return name

    return member(work, name=name)


def noted(name: str) -> Any:
    """What does an effect."""

    def do() -> str:
        WORLD.note(name)
        return name

    return do


def trip(*last: Any, **how: Any) -> Any:
    """A saga of three that can be undone, then what is given."""
    steps = [(step(name), undo) for name in ("flight", "hotel", "car")]
    return saga(*steps, *last, **how)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A world in which nothing has happened, and nobody waits."""

    async def sleep(_: float) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(undoing, "SLEEP", sleep)
    WORLD.forget()
    return WORLD


async def fails(
    graph: Any, storage: Storage, error: type[BaseException], thread: str = "t", **how: Any
) -> Any:
    """Run, and give what it raises."""
    with pytest.raises(error) as raised:
        await stretto.run(graph, "go", thread=thread, storage=storage, **how)
    return raised.value


async def state_of(graph: Any, storage: Storage) -> dict[str, Any]:
    """What the thread holds."""
    found = await graph.compile(checkpointer=storage.checkpointer).aget_state(
        {"configurable": {"thread_id": "t"}}
    )
    return found.values


def statuses(state: dict[str, Any]) -> dict[str, str]:
    """How each step stands."""
    return {name: each.status for name, each in state["steps"].items()}


def answer(kind: str) -> dict[str, Any]:
    """A person's decision."""
    return {"decisions": [{"type": kind}]}
