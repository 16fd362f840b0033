"""A pydantic state with defaults, validators and nested models."""

from typing import Annotated, Literal

from langgraph.graph import END, START, StateGraph
from pydantic import BaseModel, Field, field_validator


class Line(BaseModel):
    item: str
    quantity: int = Field(ge=1)
    price: float = Field(ge=0)


def merge_notes(left: list[str], right: list[str]) -> list[str]:
    return [*left, *(note for note in right if note not in left)]


class OrderState(BaseModel):
    customer: str
    lines: list[Line] = Field(default_factory=list)
    total: float = 0.0
    discount: float = 0.0
    notes: Annotated[list[str], merge_notes] = Field(default_factory=list)

    @field_validator("customer")
    @classmethod
    def not_empty(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("a customer has a name")
        return value


def price(state: OrderState):
    return {"total": sum(line.quantity * line.price for line in state.lines)}


def is_large(state: OrderState) -> Literal["discount", "confirm"]:
    return "discount" if state.total > 100 else "confirm"


def discount(state: OrderState):
    return {"discount": round(state.total * 0.1, 2), "notes": ["10 % off"]}


def confirm(state: OrderState):
    due = state.total - state.discount
    return {"notes": [f"{state.customer} pays {due:.2f}"]}


builder = StateGraph(OrderState)
builder.add_node(price)
builder.add_node(discount)
builder.add_node(confirm)
builder.add_edge(START, "price")
builder.add_conditional_edges("price", is_large)
builder.add_edge("discount", "confirm")
builder.add_edge("confirm", END)
graph = builder.compile()

given = {"customer": "Ada", "lines": [{"item": "chair", "quantity": 4, "price": 40}]}
