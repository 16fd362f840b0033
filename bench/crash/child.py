"""One process of a case: begins or resumes the run, and tells what came of it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import traceback
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from langchain_core.messages import BaseMessage
from pydantic import BaseModel

import stretto
from bench.crash.shapes import SHAPES, question
from bench.crash.world import World
from stretto.errors import InvalidInput, StateBusy, StateUnavailable, ThreadTaken, ThreadUnknown
from stretto.runs.stream import compiled
from stretto.testing import at_write, count_writes

if TYPE_CHECKING:
    from pathlib import Path

    from stretto.runs import Result, Storage
    from stretto.testing import Writes

When = Literal["before", "after", "pause"]

PATIENCE = 60
"""Seconds after which a process that hangs is stopped."""
HELD_SECONDS = 1.0
"""How long one that takes over waits for a file that the paused one may hold."""
HIDDEN = {"id", "response_metadata", "usage_metadata", "additional_kwargs"}
"""What of a message may differ from one run to another."""


@dataclass(frozen=True, kw_only=True)
class Orders:
    """What a process is to do."""

    shape: str
    asks: int
    thread: str
    folder: Path
    """Where the world is, and the state if it is in files."""
    url: str = ""
    answers: dict[str, Any] = field(default_factory=dict[str, Any])
    kill: int = 0
    """At which write of this process it is killed; 0 for never."""
    when: When = "before"
    """Before or after that write; `pause` stops it before the write instead of killing it."""
    take_over: bool = False
    """Whether it takes the thread from who holds it."""


@dataclass(kw_only=True)
class Told:
    """What a process says at its end; a killed one says nothing."""

    status: str
    state: Any = None
    interrupts: list[tuple[str, Any]] = field(default_factory=list[tuple[str, Any]])
    writes: int = 0
    error: str = ""
    broken: str = ""
    """What is wrong with the chain of the thread's records."""
    stopped: bool = False
    """Whether it was told that another process has the thread, or that its connection is gone."""
    busy: bool = False
    """Whether it stopped because another process holds the database."""
    late: list[str] = field(default_factory=list[str])
    """Records that were written by who had lost the thread."""
    unjournaled: list[str] = field(default_factory=list[str])
    """Effects that happened and have no record."""
    asked_again: list[str] = field(default_factory=list[str])
    """Questions that were asked after their answer had been stored."""


@dataclass(frozen=True)
class Child:
    """A process of a case."""

    id: int
    orders: Orders

    @property
    def told(self) -> Path:
        """Where it says what came of it."""
        return self.orders.folder / f"told-{self.id}"

    def wait(self) -> Told | None:
        """Wait for its end; `None` when it was killed or stopped.

        Raises:
            RuntimeError: It ended in another way.
        """
        _, status = os.waitpid(self.id, os.WUNTRACED)
        if self.told.exists():
            return Told(**json.loads(self.told.read_text()))
        if os.WIFSTOPPED(status) or (
            os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        ):
            return None
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM:
            return Told(status="failed", error=f"it hung for {PATIENCE} seconds")
        said = (self.orders.folder / "error").read_text()
        raise RuntimeError(f"a child of {self.orders} ended with {status}:\n{said}")

    def end(self) -> None:
        """End it where it stands."""
        os.kill(self.id, signal.SIGKILL)
        os.waitpid(self.id, 0)

    def wake(self) -> Told | None:
        """Let it go on after a stop, and wait for its end."""
        os.kill(self.id, signal.SIGCONT)
        return self.wait()


def spawn(orders: Orders) -> Child:
    """Begin a new process that does it."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        _live(Child(os.getpid(), orders))
    return Child(child, orders)


def _live(child: Child) -> NoReturn:
    """The whole life of a child; does not return."""
    code = 1
    try:
        signal.alarm(PATIENCE)
        error = os.open(
            child.orders.folder / "error", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600
        )
        os.dup2(error, 2)
        told = asyncio.run(_session(child.orders))
        new = child.told.with_suffix(".new")
        new.write_text(json.dumps(asdict(told)))
        new.rename(child.told)
        code = 0
    except BaseException:  # noqa: BLE001 - nothing of the parent may run here
        traceback.print_exc()
    finally:
        os._exit(code)


async def _session(orders: Orders) -> Told:
    place: Any = {"url": orders.url} if orders.url else {"home": orders.folder}
    if orders.take_over:
        place["wait"] = HELD_SECONDS
    async with stretto.open_storage(**place) as storage:
        writes = _armed(storage, orders)
        graph = SHAPES[orders.shape](World(orders.folder / "world"), orders.asks)
        try:
            result = await advance(graph, orders, storage)
        except Exception as error:  # noqa: BLE001 - the parent judges it
            traceback.print_exc()
            told = Told(
                status="failed",
                error=f"{type(error).__name__}: {error}",
                stopped=isinstance(error, ThreadTaken | StateUnavailable),
                busy=isinstance(error, StateBusy),
            )
        else:
            told = await report(result, graph, orders, storage)
        told.writes = writes.count
        return told


def _armed(storage: Storage, orders: Orders) -> Writes:
    if not orders.kill:
        return count_writes(storage)
    sent = signal.SIGSTOP if orders.when == "pause" else signal.SIGKILL
    when = "after" if orders.when == "after" else "before"
    return at_write(storage, orders.kill, lambda: os.kill(os.getpid(), sent), when)


async def advance(graph: Any, orders: Orders, storage: Storage) -> Result | None:
    """Begin, or go on as a user does; `None` when the turn has ended already."""
    options: Any = {"storage": storage, "take_over": orders.take_over}
    try:
        return await stretto.resume(
            graph, orders.thread, answers=orders.answers or None, by="person", **options
        )
    except ThreadUnknown:
        return await stretto.run(graph, question(orders.shape), thread=orders.thread, **options)
    except InvalidInput as error:
        if "has ended its last turn" not in str(error):
            raise
        return None


async def report(result: Result | None, graph: Any, orders: Orders, storage: Storage) -> Told:
    records = await storage.journal.records(orders.thread)
    if result is not None and result.interrupts:
        waiting = [(i.id, i.value) for i in result.interrupts]
        again = _asked_again(records, waiting)
        return Told(status="interrupted", interrupts=waiting, asked_again=again)
    config: Any = {"configurable": {"thread_id": orders.thread}}
    snapshot = await compiled(graph, storage).aget_state(config)
    return Told(
        status="done",
        state=plain(snapshot.values),
        broken=await _broken(storage, orders.thread),
        late=_late(records),
        unjournaled=_unjournaled(records, World(orders.folder / "world")),
    )


async def _broken(storage: Storage, thread: str) -> str:
    """What is wrong with the chain; nothing when each record's hash follows from those before."""
    before = ""
    for position, entry in enumerate(await storage.journal.entries(thread)):
        text = f"{before}\n{entry.body}".encode()
        if entry.position != position:
            return f"record {position} says that it is {entry.position}"
        if entry.prev != before or entry.hash != sha256(text).hexdigest():
            return f"record {position} ({entry.type}) does not follow from the one before"
        before = entry.hash
    return ""


def _late(records: list[Any]) -> list[str]:
    """Records of a run that stand behind the start of one with a higher fence."""
    fences = {r.run: r.fence for r in records if r.type == "run_started"}
    highest, found = 0, list[str]()
    for record in records:
        fence = fences.get(record.run, 0)
        highest = max(highest, fence)
        found += [record.type] if fence < highest else []
    return found


def _unjournaled(records: list[Any], world: World) -> list[str]:
    begun = {
        (r.name, value) for r in records if r.type == "effect_started" for value in _strings(r.args)
    }
    return [
        f"{line['name']} {line['who']}"
        for line in world.lines()
        if (line["name"], line["who"]) not in begun
    ]


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in _strings(each)]
    if isinstance(value, list | tuple):
        return [text for each in value for text in _strings(each)]
    return [str(value)]


def _asked_again(records: list[Any], waiting: list[tuple[str, Any]]) -> list[str]:
    """Questions of a shape that wait, though the journal holds their answers."""
    told = {r.interrupt: r.value for r in records if r.type == "interrupted"}
    answered = [told.get(r.interrupt) for r in records if r.type == "answered"]
    return [value["question"] for _, value in waiting if "question" in value and value in answered]


def plain(value: Any) -> Any:
    """A state as JSON, without what differs from run to run."""
    match value:
        case BaseMessage():
            return {k: plain(v) for k, v in value.model_dump().items() if k not in HIDDEN}
        case BaseModel():
            return plain(value.model_dump())
        case dict():
            return {str(key): plain(each) for key, each in value.items()}
        case list() | tuple():
            return [plain(each) for each in value]
        case None | bool() | int() | float() | str():
            return value
        case _:
            return str(value)
