"""Whatever branches do, in whatever order: the quorum decides, and nothing is done twice."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from stretto.errors import BranchesFailed
from stretto.patterns import parallel, race
from stretto.patterns.quorum import enough, verdict
from tests.patterns.branching import Branches

if TYPE_CHECKING:
    from tests.patterns.branching import Kind

CONFIG: Any = {"configurable": {"thread_id": "t"}}


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Kind], list[int], Any]:
    """Up to five branches, the order in which they end, and how many must succeed.

    Those that hang are never needed: nobody could wait for them, and questions are put when all
    others have ended.
    """
    kinds = draw(
        st.lists(st.sampled_from(("succeeds", "fails", "asks", "hangs")), min_size=1, max_size=5)
    )
    able = kinds.count("succeeds")
    if "hangs" in kinds and not able:
        kinds = [kind if kind != "hangs" else "fails" for kind in kinds]
    need: Any = st.sampled_from(("all", "any", *range(1, len(kinds) + 1)))
    if "hangs" in kinds:
        need = st.sampled_from(("any", *range(1, able + 1)))
    return kinds, draw(st.permutations(range(len(kinds)))), draw(need)


def needed(require: Any, size: int) -> int:
    """As a number."""
    return {"all": size, "any": 1}.get(require, require)


def complete(out: Any, kinds: list[Kind]) -> None:
    """Each branch stands in one of both, and in one alone."""
    names = {f"b{i}" for i in range(len(kinds))}
    assert set(out["results"]) | set(out["failed"]) == names
    assert not set(out["results"]) & set(out["failed"])


async def _run(graph: Any, given_: Any, config: Any) -> Any:
    """What a run ends with: its state, or its failure."""
    try:
        return await graph.ainvoke(given_, config)
    except BranchesFailed as error:
        return error


@settings(max_examples=80, deadline=None)
@example((["asks", "succeeds", "asks"], [0, 1, 2], 2), None, ["b2", "b1", "b0"])
@example((["fails", "asks", "fails"], [2, 1, 0], "all"), 1, ["b1", "b0"])
@given(cases(), st.sampled_from([None, 1, 2, 3]), st.permutations([f"b{i}" for i in range(5)]))
async def test_the_join_runs_when_the_quorum_is_reached_and_nothing_is_done_twice(
    case: tuple[list[Kind], list[int], Any], limit: int | None, answers: list[str]
) -> None:
    """Answered one at a time in any order, mended and resumed: each success happens once."""
    kinds, order, require = case
    if limit is not None and "hangs" in kinds:
        limit = None  # those that hang could take all places
    these, size = Branches(kinds, order), len(kinds)
    graph = parallel(*these.members, require=require).compile(checkpointer=InMemorySaver())
    config = {**CONFIG, "max_concurrency": limit}
    given_: Any = {"messages": [("user", "go")]}
    for _ in range(4 * size + 4):
        out = await _run(graph, given_, config)
        if isinstance(out, BranchesFailed):
            assert sum(these.ended.values()) < needed(require, size)
            these.mended, given_ = True, None
            continue
        if not (asked := out.get("__interrupt__")):
            break
        assert limit or sum(these.ended.values()) < needed(require, size)
        first = min(asked, key=lambda each: answers.index(each.value[4:6]))
        given_ = Command(resume={first.id: f"yes {first.value[4:6]}"})
    else:
        pytest.fail("it came to no end")
    complete(out, kinds)
    assert len(out["results"]) >= needed(require, size)
    assert set(these.ended.values()) <= {1}
    assert these.ended == Counter(dict.fromkeys(out["results"], 1))
    assert race.running() == 0


counted = st.dictionaries(
    st.sampled_from(
        ("waiting", "working", "failing", "asking", "done", "skipped", "failed", "unneeded")
    ),
    st.integers(0, 4),
)


@given(counted, st.sampled_from(("all", "any", 1, 2, 5)), st.sampled_from((None, 1, 3)))
def test_nobody_is_told_anything_final_while_others_are_at_work(
    counts: Any, require: Any, limit: int | None
) -> None:
    """Only that enough have succeeded; all else waits for them."""
    said = verdict(require, counts, limit=limit)
    assert (said == "enough") == enough(require, counts)
    if said in {"ask", "lost"}:
        assert not counts.get("working")
        assert not counts.get("waiting")
    if said == "release":
        assert limit is not None
        assert counts.get("failing", 0) + counts.get("asking", 0) >= limit
    if counts.get("working") and said != "enough":
        assert said == "wait"
