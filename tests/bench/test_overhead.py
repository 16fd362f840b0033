"""What the patterns cost: that every way does its work, and every key is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bench.overhead.__main__ import KEYS, figures, measured, show

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


async def test_every_key_is_a_ratio(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """To the way by hand, of the work it is about; each work is in the table."""
    works = await measured(1, tmp_path)
    found = json.loads(json.dumps(figures(works)))
    assert set(found) == set(KEYS)
    assert all(ratio > 0 for ratio in found.values())
    assert all(next(iter(work.ratios.values())) == 1 for work in works.values())
    show(works)
    table = capsys.readouterr().out
    assert all(work.name in table for work in works.values())
