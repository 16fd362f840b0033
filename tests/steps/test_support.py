"""What the support team does by rule: who is spoken to, what is remembered, what is claimed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage

from stretto import Project
from stretto.errors import InvalidInput
from stretto.state import Citation, Finding, Routed

if TYPE_CHECKING:
    from pathlib import Path

step = Project.at(__file__).step


def said(text: str, **state: Any) -> dict[str, Any]:
    """A state whose last message is a customer's."""
    return {"messages": [HumanMessage(text)], **state}


@pytest.mark.parametrize(
    ("text", "desk", "label"),
    [
        ("Please forget everything about me", "", "forget"),
        ("delete my personal data", "billing", "forget"),
        ("I want to talk to a human", "sales", "person"),
        ("agent", "", "person"),
        ("Good morning!", "billing", "welcome"),
        ("thank you so much", "", "welcome"),
        ("My name is Ann Berg and I have the Quay Account.", "", "welcome"),
        ("My name is Ann Berg and my card was stolen", "", ""),
        ("I want a refund for C-1042", "", "refund"),
        ("where is my refund? it does not show", "", ""),
        ("how do refunds work", "", ""),
        ("c-1042", "refund", "refund"),
        ("C-1042", "", ""),
        ("and in winter?", "sales", "sales"),
        ("the card was declined again and again", "sales", "technical"),
        ("what is the weather tomorrow", "", "person"),
        ("what is the weather tomorrow", "billing", "person"),
        ("and how long does that take?", "account", "account"),
        ("the book shop", "refund", "refund"),
        ("Wie wird das Wetter morgen?", "", ""),
        ("which card gives cash back", "", ""),
        ("", "", ""),
    ],
)
def test_words_that_are_plain_decide_at_once(text: str, desk: str, label: str):
    """What its form or words make plain needs neither examples nor an agent."""
    assert step("support_front.at_once")(said(text, desk=desk))[0] == label


async def test_examples_decide_with_a_confidence_where_a_model_can_be_asked(
    monkeypatch: pytest.MonkeyPatch,
):
    """With the offline model their word stands; else the cascade may go on to the agent."""
    by_examples = step("support_front.by_examples")
    offline = await by_examples(said("I forgot my passcode and cannot log in"))
    assert (offline.label, offline.confidence) == ("technical", None)
    monkeypatch.setenv("STRETTO_MODEL", "openai:any")
    asked = await by_examples(said("I forgot my passcode and cannot log in"))
    assert asked.label == "technical"
    assert asked.confidence > 0.7


def test_the_examples_are_texts_of_each_desk_once():
    """No text stands twice; each desk has dozens, and so has what belongs to none."""
    texts = json.loads(step("support_front.EXAMPLES").read_text())
    assert set(texts) == {"sales", "billing", "technical", "account", "refund", ""}
    every = [text for each in texts.values() for text in each]
    assert len(every) == len(set(every))
    assert min(map(len, texts.values())) >= 30


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Hello, my name is Ann Berg.", {"name": "Ann Berg"}),
        ("I have the Gold Rewards Card", {"plan": "Gold Rewards Card"}),
        ("what does my card cost", {"language": "English"}),
        ("warum habe ich meine karte nicht", {"language": "German"}),
        ("ok", {}),
    ],
)
def test_what_customers_say_of_themselves_is_learned(text: str, told: dict[str, str]):
    """Name and plan as they write them, and the language where its words tell."""
    assert told.items() <= step("support_memory.learned")(text).items()
    assert set(told) >= set(step("support_memory.learned")(text)) - {"language"}


@given(st.text())
def test_no_text_is_too_odd(text: str):
    """Rules take whatever is written."""
    step("support_memory.learned")(text)
    assert "\n" not in step("support_memory.bare")(text)
    label, reason = step("support_front.at_once")(said(text))
    assert isinstance(label, str)
    assert reason


def test_addresses_and_long_numbers_are_not_kept():
    """The last issue is remembered without them."""
    kept = step("support_memory.bare")("write to ann@example.com, card 4111 1111 1111 1111")
    assert kept == "write to [e-mail], card [number]"


def test_agents_are_shown_the_customer_and_the_talk():
    """What is remembered, and the last messages, without the request itself."""
    talk = [HumanMessage("hi"), AIMessage("hello"), HumanMessage("why?")]
    told = step("support_memory.shown")(
        {"messages": talk, "customer": {"name": "Ann", "desk": "sales"}}
    )
    assert told == "customer's name: Ann\ncustomer: hi\nwe: hello"


def test_a_decision_becomes_a_handover():
    """To the desk that was decided on; to a person where nothing fits."""
    refund = step("support.to_desk")(said("pay", route=Routed(by="x", label="refund", reason="r")))
    assert (refund.to, refund.payload) == ("refund", {"reason": "pay"})
    none = step("support.to_desk")(said("pay", route=Routed(by="x", label="", reason="r")))
    assert none.to == "person"


@pytest.mark.parametrize(
    ("result", "text"),
    [
        ("words", "words"),
        (Finding(found=False, answer=""), "none of them answers that"),
        (Finding(found=False, answer="Rejected by ann: no"), "cannot help with that: no"),
        (None, "none of them answers that"),
    ],
)
def test_the_customer_reads_words(result: Any, text: str):
    """Whatever a desk came to."""
    assert text in step("support.reply")({"results": {"desk": result}})


def test_documents_are_named_below_the_answer():
    """With the line, each once; the quotations stay in the typed answer."""
    cited = [Citation(path="/a/fees.md", line=5, symbol="Fees", quote="q") for _ in range(2)]
    told = step("support.reply")(
        {"results": {"desk": Finding(found=True, answer="12 euros.", citations=cited)}}
    )
    assert told.answer == "12 euros.\n\nFrom our documents:\n- Fees (fees.md:5)"
    assert told.citations == cited


HEAD = "charge,customer,date,text,amount,currency\n"
GOOD = "C-1,ann,2026-05-03,Monthly fee,12.00,EUR\n"


def test_broken_rows_are_counted_and_the_rest_is_read(tmp_path: Path):
    """A row without an amount, with too many or too few cells, or unreadable letters."""
    rows = (
        GOOD
        + "C-2,ann,2026-05-04,Cash,many,EUR\nC-3,ann\nC-4,ann,d,t,1,EUR,x\n"
        + "C-5,ann,2026-05-05,Cash,-3,EUR\n,,,,,\n"
    )
    path = tmp_path / "charges.csv"
    path.write_bytes(b"\xef\xbb\xbf" + (HEAD + rows).encode() + b"C-6,ann,d,\xff\xfe,1,EUR\n")
    good, broken = step("support_charges.read")(path)
    assert [each.charge for each in good] == ["C-1"]
    assert broken == 6


@pytest.mark.parametrize(
    ("data", "told"),
    [(b"", "no column 'amount'"), (b"\x00\x01", "no column"), (b"a,b\n1,2\n", "first line")],
)
def test_a_file_that_holds_no_charges_is_refused(tmp_path: Path, data: bytes, told: str):
    """The error says which columns it must have."""
    path = tmp_path / "charges.csv"
    path.write_bytes(data)
    with pytest.raises(InvalidInput, match=told):
        step("support_charges.read")(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path):
    """The error says how to name one."""
    with pytest.raises(InvalidInput, match="--context charges=PATH"):
        step("support_charges.read")(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("amount", "cents"),
    [("12.00", 1200), ("4,5", 450), ("$3", 300), ("0", None), ("1.005", None), ("nan", None)],
)
def test_amounts_are_exact_or_none(amount: str, cents: int | None):
    """Cents, never a rounded number."""
    assert step("support_charges.cents_of")(amount) == cents


def test_no_more_is_paid_back_than_was_charged():
    """All refunds of a charge together stay below it."""
    pay_back = step("support_charges.pay_back")
    with pytest.raises(InvalidInput, match="left to be paid back"):
        pay_back("C-1", "ann", 1201, 1200)
