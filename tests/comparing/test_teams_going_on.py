"""Verdicts on teams in YAML, compared with what becomes of threads that are resumed in them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from stretto.check.reading.compiled import read_graph
from stretto.comparing import going_on
from stretto.teams import team
from tests.comparing.resuming import trials
from tests.comparing.teams import FEWER, STEPS, TEAMS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the steps of the teams."""
    folder = tmp_path_factory.mktemp("teams")
    for name, text in {
        "langgraph.json": '{"dependencies": ["."], "graphs": {}}',
        "steps/w.py": STEPS,
        "graphs/t.yaml": "",
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


def built(root: Path, text: str) -> Any:
    """The graph of a team's text."""
    body = "".join(f"  {line}\n" for line in text.splitlines())
    (root / "graphs/t.yaml").write_text(f"version: 1\ngraph:\n{body}")
    return team(root / "graphs/t.yaml")


@pytest.mark.filterwarnings("ignore")  # LangGraph's, of what it does not know in the new version
@pytest.mark.parametrize("name", sorted(TEAMS))
async def test_what_is_said_to_go_on_goes_on(
    root: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was edited, nothing is lost or done twice where a thread is said to go on."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    made = TEAMS[name]
    old = built(root, made.graph)
    wrong: list[str] = []
    for edit in made.edits:
        async for trial in trials(old, built(root, made.edited(edit))):
            meant = edit in FEWER and trial.wrong.endswith("not done")
            meant |= made.again and trial.wrong.endswith("times")
            if trial.said.going == "goes on" and trial.wrong and not meant:
                wrong.append(f"{edit}, {trial.at or trial.said.places}: {trial.wrong}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("pipeline.swap line/pipeline", "kept by their order"),
        ("fused.swap sequential", "kept by their order"),
        ("plan.gone execute", "'gate', which is no executor any more"),
        ("plan_asks.no execute", "whether each is approved"),
        ("map_reduce.chunk map", "chunk: 3 -> 4"),
        ("map_reduce.rename map", "under the name of ['sums']"),
        ("map_reduce.source map", "that in the old source"),
        ("map_wide.width map", "width: 2 -> 1"),
        ("parallel.member a", "'n' is new beside it"),
        ("sequential.swap gate", "'a' has been done by then"),
    ],
)
def test_what_patterns_keep_is_told(
    root: Path, place: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason names what the thread would lose or do again."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    edit, _, node = place.partition(" ")
    name, _, label = edit.partition(".")
    old, new = (built(root, text) for text in (TEAMS[name].graph, TEAMS[name].edited(label)))
    (said,) = [each for each in going_on(read_graph(old), read_graph(new)) if each.place == node]
    assert said.going == "cannot"
    assert any(why in each for each in said.why), said.why
