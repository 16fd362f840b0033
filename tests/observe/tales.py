"""Records as runs write them, for what reads them."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from stretto import records as r

if TYPE_CHECKING:
    from stretto.records import AnyRecord

START = 1_700_000_000.0


class Work:
    """Writes the records of runs, a second apart, as a journal would store them."""

    def __init__(self, start: float = START) -> None:
        self.records: list[AnyRecord] = []
        self.time = start
        self._ids = count(1)
        self._run, self._thread, self._root = "", "", ""
        self._above: list[str] = []

    def add(self, type_: Any, /, **fields: Any) -> Any:
        """A record of the run at work."""
        self.time += 1.0
        given = {"thread": self._thread, "run": self._run, "time": self.time}
        record = type_(**{**given, "seq": len(self.records) + 1, **fields})
        self.records.append(record)
        return record

    def start(self, team: str = "team", thread: str = "t-1", **fields: Any) -> str:
        """A run begins; gives its id."""
        self._run, self._thread = f"run-{next(self._ids)}", thread
        self._above = [self._run]
        self.add(r.RunStarted, team=team, span=self._run, **fields)
        return self._run

    def end(self, status: str = "done", seconds: float = 5.0, **fields: Any) -> None:
        """The run ends."""
        told = {"span": self._run, "status": status, "seconds": seconds}
        self.add(r.RunEnded, **{**told, **fields})

    def node(self, node: str, **fields: Any) -> str:
        """A node begins within what is open."""
        span = f"{node}-{next(self._ids)}"
        self.add(r.NodeStarted, node=node, span=span, parent=self._above[-1], **fields)
        self._above.append(span)
        return span

    def left(self, node: str, status: str = "done", seconds: float = 2.0, **fields: Any) -> None:
        """The innermost node ends."""
        span = self._above.pop()
        told = {"node": node, "span": span, "parent": self._above[-1]}
        self.add(r.NodeEnded, **told, status=status, seconds=seconds, **fields)

    def model(self, model: str = "offline", **fields: Any) -> None:
        """A model is called, and answers unless an error is given."""
        span, parent = f"model-{next(self._ids)}", self._above[-1]
        who = {k: fields.pop(k) for k in ("agent", "version") if k in fields}
        told = {"model": model, "span": span, "parent": parent, **who}
        self.add(r.ModelStarted, **told, messages=2)
        end = {"input_tokens": 10, "output_tokens": 3, "seconds": 0.1, "output": "d"}
        end = end if "error" not in fields else {"seconds": 0.1}
        self.add(r.ModelEnded, **{**told, **end, **fields})

    def tool(self, tool: str, status: str = "done", seconds: float = 0.5, **who: Any) -> None:
        """A tool is called, and ends."""
        span, parent = f"tool-{next(self._ids)}", self._above[-1]
        told = {"tool": tool, "call": f"call-{span}", "span": span, "parent": parent, **who}
        self.add(r.ToolStarted, **told, args={"words": "secret words"})
        self.add(r.ToolEnded, **told, status=status, seconds=seconds, result="secret result")

    def agent(self, agent: str, version: str = "1", status: str = "done", **call: Any) -> None:
        """An agent at work: a node around it, and a model call in a node of its own."""
        self.node(agent)
        self.node("model", agent=agent, version=version)
        self.model(agent=agent, version=version, **call)
        self.left("model", agent=agent, version=version)
        self.left(agent, status)

    def outcome(self, verdict: str = "accepted", rounds: int = 1, edits: int = 0) -> None:
        """The team's turn comes to something."""
        told = {"verdict": verdict, "rounds": rounds, "human_edits": edits}
        self.add(r.Outcome, **told, place="answer:1", reason="secret reason")
