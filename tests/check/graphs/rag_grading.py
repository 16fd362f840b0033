"""Corrective RAG: documents are graded, the question is rewritten at most twice."""

from typing import Literal

from langchain_core.documents import Document
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

SHELF = [
    Document("Bees dance to tell where flowers are."),
    Document("The hive is kept at 35 degrees."),
    Document("Honey does not spoil."),
]


class RagState(TypedDict):
    question: str
    documents: list[Document]
    rewrites: int
    generation: str


def retrieve(state: RagState):
    words = set(state["question"].lower().split())
    found = [doc for doc in SHELF if words & set(doc.page_content.lower().split())]
    return {"documents": found}


def grade_documents(state: RagState):
    return {"documents": [doc for doc in state["documents"] if len(doc.page_content) > 10]}


def rewrite_question(state: RagState):
    return {
        "question": f"{state['question']} honey",
        "rewrites": state.get("rewrites", 0) + 1,
    }


def generate(state: RagState):
    said = " ".join(doc.page_content for doc in state["documents"])
    return {"generation": said or "I do not know."}


def decide_to_generate(state: RagState) -> Literal["rewrite_question", "generate"]:
    if not state["documents"] and state.get("rewrites", 0) < 2:
        return "rewrite_question"
    return "generate"


builder = StateGraph(RagState)
builder.add_node("retrieve", retrieve)
builder.add_node("grade_documents", grade_documents)
builder.add_node("rewrite_question", rewrite_question)
builder.add_node("generate", generate)
builder.add_edge(START, "retrieve")
builder.add_edge("retrieve", "grade_documents")
builder.add_conditional_edges(
    "grade_documents",
    decide_to_generate,
    {"rewrite_question": "rewrite_question", "generate": "generate"},
)
builder.add_edge("rewrite_question", "retrieve")
builder.add_edge("generate", END)
graph = builder.compile()

given = {"question": "what spoils never"}
