"""Wrong team files on the command line: place and remedy, all at once, and no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

GOOD = """\
graph:
  pattern: sequential
  state: {plates: int}
  steps:
    - step: desk.read
    - agent: echo
"""
STEPS = '''
def read(state):
    """Reads."""
    return {"plates": 3}
'''


@pytest.fixture
def shop(project: Path) -> Path:
    """The function that the team names."""
    (project / "steps").mkdir()
    (project / "steps/desk.py").write_text(STEPS)
    (project / "graphs/shop.yaml").write_text(GOOD)
    return project


FAULTS = {
    "typo": ("pattern: sequential", "pattern: sequental", "2:3: unknown pattern 'sequental'. Did"),
    "key": ("  state:", "  stat:", "3:3: unknown key 'stat'. Did you mean 'state'?"),
    "indent": ("    - agent", "   - agent", "6:4: this is not YAML: "),
    "tab": ("    - agent", "\t- agent", "6:1: a tab. Indent with spaces"),
    "step": ("desk.read", "desk.raed", "5:7: no step 'desk.raed'. Did you mean 'desk.read'?"),
    "family": ("desk.read", "dsk.read", "5:7: no "),
    "agent": ("agent: echo", "agent: ecko", "6:7: no agent 'ecko'. Did you mean 'echo'?"),
    "type": ("plates: int", "plates: itn", "3:11: no type 'itn'. Did you mean 'int'?"),
    "number": ("plates: int", "plates: 3", "3:11: 'plates' must be text, not 3. Put it in quotes"),
    "tool": (
        "agent: echo",
        "agent: mine\nagents: {mine: {tools: [sums.ad]}}",
        "7:25: no tool 'sums.ad'. Did you mean 'sums.add'?",
    ),
    "version": ("agent: echo", "agent: echo@9", "6:7: no agent 'echo@9'"),
    "empty": (GOOD, "", "1:1: no keys here. Write `graph:`"),
    "twice": (
        "  steps:",
        "  state: {}\n  steps:",
        "4:3: the key 'state' stands here and in line 3",
    ),
}


@pytest.mark.parametrize("command", ["run", "graph", "check"])
@pytest.mark.parametrize("fault", list(FAULTS))
def test_a_fault_is_told_with_its_place_and_what_helps(stretto, shop, fault, command):
    """Exit code 2, the file's line and column, and no traceback."""
    old, new, says = FAULTS[fault]
    Path("graphs/shop.yaml").write_text(GOOD.replace(old, new, 1))
    said = stretto(command, "shop", *(["Go."] if command == "run" else []))
    told = " ".join((said.out + said.err).split())
    assert said.code == 2
    assert f"graphs/shop.yaml:{says}" in told
    assert "Traceback" not in told


def test_all_faults_are_told_at_once(stretto, shop):
    """Of keys, names and types, in the file's order."""
    text = GOOD.replace("  state:", "  stat:").replace("raed", "read")
    text = text.replace("desk.read", "desk.raed").replace("agent: echo", "agent: ecko, whn: 1")
    Path("graphs/shop.yaml").write_text(
        text.replace("agent: ecko, whn: 1", "{agent: ecko, whn: 1}")
    )
    said = stretto("run", "shop", "Go.")
    lines = [int(line.split(".yaml:")[1].split(":")[0]) for line in said.err.splitlines()]
    assert (said.code, lines) == (2, [3, 5, 6, 6])


def test_teams_in_a_circle_and_versions_that_are_nowhere(stretto, shop):
    """The way of the circle; the versions that there are."""
    Path("graphs/a.yaml").write_text("graph: {pattern: sequential, steps: [{team: b}]}\n")
    Path("graphs/b.yaml").write_text("graph: {pattern: sequential, steps: [{team: a}]}\n")
    said = stretto("run", "a", "Go.")
    assert said.code == 2
    assert "the team is a member of itself: a -> b -> a. Take it out of one of them" in said.err
    said = stretto("run", "shop@7", "Go.")
    assert (said.code, "no version '7'. Known: 1." in said.err) == (2, True)
    said = stretto("graph", "shp")
    assert (said.code, "no team 'shp'. Did you mean 'shop'?" in said.err) == (2, True)


def test_a_paused_turn_keeps_to_its_version_and_is_taken_over(stretto, shop):
    """`resume` in the old version; with --migrate in the new one, where an answer is refused."""
    text = "version: 1\ngraph: {pattern: sequential, steps: [{pattern: approve, name: till, member: {step: desk.pay}}]}\n"
    Path("steps/desk.py").write_text(
        'def pay(state) -> str:\n    """Pays."""\n    return "paid"\n\n\n'
        'def pack(state) -> str:\n    """Packs."""\n    return "packed"\n\n\n'
        'def over(values, waiting):\n    return "", {}\n'
    )
    Path("graphs/shop.yaml").write_text(text)
    for thread in ("one", "two"):
        assert "waits for you" in stretto("run", "shop", "Go.", "--thread", thread).out
    new = text.replace("]}\n", ", {step: desk.pack}]}\n").replace("version: 1", "version: 2")
    Path("graphs/shop.yaml").write_text(new)
    assert "paid" in stretto("resume", "one", "--approve").out
    said = stretto("resume", "two", "--migrate")
    assert (said.code, "no migration from version 1. Add `migrates: {'1':" in said.err) == (2, True)
    Path("graphs/shop.yaml").write_text(f"migrates: {{'1': desk.over}}\n{new}")
    said = stretto("resume", "two", "--migrate", "--approve")
    assert (said.code, "--migrate begins the step anew" in said.err) == (2, True)
    assert "waits for you" in stretto("resume", "two", "--migrate").out
    assert "packed" in stretto("resume", "two", "--approve").out
