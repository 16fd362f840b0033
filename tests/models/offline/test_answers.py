"""Real questions about real documents: the installed packages, searched with the real index."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.structured_output import ToolStrategy
from langchain_core.tools import tool

from stretto.models.offline import OfflineModel
from stretto.sources.index import Index
from stretto.sources.quotes import quote_stands
from stretto.state import Finding


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An index of its own for this module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STRETTO_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="module")
def packages(home: None) -> Index:
    """The installed LangGraph and LangChain."""
    return Index.open(["package:langgraph", "package:langchain", "package:langchain_core"])


def asked(index: Index, question: str) -> Finding:
    """What an agent with the two tools of the research team finds."""

    @tool
    def search(query: str) -> list[dict[str, Any]]:
        """Search the documents for passages about a question."""
        return [passage.model_dump() for passage in index.search(query)]

    @tool
    def read(path: str, line: int) -> list[dict[str, Any]]:
        """Read a document around a line."""
        return [passage.model_dump() for passage in index.read(path, line)]

    agent = create_agent(
        OfflineModel(), tools=[search, read], response_format=ToolStrategy(Finding)
    )
    out = agent.invoke(
        {
            "messages": [
                ("user", f'<task id="t1">{question}</task>\n<question>{question}</question>')
            ]
        }
    )
    finding: Finding = out["structured_response"]
    return finding


@pytest.mark.parametrize(
    ("question", "path", "symbol"),
    [
        (
            "After an interrupt, does a node start again from its top?",
            "langgraph/types.py",
            "interrupt",
        ),
        ("Why can a timeout not stop blocking code?", "langgraph/types.py", "TimeoutPolicy"),
        (
            "When does each durability mode write a checkpoint?",
            "langgraph/pregel/main.py",
            "Pregel.invoke",
        ),
        (
            "How do I limit the number of model calls of an agent?",
            "middleware/model_call_limit.py",
            "ModelCallLimitMiddleware",
        ),
        (
            "How is a thread deleted from the checkpointer?",
            "checkpoint/base/__init__.py",
            "BaseCheckpointSaver.delete_thread",
        ),
        ("How do I redact personal data?", "middleware/pii.py", "PIIMiddleware"),
    ],
)
def test_the_symbol_that_answers_is_cited(packages: Index, question: str, path: str, symbol: str):
    """Each quotation stands where it says, and none is code."""
    finding = asked(packages, question)
    assert finding.found
    assert (path, symbol) in {(c.path[-len(path) :], c.symbol) for c in finding.citations}
    assert all(quote_stands(citation) and citation.kind != "code" for citation in finding.citations)
    assert all(
        citation.line <= len(Path(citation.path).read_text().splitlines())
        for citation in finding.citations
    )


@pytest.mark.parametrize(
    "question",
    [
        "What is the boiling point of tungsten?",
        "Which port does the LangGraph garage door opener listen on?",
        "Who founded LangChain?",
        "When was LangGraph released?",
        "What colour is the LangGraph logo?",
        "Does LangGraph support COBOL?",
        "How do I bake sourdough bread?",
    ],
)
def test_what_the_documents_do_not_say_is_not_found(packages: Index, question: str):
    """Nothing is quoted as if it were the answer."""
    assert asked(packages, question) == Finding(found=False, answer="", citations=[])


@pytest.mark.services
@pytest.mark.parametrize(
    ("question", "words"),
    [
        (
            "How old must a customer be to open a personal checking account?",
            "at least 18 years old",
        ),
        ("What is the annual fee of the Business Gold Rewards Card?", "$200"),
        ("How do I close a savings account?", "close"),
        ("What is the capital of Mongolia?", ""),
        ("Who is the chief executive of Rho-Bank?", ""),
    ],
)
def test_questions_about_a_knowledge_base(home: None, shared_data: Path, question: str, words: str):
    """A bank's own documents; no words means that they do not say it."""
    finding = asked(Index.open([str(shared_data / "bank_docs" / "docs")]), question)
    assert finding.found == bool(words)
    assert words in finding.answer
