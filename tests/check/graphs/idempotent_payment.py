"""A payment under retry: it has an idempotency key, made by a node before it."""

import hashlib
from dataclasses import dataclass, field

from langgraph.graph import END, START, StateGraph
from langgraph.types import RetryPolicy
from typing_extensions import TypedDict


class GatewayBusy(Exception):
    """Raised when the gateway asks to come back."""


@dataclass
class Gateway:
    receipts: dict[str, str] = field(default_factory=dict)

    def charge(self, amount: int, *, idempotency_key: str) -> str:
        return self.receipts.get(idempotency_key) or f"receipt for {amount}"


gateway = Gateway()


class Order(TypedDict):
    order_id: str
    amount: int
    key: str
    receipt: str


def make_key(state: Order):
    text = f"{state['order_id']}:{state['amount']}"
    return {"key": hashlib.sha256(text.encode()).hexdigest()}


def charge(state: Order):
    receipt = gateway.charge(state["amount"], idempotency_key=state["key"])
    return {"receipt": receipt}


builder = StateGraph(Order)
builder.add_node("make_key", make_key)
builder.add_node("charge", charge, retry_policy=RetryPolicy(max_attempts=4, retry_on=GatewayBusy))
builder.add_edge(START, "make_key")
builder.add_edge("make_key", "charge")
builder.add_edge("charge", END)
graph = builder.compile()

given = {"order_id": "o-1", "amount": 42}
