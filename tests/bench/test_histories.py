"""Every request of generated teams is one that strict providers accept."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bench.histories.search import search, unmended
from bench.histories.talk import Talk
from bench.histories.teams import PATTERNS


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), pattern=st.sampled_from([*PATTERNS]))
async def test_whatever_a_team_does_providers_accept_its_histories(seed: int, pattern: str) -> None:
    """Whatever its models, tools, workers and people do, in every turn on its thread."""
    talk = Talk(f"test/{seed}", pattern)
    await talk.hold()
    assert [problem for _, request in talk.requests for problem in request.problems] == []


async def test_the_same_seed_asks_the_same() -> None:
    """Where nobody runs a race."""
    found = [await search(40, 1, ["map_reduce", "plan"]) for _ in range(2)]
    assert found[0] == found[1]
    assert found[0].requests.total() >= 40


async def test_the_search_finds_what_is_there() -> None:
    """With histories as teams make them, providers would refuse many a request."""
    with unmended():
        found = await search(30, 0, ["group_chat", "supervisor"])
    assert found.invalid.total() > 0
