from __future__ import annotations

import pytest
from pydantic import ValidationError

from stretto.policy import Limits


def test_a_run_is_limited_unless_told_otherwise() -> None:
    """By the calls of models, which cost."""
    assert Limits().counts() == {"model_calls": 100}
    assert Limits(model_calls=None, steps=5).counts() == {"steps": 5}


@pytest.mark.parametrize("field", ["model_calls", "tool_calls", "steps"])
def test_a_limit_below_zero_is_refused(field: str) -> None:
    """It says nothing."""
    with pytest.raises(ValidationError):
        Limits.model_validate({field: -1})
