"""What to search for next."""

import json

from stretto.models.offline.brief import Call
from stretto.models.offline.evidence import Evidence, gather
from stretto.models.offline.lexical import stems
from stretto.models.offline.passages import Source
from stretto.models.offline.research import SEARCHES, next_query, place_to_read

NOTHING = Evidence(found=False)
QUESTION = "When does a lease of the worker expire?"
STORY = (
    "The customer moved to another city last spring and opened a savings account there. "
    "She lost her debit card on a trip abroad and paid a fee for the replacement card."
)


def searched(*queries: str) -> list[Call]:
    """Searches that gave nothing."""
    return [Call("search", {"query": query}, "[]") for query in queries]


def all_queries(question: str, evidence: Evidence, *, again: bool = False) -> list[str]:
    """Every query, one after the other."""
    made: list[str] = []
    while query := next_query(question, searched(*made), evidence, again=again):
        made.append(query)
    return made


def test_the_first_search_is_the_question():
    """As it was asked."""
    assert next_query(QUESTION, [], NOTHING, again=False) == QUESTION


def test_a_search_that_found_nothing_is_made_in_other_words():
    """A few times, never the same words twice."""
    queries = all_queries(QUESTION, NOTHING)
    assert 1 < len(queries) <= SEARCHES
    assert len({stems(query) for query in queries}) == len(queries)


def test_a_clear_answer_ends_the_search():
    """Unless the work was sent back: then another wording is tried."""
    source = Source("A lease of a worker expires after a minute.", "a.md", symbol="Lease")
    clear = gather(QUESTION, [source])
    assert clear.found
    assert len(all_queries(QUESTION, clear)) == 1
    assert len(all_queries(QUESTION, clear, again=True)) == 2


def test_an_account_is_searched_as_a_whole():
    """And by its sentences when it comes back."""
    assert all_queries(STORY, NOTHING) == [STORY]
    assert len(all_queries(STORY, NOTHING, again=True)) == 3


def test_a_passage_that_breaks_off_is_read_on():
    """Once."""
    cut = Source("A lease of a worker expires. The worker then releases:", "a.md", 5)
    evidence = gather(QUESTION, [cut])
    assert place_to_read(evidence, []) == cut
    read = Call("read", {"path": "a.md", "line": 5}, json.dumps([]))
    assert place_to_read(evidence, [read]) is None


def test_a_whole_passage_needs_no_reading():
    """It says what it says."""
    assert (
        place_to_read(gather(QUESTION, [Source("A lease of a worker expires.", "a.md")]), [])
        is None
    )
