"""Requests that only read, under several retry policies; a timeout on a wrapped async node."""

from functools import partial

import httpx
from langgraph.graph import END, START, StateGraph
from langgraph.types import RetryPolicy
from typing_extensions import TypedDict


def station(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"path": request.url.path, "celsius": 4})


def temporary(error: Exception) -> bool:
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code in {429, 502, 503}
    return isinstance(error, httpx.TransportError)


class State(TypedDict):
    city: str
    celsius: float
    forecast: str
    said: str


async def measure(state: State, *, base: str):
    transport = httpx.MockTransport(station)
    async with httpx.AsyncClient(transport=transport, base_url=base) as client:
        response = await client.get(f"/now/{state['city']}")
        response.raise_for_status()
        return {"celsius": float(response.json()["celsius"])}


class Forecaster:
    def __init__(self, word: str):
        self.word = word

    async def __call__(self, state: State):
        return {"forecast": f"{self.word} {state['celsius']:.0f} degrees"}


def say(state: State):
    return {"said": f"{state['city']}: {state['forecast']}"}


builder = StateGraph(State)
builder.add_node(
    "measure",
    partial(measure, base="https://weather.example"),
    retry_policy=[
        RetryPolicy(max_attempts=3, retry_on=temporary),
        RetryPolicy(max_attempts=2, retry_on=ConnectionError),
    ],
    timeout=20,
)
builder.add_node("forecast", Forecaster("about"), timeout=5)
builder.add_node("say", say)
builder.add_edge(START, "measure")
builder.add_edge("measure", "forecast")
builder.add_edge("forecast", "say")
builder.add_edge("say", END)
graph = builder.compile()

given = {"city": "oslo"}
