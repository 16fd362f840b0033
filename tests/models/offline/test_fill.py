"""Typed outputs filled by rule."""

from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from stretto.models.offline.brief import Brief, Call
from stretto.models.offline.facts import Facts
from stretto.models.offline.fill import fill
from stretto.state import Finding, Plan, Review

PASSAGES = [
    {
        "path": "a.md",
        "line": 4,
        "symbol": "Lease",
        "kind": "text",
        "text": "Leases are short.\nA lease expires after 60 seconds.",
        "score": 2.0,
    },
    {
        "path": "b.py",
        "line": 9,
        "symbol": "expire",
        "kind": "code",
        "text": "lease.expire(60)",
        "score": 1.0,
    },
]


def filled(form: type[BaseModel] | dict[str, Any], request: str, **brief: Any) -> Any:
    """A form filled for a request."""
    schema = form if isinstance(form, dict) else form.model_json_schema()
    return fill(schema, Facts(Brief(request, **brief)))


def searched(passages: object = PASSAGES) -> tuple[Call, ...]:
    """A search that gave these passages."""
    return (Call("search", {"query": "q"}, passages),)


def test_a_plan_has_a_task_for_each_question():
    """With the nearest executor, and needs where one refers to another."""
    parts = {"executors": "finder: searches documents\ncounter: counts and compares numbers"}
    made = Plan.model_validate(
        filled(
            Plan, "Which documents mention leases? Then compare the numbers of both.", parts=parts
        )
    )
    assert [(t.id, t.executor, t.needs) for t in made.tasks] == [
        ("t1", "finder", []),
        ("t2", "counter", ["t1"]),
    ]
    assert made.reply == ""


def test_a_plan_for_small_talk_is_a_reply():
    """And no task."""
    made = Plan.model_validate(filled(Plan, "Hello!"))
    assert made.tasks == []
    assert made.reply


def test_a_narrowed_plan_keeps_its_limits():
    """An enum of executors with their roles, at most so many tasks."""

    class Work(BaseModel):
        id: str
        goal: str
        executor: Literal["north", "south"] = Field(
            description="north: knows ice\nsouth: knows sand"
        )
        needs: list[str] = []

    class Narrow(BaseModel):
        tasks: list[Work] = Field(max_length=2)

    made = Narrow.model_validate(
        filled(Narrow, "How cold is ice? How dry is sand? Why is ice slippery?")
    )
    assert len(made.tasks) == 2
    assert made.tasks[0].executor == "north"
    brief = filled(
        Plan,
        "How cold is ice? How dry is sand?",
        parts={"limits": "at most 1 tasks", "executors": "a: b"},
    )
    assert len(brief["tasks"]) == 1


def test_a_finding_quotes_verbatim():
    """Path, line and words as the passage has them; no code."""
    made = Finding.model_validate(filled(Finding, "When does a lease expire?", calls=searched()))
    assert made.found
    (citation, *_) = made.citations
    assert (citation.path, citation.line, citation.symbol, citation.kind) == (
        "a.md",
        5,
        "Lease",
        "text",
    )
    assert citation.quote == "A lease expires after 60 seconds."
    assert citation.quote in made.answer
    assert all(c.kind != "code" for c in made.citations)


def test_nothing_found_quotes_nothing():
    """An empty answer and no citation."""
    made = Finding.model_validate(
        filled(Finding, "What is the boiling point of tungsten?", calls=searched())
    )
    assert made == Finding(found=False, answer="", citations=[])


def test_a_review_follows_the_checks():
    """Failures are sent back with their reason."""
    checks = {"checks": "pass t1 answered\nFAIL t2 answered: nothing found", "request": "x"}
    made = Review.model_validate(filled(Review, "x", parts=checks))
    assert (made.verdict, [(r.task, r.why) for r in made.revise]) == (
        "revise",
        [("t2", "nothing found")],
    )
    good = Review.model_validate(filled(Review, "x", parts={"checks": "pass t1 answered"}))
    assert (good.verdict, good.revise, good.answer) == ("accept", [], "")


class Trip(BaseModel):
    """A trip to book."""

    city: str
    nights: int = Field(ge=1, le=14)
    breakfast: bool
    sort: Literal["hotel", "hostel", "flat"]
    budget: float | None = None
    email: str | None = Field(default=None, json_schema_extra={"format": "email"})


def test_other_forms_are_filled_from_the_request():
    """Names, numbers, choices and denials."""
    made = Trip.model_validate(
        filled(Trip, "Book a hostel in Buenos Aires for 3 nights with no breakfast")
    )
    assert made == Trip(city="Buenos Aires", nights=3, breakfast=False, sort="hostel")


def test_optional_fields_are_filled_when_the_request_speaks_of_them():
    """And stay out otherwise."""
    assert filled(Trip, "a flat in Rome, 2 nights, budget 300")["budget"] == 300.0
    assert "budget" not in filled(Trip, "a flat in Rome, 2 nights")


def test_numbers_keep_their_bounds():
    """The nearest that is allowed."""
    assert filled(Trip, "a flat in Rome for 90 nights")["nights"] == 14
    assert filled(Trip, "a flat in Rome")["nights"] == 1


def test_a_field_said_by_name_is_taken_literally():
    """`name: value`, `named value`."""
    schema = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
    assert filled(schema, "Make a report, title: Leases and locks, and send it") == {
        "title": "Leases and locks"
    }


leaf: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({"type": st.just("string")}, optional={"minLength": st.integers(0, 9), "maxLength": st.integers(9, 30)}),
    st.fixed_dictionaries({"type": st.just("integer")}, optional={"minimum": st.integers(-9, 9), "maximum": st.integers(9, 99)}),
    st.fixed_dictionaries({"type": st.just("number")}, optional={"exclusiveMinimum": st.integers(-9, 9), "exclusiveMaximum": st.integers(10, 99)}),
    st.sampled_from(["boolean", "null"]).map(lambda kind: {"type": kind}),
    st.lists(st.sampled_from(["red", "green", 3]), min_size=1, unique=True).map(lambda values: {"enum": values}),
    st.sampled_from(["date", "date-time", "email", "uri", "uuid"]).map(lambda form: {"type": "string", "format": form}),
    st.integers().map(lambda value: {"const": value}),
)  # fmt: skip
names = st.sampled_from(
    ["found", "answer", "reason", "verdict", "query", "count", "name", "tasks", "id", "goal", "executor",
     "needs", "quote", "path", "why", "task", "score", "tags", "citations"]
)  # fmt: skip


def grown(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects, arrays and choices of schemas."""
    objects = st.dictionaries(names, inner, max_size=5).flatmap(
        lambda fields: st.sets(st.sampled_from(sorted(fields))) .map(
            lambda must: {"type": "object", "properties": fields, "required": sorted(must)}
        ) if fields else st.just({"type": "object", "properties": {}})
    )  # fmt: skip
    arrays = st.tuples(inner, st.integers(0, 3), st.integers(3, 5)).map(
        lambda made: {"type": "array", "items": made[0], "minItems": made[1], "maxItems": made[2]}
    )
    choices = st.lists(inner, min_size=1, max_size=3).map(lambda options: {"anyOf": options})
    return st.one_of(objects, arrays, choices)


briefs = st.builds(
    Brief,
    request=st.one_of(
        st.text(max_size=80),
        st.sampled_from(["When does a lease expire?", "Hello", "Find 3 red hats; count them"]),
    ),
    parts=st.sampled_from(
        [{}, {"checks": "FAIL t1 a: b"}, {"checks": "pass t1 a"}, {"executors": "a: finds"}]
    ),
    calls=st.sampled_from([(), searched()]),
)


@settings(deadline=None, max_examples=300)
@given(st.recursive(leaf, grown, max_leaves=8), briefs)
def test_what_is_filled_is_always_valid(schema: dict[str, Any], brief: Brief):
    """Whatever the schema, the request and the material; and the same again."""
    jsonschema = pytest.importorskip("jsonschema")
    value = fill(schema, Facts(brief))
    jsonschema.Draft202012Validator(schema).validate(value)
    assert value == fill(schema, Facts(brief))


@pytest.mark.parametrize("form", [Plan, Finding, Review])
@given(brief=briefs)
def test_the_shipped_forms_are_always_valid(form: type[BaseModel], brief: Brief):
    """For any request and material."""
    form.model_validate(fill(form.model_json_schema(), Facts(brief)))
