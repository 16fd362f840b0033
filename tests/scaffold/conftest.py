"""A small project that stands for the one that ships."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from stretto.scaffold import copying

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "langgraph.json": '{"dependencies": ["."], "graphs": {"old": "./graphs/old.py:graph"}}',
    "graphs/study.yaml": """\
description: other_agent is not meant here, and rows.csv neither
graph:
  pattern: sequential
  steps:
    - study_reader
    - {step: study.count, when: study_words.some}
    - team: inner
    - team: old
  state: {words: "list[study_words.Word]"}
""",
    "graphs/study@1.yaml": "graph: {pattern: sequential, steps: [study_reader]}\n",
    "graphs/inner.yaml": "graph: {pattern: sequential, steps: [{step: study.count}]}\n",
    "graphs/old.py": """\
from stretto import Project, sequential

project = Project.at(__file__)
graph = sequential(project.agent("old_clerk"), project.step("clerks.stamp")).compile(name="old")
""",
    "graphs/unrelated.yaml": "graph: {pattern: sequential, steps: [other_agent]}\n",
    "agents/study_reader.yaml": "role: reads as other_agent does\nprompt: study\ntools: [look, shelf.fetch]\npolicy: {fallback: {to: [{agent: spare}]}}\n",
    "agents/spare.yaml": "role: stands in\nprompt: Do what you can.\n",
    "agents/old_clerk.yaml": "role: clerk\nprompt: Stamp it.\n",
    "agents/other_agent.yaml": "role: something else\nprompt: other\n",
    "prompts/study.md": "You read.\n",
    "prompts/other.md": "You do not.\n",
    "tools/eyes.py": 'def look(at: str) -> str:\n    """Look."""\n    at = at or "README.md"\n    return at\n',
    "tools/shelf.py": 'def fetch(name: str) -> str:\n    """Fetch."""\n    return name\n',
    "tools/hammer.py": 'def hit(nail: str) -> str:\n    """Hit."""\n    return nail\n',
    "steps/study.py": """\
from pathlib import Path
from stretto import Project


def count(state) -> str:
    \"\"\"Counts.\"\"\"
    split = Project.at(__file__).step("study_words.split")
    known = Path(__file__).with_name("known.txt").read_text().split()
    return f"{len([w for w in split(state['messages'][0].text) if w in known])} known words"
""",
    "steps/study_words.py": """\
from typing_extensions import TypedDict


class Word(TypedDict):
    text: str


def split(text):
    return text.split()


def some(state):
    return True
""",
    "steps/README.md": "What steps are.\n",
    "steps/known.txt": "clay glaze\n",
    "steps/clerks.py": 'def stamp(state) -> str:\n    """Stamps."""\n    return "stamped"\n',
    "steps/hidden.py": "SECRET = 1\n",
}


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped project, small; the working directory is beside it, state lies in it."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("STRETTO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STRETTO_MODEL", "offline")
    root = tmp_path / "shipped"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    monkeypatch.setattr(copying, "shipped", lambda: root)
    monkeypatch.chdir(tmp_path)
    return root
