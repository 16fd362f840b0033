"""The wheel carries the shipped teams; an editable install sees them where they are."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("version", ["standard", "editable"])
def test_a_wheel_carries_the_shipped_teams(version: str, tmp_path: Path) -> None:
    """All five folders and the template of new projects, without what Python leaves behind."""
    wheels = pytest.importorskip(
        "hatchling.builders.wheel", reason="hatchling, which builds the wheel, is not installed"
    )
    if version == "editable":
        pytest.importorskip("editables", reason="editables is not installed")
    (wheel,) = wheels.WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=[version])
    names = zipfile.ZipFile(wheel).namelist()
    carried = {name.split("/")[2] for name in names if name.startswith("stretto/shipped/")}
    if version == "editable":
        assert carried == set()
        return
    assert carried == {"graphs", "agents", "prompts", "tools", "steps"}
    assert "stretto/scaffold/template/graphs/counter.yaml" in names
    assert "stretto/scaffold/template/gitignore" in names
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]
