from __future__ import annotations

import json
import subprocess
import sys


def test_the_second_ctrl_c_stops_at_once_though_a_thread_works_on(stretto, project):
    """The second Ctrl-C stops at once though a thread works on."""
    command = [sys.executable, "-m", "stretto.cli", "run", "hurried", "x", "--thread", "t-1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 130
    assert "stopping at the next safe point" in done.stdout
    assert "stopped at once" in done.stderr
    assert "stretto resume t-1" in done.stderr
    assert stretto("threads", "--json").json[0]["status"] == "stopped"
    done = subprocess.run(
        [*command[:-1], "t-2", "--json"], capture_output=True, text=True, timeout=60, check=False
    )
    assert json.loads(done.stdout)["kind"] == "RunStopped"
