"""Requests taken apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.models.offline.goals import assigned, completed, goals, roles_in, subject_of


def texts(request: str, **more: object) -> list[str]:
    """The goals' texts."""
    return [goal.text for goal in goals(request, **more)]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (
            "Is A red? Why is B blue? When is C green?",
            ["Is A red?", "Why is B blue?", "When is C green?"],
        ),
        (
            "What is a queue, and how does a lock expire?",
            ["What is a queue", "How does a lock expire?"],
        ),
        (
            "Find the fee for wires; list the limits of cards",
            ["Find the fee for wires", "List the limits of cards"],
        ),
        (
            "1. Find the wire fee. 2. Explain card limits.",
            ["Find the wire fee.", "Explain card limits."],
        ),
        ("- What is a node?\n- What is an edge?", ["What is a node?", "What is an edge?"]),
        ("Can you please explain what a reducer is?", ["Explain what a reducer is?"]),
        ("What are nodes and edges?", ["What are nodes and edges?"]),
        ("I run it on Postgres. How do I prune checkpoints?", ["How do I prune checkpoints?"]),
        ("state graph compile", ["State graph compile"]),
    ],
)
def test_each_question_or_order_is_a_goal(request_: str, expected: list[str]):
    """Questions, orders, numbered lists; what only tells is left out."""
    assert texts(request_) == expected


def test_small_talk_and_silence_make_no_goal():
    """There is nothing to do."""
    assert goals("Hello!") == ()
    assert goals("  ") == ()


def test_a_goal_that_refers_back_stands_alone():
    """With the words of the goal before it."""
    assert texts("How do I add a node, and how do I remove it?") == [
        "How do I add a node",
        "How do I remove it? (about: add node)",
    ]


def test_a_follow_up_is_completed_from_the_last_whole_question():
    """Not from another follow-up, and of several questions from the last."""
    earlier = ["What is a lock? When does a lease expire?", "and why?"]
    assert texts("What about shared ones?", earlier=earlier) == [
        "What about shared ones? (about: lease expire)"
    ]
    assert subject_of(earlier) == "When does a lease expire?"
    assert subject_of(["thanks", "and why?"]) == ""


def test_a_question_that_stands_alone_is_left_alone():
    """However many came before it."""
    assert (
        completed("What is a retry policy?", "When does a lease expire?")
        == "What is a retry policy?"
    )


def test_results_are_needed_only_when_referred_to():
    """The next step needs the last, a comparison needs all."""
    found = goals("Find the retry defaults. Find the cache defaults. Then compare the two.")
    assert [goal.uses for goal in found] == ["none", "none", "all"]
    chain = goals("Find the retry defaults, then explain how they apply to timeouts")
    assert [goal.uses for goal in chain] == ["none", "last"]


STORY = " ".join(
    f"Customer {name} wants to move savings from the {name} account to another {name} branch today."
    for name in ("blue", "green", "amber", "violet", "silver", "golden", "crimson", "teal")
)


def test_a_story_is_cut_into_its_sentences():
    """Neighbours are joined until there are few enough."""
    found = texts(STORY, most=3)
    assert len(found) == 3
    assert all(name in " ".join(found) for name in ("blue", "teal"))


@given(st.text(max_size=400), st.integers(min_value=1, max_value=6))
def test_there_are_never_more_goals_than_allowed(text: str, most: int):
    """And the same text always gives the same ones."""
    found = goals(text, most=most)
    assert len(found) <= most
    assert found == goals(text, most=most)


def test_the_nearest_role_gets_the_goal():
    """Names and roles as a brief lists them."""
    roles = roles_in("billing: answers questions about invoices\ntravel: books flights and hotels")
    work = goals("Find cheap flights. Explain my last invoice.")
    assert assigned(work, list(roles), roles) == ["travel", "billing"]


def test_equals_share_the_work():
    """Ties go round."""
    work = goals("What is a node? What is an edge? What is a state?")
    assert assigned(work, ["a", "b"], {"a": "searches", "b": "searches"}) == ["a", "b", "a"]
