"""The measurement on recorded runs of a real model, on a few of them."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.services
def test_recorded_runs_are_replayed_exactly(shared_data: Path) -> None:
    """Same tool calls, same messages, whole chains; the last line tells it as JSON."""
    log = shared_data / "airline_runs" / "gpt-4o.jsonl.gz"
    command = [sys.executable, "-m", "bench.airline", str(log), "--limit", "4"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    told = json.loads(ended.stdout.splitlines()[-1])
    assert (told["runs"], told["identical"], told["same_messages"]) == (4, 4, 4)
    assert told["audit_ok"] is True
    assert set(told["pass"]) == {"1"}
