from __future__ import annotations

import pytest

from stretto.cli.remedies import going_on


@pytest.mark.parametrize(
    ("error", "word"),
    [
        ("OpenAIAuthenticationError: Error code: 401 - no", "OPENAI_API_KEY"),
        ("RateLimitError: Error code: 429", "takes requests again"),
        ("InternalServerError: 500", "--model offline"),
        ("APIConnectionError: Connection error.", "OPENAI_BASE_URL"),
        ("NodeTimeoutError: Node 'x' exceeded", "out of time"),
        ("StateUnavailable: cannot write", "can be written again"),
        ("TypeError: an int is no str", "when the cause is mended"),
    ],
)
def test_what_helps_depends_on_the_error(error, word):
    """The command goes on; the words say when."""
    command, told = going_on("t-1", error, {})
    assert command == "stretto resume t-1"
    assert word in told


@pytest.mark.parametrize(
    ("error", "limits", "options"),
    [
        (
            "LimitReached: ... a higher --max-model-calls ...",
            {"model_calls": 7},
            " --max-model-calls 14",
        ),
        ("BudgetExceeded: ... --max-money (in", {"money": 0.25}, " --max-money 0.5"),
        ("LimitReached: raise it with --max-steps", {}, " --max-steps 2000"),
        ("GraphRecursionError: Recursion limit of 5", {"steps": 5}, " --max-steps 10"),
    ],
)
def test_a_limit_is_raised(error, limits, options):
    """To twice what it was."""
    assert going_on("t", error, limits) == (
        f"stretto resume t{options}",
        "go on, with a higher limit",
    )
