"""A form: one node asks twice in sequence, another asks until the answer is valid."""

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict


class Form(TypedDict):
    name: str
    email: str
    age: int
    greeting: str


def ask_person(state: Form):
    name = interrupt("What is your name?")
    email = interrupt(f"{name}, what is your e-mail address?")
    return {"name": name, "email": email}


def ask_age(state: Form):
    question = "How old are you?"
    while True:
        answer = interrupt(question)
        if isinstance(answer, int) and answer > 0:
            return {"age": answer}
        question = f"{answer!r} is no age. How old are you?"


def greet(state: Form):
    return {"greeting": f"Hello {state['name']} ({state['age']}), {state['email']}"}


builder = StateGraph(Form)
builder.add_node("ask_person", ask_person)
builder.add_node("ask_age", ask_age)
builder.add_node("greet", greet)
builder.add_edge(START, "ask_person")
builder.add_edge("ask_person", "ask_age")
builder.add_edge("ask_age", "greet")
builder.add_edge("greet", END)
graph = builder.compile(checkpointer=InMemorySaver())

given = {"greeting": ""}
answers = ["Ada", "ada@example.org", "old", 36]
