from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.outputs import Generation, LLMResult
from langgraph.types import Command

from stretto.journal import reading

A, B = "a" * 32, "b" * 32


@pytest.mark.parametrize(
    "messages",
    [
        [HumanMessage("why?"), AIMessage("because")],
        [{"role": "user", "content": "why?"}],
        [{"type": "human", "content": [{"type": "text", "text": "why?"}]}],
        [("user", "why?")],
        ["why?"],
        "why?",
        HumanMessage("why?"),
    ],
)
def test_a_question_is_found_in_any_form(messages: Any) -> None:
    """Those that LangChain takes for messages."""
    assert reading.question({"messages": messages}) == "why?"


@given(
    st.none()
    | st.text()
    | st.dictionaries(
        st.sampled_from(["messages", "question", "x"]),
        st.recursive(
            st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.tuples(inner)
        ),
    )
)
def test_any_input_has_a_question_or_none(inputs: Any) -> None:
    """A graph's input may be anything."""
    assert isinstance(reading.question(inputs), str)


def test_a_question_field_is_taken_when_there_is_no_message() -> None:
    """A state may name it so."""
    assert reading.question({"question": "why?"}) == "why?"
    assert reading.question({"messages": [AIMessage("hi")]}) == ""


@pytest.mark.parametrize(
    ("inputs", "resume", "given"),
    [
        (None, True, []),
        ({"text": "x"}, False, []),
        (Command(goto="x"), False, []),
        (Command(resume="yes"), True, [("", "yes")]),
        (Command(resume=False), True, [("", False)]),
        (Command(resume={A: 1, B: 2}), True, [(A, 1), (B, 2)]),
        (Command(resume={"type": "accept"}), True, [("", {"type": "accept"})]),
        (Command(resume={}), True, [("", {})]),
    ],
)
def test_answers_are_told_by_what_they_answer(
    inputs: Any, resume: object, given: list[tuple[str, Any]]
) -> None:
    """A dict of interrupt ids answers each; anything else is one answer."""
    assert reading.is_resume(inputs) is resume
    assert list(reading.answers(inputs)) == given


def test_a_models_name_is_the_best_there_is() -> None:
    """What LangSmith is told first, then the parameters, then the class."""
    told = {"metadata": {"ls_model_name": "a"}, "invocation_params": {"model": "b"}}
    assert reading.model_name({"name": "c"}, told) == "a"
    assert reading.model_name({"name": "c"}, {"invocation_params": {"model": "b"}}) == "b"
    assert reading.model_name({"name": "c"}, {}) == "c"
    assert reading.model_name(None, {}) == "model"


def test_usage_of_a_model_without_messages() -> None:
    """As older providers tell it."""
    told = {"token_usage": {"prompt_tokens": 3, "completion_tokens": 4}}
    result = LLMResult(generations=[[Generation(text="ok")]], llm_output=told)
    assert reading.completion(result) == {
        "text": "ok",
        "tool_calls": (),
        "input_tokens": 3,
        "output_tokens": 4,
    }
    assert reading.completion(LLMResult(generations=[]))["text"] == ""


def test_an_error_whose_text_fails_is_told_all_the_same() -> None:
    """Errors are code we do not know."""

    class OddError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert reading.error_text(OddError()) == "OddError: <OddError: RuntimeError>"
    assert reading.error_text(KeyError()) == "KeyError"
