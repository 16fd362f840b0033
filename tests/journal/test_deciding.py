"""What the ledger decides, for any history of an effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from stretto.journal.deciding import Call, Changed, Question, Refuse, Return, Start, decide, path_of
from stretto.records import EffectEnded, EffectStarted

if TYPE_CHECKING:
    from stretto.records import AnyRecord

BASE = {"time": 1.0, "thread": "t", "key": "p|tool|c1", "kind": "tool", "name": "pay"}


def call(effect: str = "ask", *, run: str = "r", digest: str = "d") -> Call:
    """A tool call of a run."""
    return Call(
        kind="tool",
        name="pay",
        id="c1",
        effect=effect,  # type: ignore[arg-type]
        thread="t",
        place="p",
        input=digest,
        fields={"run": run},
    )


def records(history: list[tuple[str, str]], digest: str = "d") -> list[AnyRecord]:
    """Effect records of a history of ("start" | end status, run)."""
    made: list[AnyRecord] = []
    for seq, (what, run) in enumerate(history, 1):
        if what == "start":
            made.append(EffectStarted(**BASE, run=run, seq=seq, effect="ask", input=digest))
        else:
            made.append(EffectEnded(**BASE, run=run, seq=seq, status=what, output="o"))
    return made


attempts = st.tuples(
    st.sampled_from([None, "suspended", "failed", "unknown", "settled"]), st.sampled_from("rs")
)
effects = st.sampled_from(["reads", "idempotent", "ask", "fail"])


def history_of(made: list[tuple[str | None, str]]) -> list[AnyRecord]:
    """A start for each attempt, and its end where it has one; nothing follows a settled one."""
    steps: list[tuple[str, str]] = []
    for end, run in made:
        steps.append(("start", run))
        if end is not None:
            steps.append((end, run))
        if end == "settled":
            steps += [("returned", "r"), ("returned", "s")]
            break
    return records(steps)


@given(st.lists(attempts, max_size=6), effects)
def test_what_was_settled_is_always_given_back(
    made: list[tuple[str | None, str]], effect: str
) -> None:
    """However often it was tried before, a settled effect is never done again."""
    history = history_of([*made, ("settled", "s")])
    assert decide(call(effect), history) == Return("o")


@given(st.lists(attempts, min_size=1, max_size=6), effects)
def test_what_may_have_happened_is_never_repeated_unasked(
    made: list[tuple[str | None, str]], effect: str
) -> None:
    """Unknown and foreign failures start again only where a repeat does no harm."""
    kept = [m for m in made if m[0] != "settled"]
    if not kept:
        return
    end, run = kept[-1]
    decision = decide(call(effect), history_of(kept))
    harmless = effect in {"reads", "idempotent"}
    retried = end == "failed" and run == "r"
    if harmless or retried or end == "suspended":
        assert decision == Start(len(kept) + 1)
    elif effect == "fail":
        assert isinstance(decision, Refuse)
    else:
        assert isinstance(decision, Question)
        assert decision.why == ("failed" if end == "failed" else "unknown")
        assert len(decision.starts) == len(kept)


@given(effects)
def test_another_input_is_never_answered_with_the_old_record(effect: str) -> None:
    """A settled effect with another input is done again if harmless, else refused."""
    history = records([("start", "r"), ("settled", "r")])
    decision = decide(call(effect, digest="other"), history)
    harmless = effect in {"reads", "idempotent"}
    assert decision == Start(2) if harmless else isinstance(decision, Changed)


def test_a_fork_asks_about_the_same_effect_of_its_origin() -> None:
    """What the forked checkpoint's step did asks; another tool, or a harmless one, does not."""
    twins = records([("start", "r")])
    decision = decide(call("ask"), [], twins)
    assert isinstance(decision, Question)
    assert decision.why == "fork"
    assert isinstance(decide(call("fail"), [], twins), Refuse)
    assert decide(call("idempotent"), [], twins) == Start()
    other = [twins[0].model_copy(update={"name": "look"})]
    assert decide(call("ask"), [], other) == Start()


def test_each_question_of_an_effect_has_a_name_of_its_own() -> None:
    """A second kill asks a second time: the first answer does not count for it."""
    first = decide(call("ask"), records([("start", "a")]))
    second = decide(call("ask"), records([("start", "a"), ("start", "b")]))
    assert isinstance(first, Question)
    assert isinstance(second, Question)
    assert first.name != second.name


def test_the_path_of_a_place_has_no_task_ids() -> None:
    """The same in every run."""
    assert path_of("execute:1-2|t1:3-4|researcher:5") == "execute|t1|researcher"
    assert path_of("") == ""
