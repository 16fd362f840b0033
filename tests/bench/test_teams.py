"""The measurement of the shipped teams, on two of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_teams_are_measured_and_told_as_json() -> None:
    """One object a team, each in order; a name that is none is refused."""
    command = [sys.executable, "-m", "bench.teams", "content", "living_docs"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    last = json.loads(told.splitlines()[-1])
    assert set(last) == {"content", "living_docs"}
    assert all(each["ok"] for each in last.values()), told
    wrong = subprocess.run([*command, "nobody"], cwd=ROOT, capture_output=True, check=False)
    assert wrong.returncode == 1
    assert b"no team 'nobody'" in wrong.stderr
