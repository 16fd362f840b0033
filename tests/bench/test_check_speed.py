"""What checking costs, at sizes that CI has time for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bench.check_speed import LIMITS, measured, show

if TYPE_CHECKING:
    import pytest


def test_checking_is_fast(capsys: pytest.CaptureFixture[str]) -> None:
    """Thirty nodes stay below their limit; a tenth of the others stays below a fifth of theirs."""
    found = measured(3, 500, 100)
    assert set(json.loads(json.dumps(found))) == set(LIMITS)
    assert found["thirty"] < LIMITS["thirty"]
    assert found["thousands"] < LIMITS["thousands"] / 5
    assert found["tree"] < LIMITS["tree"] / 5
    show(found, 500, 100)
    assert "30 nodes" in capsys.readouterr().out
