"""Interviews in parallel: each is a subgraph that itself fans out over its questions."""

import operator
from typing import Annotated

from langgraph.graph import END, START, StateGraph
from langgraph.types import Send
from typing_extensions import TypedDict


class Interview(TypedDict):
    expert: str
    questions: list[str]
    answers: Annotated[list[str], operator.add]


class InterviewOutput(TypedDict):
    transcripts: list[str]


class Question(TypedDict):
    question: str


class Study(TypedDict):
    experts: list[str]
    transcripts: Annotated[list[str], operator.add]


def prepare(state: Interview):
    return {"questions": [f"What does {state['expert']} say on {n}?" for n in range(3)]}


def to_answers(state: Interview) -> list[Send]:
    return [Send("answer", {"question": question}) for question in state["questions"]]


def answer(state: Question):
    return {"answers": [f"{state['question']} Much."]}


def write_down(state: Interview) -> InterviewOutput:
    return {"transcripts": ["\n".join(state["answers"])]}


interview_builder = StateGraph(Interview, output_schema=InterviewOutput)
interview_builder.add_node("prepare", prepare)
interview_builder.add_node("answer", answer)
interview_builder.add_node("write_down", write_down)
interview_builder.add_edge(START, "prepare")
interview_builder.add_conditional_edges("prepare", to_answers, ["answer"])
interview_builder.add_edge("answer", "write_down")
interview_builder.add_edge("write_down", END)


def to_interviews(state: Study) -> list[Send]:
    return [Send("interview", {"expert": expert}) for expert in state["experts"]]


builder = StateGraph(Study)
builder.add_node("interview", interview_builder.compile())
builder.add_conditional_edges(START, to_interviews, ["interview"])
builder.add_edge("interview", END)
graph = builder.compile()

given = {"experts": ["Ada", "Grace"]}
