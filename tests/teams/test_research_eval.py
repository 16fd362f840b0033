"""An evaluation of the research team, offline: does it cite the symbol that answers, or say no?

`@pytest.mark.langsmith` makes each question an example of a LangSmith experiment when
`LANGSMITH_TEST_TRACKING` is not `false`; here it is, and nothing leaves the machine.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from langsmith import testing

import stretto
from stretto.project import Project
from stretto.runs import open_storage
from stretto.sources.quotes import quote_stands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.runs import Result
    from stretto.state import Answer

PACKAGES = ["package:langgraph", "package:langchain", "package:langchain_core"]
DEMO = {
    "After an interrupt, does a node start again from its top?": "interrupt",
    "Why can a timeout not stop blocking code?": "TimeoutPolicy",
    "When does each durability mode write a checkpoint?": "Pregel.invoke",
}
"""The parts of the demo's question, each with the symbol whose documentation answers it."""
NOWHERE = (
    "What is the boiling point of tungsten?",
    "Which port does the LangGraph garage door opener listen on?",
)
QUESTIONS = {
    "How long does a cached result of a node live?": "CachePolicy",
    "Which exceptions trigger a retry by default?": "RetryPolicy",
    "What does a deferred node wait for?": "StateGraph.add_node",
    "How does a node send a command to its parent graph?": "Command",
    "What is Send used for in conditional edges?": "Send",
    "What happens when a new message has the same id as an existing one?": "add_messages",
    "When does SummarizationMiddleware summarize older messages?": "SummarizationMiddleware",
    "What does the agent do when the tool call limit is exceeded?": "ToolCallLimitMiddleware",
    "How does trim_messages treat the system message?": "trim_messages",
    "What can the in-memory rate limiter not limit?": "InMemoryRateLimiter",
    "What happens to a run after request_drain is called?": "RunControl",
    "In what order are fallbacks tried when a runnable fails?": "RunnableWithFallbacks",
}
"""Questions over the installed packages, each with the symbol whose documentation answers it."""
LEAST = 8
"""How many of these are to be answered with a citation of their symbol."""


@dataclass(frozen=True)
class Told:
    """What the team came to, question by question."""

    demo: Result
    alone: dict[str, Result]

    def answer(self, question: str) -> Answer:
        """The answer to a question asked alone."""
        answer = self.alone[question].answer
        assert answer is not None
        return answer


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """The team's answers, on an index that is built once."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("OPENAI_API_KEY", "STRETTO_MODEL", "STRETTO_SOURCES", "STRETTO_DATABASE_URL"):
            environment.delenv(name, raising=False)
        environment.setenv("STRETTO_HOME", str(tmp_path_factory.mktemp("evaluation")))
        environment.setenv("LANGSMITH_TRACING", "false")
        yield asyncio.run(ask_all())


async def ask_all() -> Told:
    """Ask the shipped team, as the terminal would: the demo over all it has, the rest over code."""
    team: Any = Project.at(__file__).graph("research")
    async with open_storage() as storage:
        demo = await stretto.run(team, " ".join(DEMO), storage=storage)
        over: Any = {"context": {"sources": PACKAGES}, "storage": storage}
        alone = {q: await stretto.run(team, q, **over) for q in (*NOWHERE, *QUESTIONS)}
    return Told(demo, alone)


@pytest.fixture(autouse=True)
def _untracked(monkeypatch: pytest.MonkeyPatch) -> None:
    """LangSmith's plugin sends nothing."""
    monkeypatch.setenv("LANGSMITH_TEST_TRACKING", "false")


def cites(answer: Answer, symbol: str) -> bool:
    """Whether it cites the documentation of a symbol or of something in it."""
    return any(f"{c.symbol}.".startswith(f"{symbol}.") for c in answer.citations)


def log(question: str, answer: Answer, symbol: str = "") -> None:
    """Tell LangSmith of an example."""
    testing.log_inputs({"question": question})
    testing.log_outputs(answer.model_dump(mode="json"))
    if symbol:
        testing.log_reference_outputs({"symbol": symbol})
        testing.log_feedback(key="cited", score=float(cites(answer, symbol)))


@pytest.mark.langsmith
@pytest.mark.parametrize(("part", "symbol"), DEMO.items())
def test_each_part_of_the_demo_question_is_answered_from_its_symbol(
    told: Told, part: str, symbol: str
) -> None:
    """The newcomer's first answer is accepted and proven where the answer stands."""
    answer = told.demo.answer
    assert answer is not None
    log(part, answer, symbol)
    (result,) = [r for r in told.demo.value["results"].values() if r.goal == part]
    assert answer.accepted
    assert result.found
    assert symbol in {c.symbol for c in result.citations}


@pytest.mark.langsmith
@pytest.mark.parametrize("question", NOWHERE)
def test_what_the_sources_do_not_answer_is_not_answered(told: Told, question: str) -> None:
    """It says so, is not accepted, and quotes nothing as if it were the answer."""
    answer = told.answer(question)
    log(question, answer)
    assert not answer.accepted
    assert "not found in the sources" in answer.text.lower()
    assert answer.citations == []


@pytest.mark.langsmith
@pytest.mark.parametrize(("question", "symbol"), QUESTIONS.items())
def test_a_question_is_answered_with_proof_or_not_at_all(
    told: Told, question: str, symbol: str
) -> None:
    """What is accepted has a quotation; what has none says that it was not found."""
    answer = told.answer(question)
    log(question, answer, symbol)
    assert answer.accepted == bool(answer.citations)
    assert answer.accepted or "not found in the sources" in answer.text.lower()


def test_most_questions_are_answered_from_the_right_symbol(told: Told) -> None:
    """At least `LEAST` of the questions cite the documentation that answers them."""
    missed = {q: told.answer(q).text for q, s in QUESTIONS.items() if not cites(told.answer(q), s)}
    assert len(QUESTIONS) - len(missed) >= LEAST, missed


def test_every_quotation_stands_in_its_source(told: Told) -> None:
    """Whatever is quoted can be opened at its file and line, and says just that."""
    answers = [told.demo.answer, *(told.answer(q) for q in told.alone)]
    quoted = [c for answer in answers if answer is not None for c in answer.citations]
    assert len(quoted) >= len(DEMO)
    assert all(Path(c.path).is_file() for c in quoted)
    assert [c for c in quoted if not quote_stands(c)] == []
