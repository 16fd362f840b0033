"""Which quotations answer a question, and whether they do."""

import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stretto.models.offline.evidence import Evidence, alike, gather
from stretto.models.offline.passages import Source

LIBRARY = (
    Source(
        "A loan lasts three weeks. It can be renewed twice, unless another reader waits for the book.\n\n"
        "Reminders are sent two days before the loan ends.",
        "loans.md",
        10,
        "Loans > Renewal",
    ),
    Source(
        "Overdue books cost 20 cents a day, because replacements are dear.", "fees.md", 3, "Fees"
    ),
    Source("def renew(book):\n    return book.loan.extend(weeks=3)", "desk.py", 7, "renew", "code"),
    Source(
        "The reading room opens at nine. Bags are left in lockers.", "rooms.md", 5, "Reading room"
    ),
)


def said(question: str, sources: Sequence[Source] = LIBRARY) -> Evidence:
    """The evidence of the small library."""
    return gather(question, sources)


@pytest.mark.parametrize(
    ("question", "quote", "line"),
    [
        ("How often can a loan be renewed?", "It can be renewed twice", 10),
        ("When are reminders sent?", "Reminders are sent two days before the loan ends.", 12),
        ("Why do overdue books cost money?", "Overdue books cost 20 cents a day", 3),
        ("When does the reading room open?", "The reading room opens at nine.", 5),
    ],
)
def test_the_sentence_that_answers_is_quoted(question: str, quote: str, line: int):
    """Best first, with the line it starts at."""
    evidence = said(question)
    assert evidence.found
    assert evidence.quotes[0].unit.quote.startswith(quote)
    assert evidence.quotes[0].unit.line == line


@pytest.mark.parametrize(
    "question",
    [
        "What is the boiling point of tungsten?",
        "Which loan lasts longest in the tungsten museum?",
        "Who founded the library?",
        "How many parking places are there for readers?",
        "and the?",
        "",
    ],
)
def test_what_no_passage_says_is_not_found(question: str):
    """Nothing else is quoted as if it were the answer."""
    evidence = said(question)
    assert not evidence.found
    assert evidence.quotes == ()


def test_words_scattered_over_passages_answer_nothing():
    """The words of a question must stand together."""
    assert not said("Do lockers cost reminders a loan of bags overdue?").found


def test_a_number_is_asked_for_and_must_be_there():
    """A sentence without one does not answer how many."""
    text = Source("The pool keeps connections open for the workers.", "pool.md")
    assert not said("How many connections does the pool keep open?", [text]).found
    numbered = Source("The pool keeps 8 connections open for the workers.", "pool.md")
    assert said("How many connections does the pool keep open?", [numbered]).found


def test_code_is_never_quoted():
    """Not even when it has all the words."""
    only_code = [source for source in LIBRARY if source.kind == "code"]
    assert not said("Does renew extend the loan of a book by weeks?", only_code).found


def test_a_near_meaning_helps_but_does_not_carry():
    """Synonyms alone are no answer."""
    source = [
        Source("Finished jobs are removed from the queue after a day.", "jobs.md", symbol="Queue")
    ]
    assert said("When are finished jobs deleted from the queue?", source).found
    assert not said("When is a completed effort erased?", source).found


def test_a_statement_that_stands_twice_is_cited_twice():
    """The second place proves the first; it says nothing new."""
    twice = [
        Source("Locks expire after one minute of silence.", "a.md", 1, "A"),
        Source("Locks expire after one minute of silence.", "b.md", 9, "B"),
    ]
    evidence = said("When do locks expire?", twice)
    assert [(q.source.path, q.unit.line) for q in evidence.quotes] == [("a.md", 1), ("b.md", 9)]
    assert alike(evidence.quotes[0].unit.quote, evidence.quotes[1].unit.quote)


def test_the_words_that_are_missing_are_named():
    """So that one can search for them."""
    assert "tungsten" in said("How often can a tungsten loan be renewed?").missing


word = st.sampled_from(
    [
        "loan",
        "book",
        "renew",
        "fee",
        "day",
        "reader",
        "lock",
        "queue",
        "expire",
        "open",
        "weeks",
        "never",
    ]
)
sentence = st.lists(word, min_size=1, max_size=12).map(lambda ws: " ".join(ws).capitalize() + ".")


@settings(deadline=None)
@given(st.lists(sentence, min_size=1, max_size=5), sentence)
def test_a_quotation_always_stands_in_its_passage(texts: list[str], question: str):
    """And the same input always gives the same evidence."""
    sources = [Source("\n".join(texts[: i + 1]), f"{i}.md", i + 1) for i in range(len(texts))]
    evidence = gather(question, sources)
    assert evidence == gather(question, sources)
    for quote in evidence.quotes:
        place = quote.unit.line - quote.source.line
        assert quote.unit.quote in " ".join(quote.source.text.split("\n")[place:])
    assert bool(evidence.quotes) == evidence.found


def test_thirty_kilobytes_are_read_at_once():
    """Well under 50 ms of CPU, with nothing kept from before."""
    text = " ".join(
        f"Sentence {i} says that part {i % 97} of the store expires in {i} days." for i in range(60)
    )
    sources = [Source(f"{text} Number {n}.", f"{n}.md", symbol=f"Store{n}") for n in range(8)]
    assert sum(len(source.text) for source in sources) > 30_000
    start = time.process_time()
    gather("When does part 42 of the store expire?", sources)
    assert time.process_time() - start < 0.15  # the machine is shared; alone it takes a third
