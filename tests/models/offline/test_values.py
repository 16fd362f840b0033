"""Values found in texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.models.offline import values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What is 12 * (3 + 4)?", "12 * (3 + 4)"),
        ("compute 1,200 / 3", "1200 / 3"),
        ("2^10 please", "2**10"),
        ("is 3 \u00d7 4 more than 5?", "3 * 4"),
        ("sqrt(16) + 1", "sqrt(16) + 1"),
        ("on 2024-05-06 we had 3 nodes", ""),
        ("see https://example.com/a-1/2", ""),
        ("t1, t2 and 5 others", ""),
    ],
)
def test_an_expression_is_recognised(text: str, expected: str):
    """Dates, addresses and bare numbers are none."""
    assert values.expression(text) == expected


def test_the_number_nearest_to_a_name_is_its_own():
    """Else the first."""
    text = "Retry 3 times with a timeout of 2.5 seconds"
    assert values.number_near(text, "timeout") == 2.5
    assert values.number_near(text, "retry") == 3
    assert values.number_near(text, "colour") == 3
    assert values.number_near("none", "timeout") is None


def test_names_addresses_and_quotations_are_found():
    """Each by its look."""
    assert values.named("What is the weather in San Francisco, CA?") == "San Francisco, CA"
    assert values.quoted("named '\u4f60\u597d' or \u201cB\u201d") == ["\u4f60\u597d", "B"]
    assert values.first_url("see https://example.com/x.") == "https://example.com/x"
    assert values.first_email("to a.b@example.com, now") == "a.b@example.com"
    assert values.first_path("read src/a/b.py now") == "src/a/b.py"
    assert values.first_date("by 2024-05-06.") == "2024-05-06"


def test_what_is_denied():
    """A word of denial a few words before it."""
    assert values.denied("do not send an email", "email")
    assert not values.denied("send an email", "email")


@given(st.text())
def test_no_text_breaks_the_finders(text: str):
    """They find something or nothing."""
    for find in (values.expression, values.named, values.first_url, values.first_path):
        assert isinstance(find(text), str)
    assert isinstance(values.numbers(text), list)
