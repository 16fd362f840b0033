"""Nodes that are objects: callable instances, bound methods, a class with collaborators."""

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    text: str
    words: int
    translated: str


class Translator:
    def __init__(self, language: str, table: dict[str, str]):
        self.language = language
        self.table = table

    def __call__(self, state: State):
        words = [self.table.get(word, word) for word in state["text"].split()]
        return {"translated": f"[{self.language}] {' '.join(words)}"}


class Workflow:
    def __init__(self, translator: Translator):
        self.translator = translator

    def count(self, state: State):
        return {"words": len(state["text"].split())}

    def clean(self, state: State):
        return {"text": " ".join(state["text"].split())}

    def build(self):
        workflow = StateGraph(State)
        workflow.add_node("clean", self.clean)
        workflow.add_node("count", self.count)
        workflow.add_node("translate", self.translator)
        workflow.add_edge(START, "clean")
        workflow.add_edge("clean", "count")
        workflow.add_edge("count", "translate")
        workflow.add_edge("translate", END)
        return workflow


builder = Workflow(Translator("de", {"house": "Haus", "the": "das"})).build()
graph = builder.compile()

given = {"text": "the   old house"}
