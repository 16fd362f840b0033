"""Records of runs, made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from stretto import records as r


class Log:
    """Makes records; each has the time it is told."""

    def __init__(self) -> None:
        self.records: list[r.AnyRecord] = []
        self.run = "run-1"

    def add(self, kind: Any, time: float, /, **fields: Any) -> Any:
        """Add any record."""
        told = {"thread": "t", "run": self.run, "seq": len(self.records) + 1}
        record = kind(**{**told, **fields}, time=time)
        self.records.append(record)
        return record

    def start(self, time: float, run: str = "run-1", **fields: Any) -> None:
        """A run begins."""
        self.run = run
        told = {"team": "team", "question": "Why?", "span": run, "host": "elsewhere"}
        self.add(r.RunStarted, time, **{**told, **fields})

    def end(self, time: float, status: str = "done", **fields: Any) -> None:
        """It ends."""
        self.add(r.RunEnded, time, status=status, seconds=1.0, span=self.run, **fields)

    def node(self, node: str, begin: float, end: float | None, **fields: Any) -> str:
        """A node goes on for a while; without an end it has none."""
        fields = {"parent": self.run, "span": f"{self.run}/{node}/{begin}", **fields}
        status, error = fields.pop("status", "done"), fields.pop("error", "")
        self.add(r.NodeStarted, begin, node=node, **fields)
        if end is not None:
            seconds = end - begin
            told = {"status": status, "error": error, "seconds": seconds}
            self.add(r.NodeEnded, end, node=node, **told, **fields)
        return str(fields["span"])

    def model(self, begin: float, end: float, **fields: Any) -> str:
        """A model is called."""
        fields = {"parent": self.run, "span": f"{self.run}/model/{begin}", **fields}
        more = {
            k: fields.pop(k)
            for k in ("input_tokens", "output_tokens", "cost", "text")
            if k in fields
        }
        self.add(r.ModelStarted, begin, model="m", messages=1, **fields)
        self.add(r.ModelEnded, end, model="m", seconds=end - begin, **fields, **more)
        return str(fields["span"])

    def plan(self, time: float, **needs: list[str]) -> None:
        """A plan is decided on."""
        tasks = [{"id": i, "goal": i, "executor": "w", "needs": n} for i, n in needs.items()]
        self.add(r.Decided, time, by="planner", decision="plan", data={"tasks": tasks})


@pytest.fixture
def log() -> Log:
    """An empty log."""
    return Log()
