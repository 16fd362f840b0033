"""The research team, unchanged, with a provider at the other end of real HTTP."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import stretto
from stretto.errors import ModelRefused, ModelUnavailable, StrettoError
from stretto.models import names
from stretto.models.offline import OfflineModel
from stretto.testing import (
    Fault,
    OpenAIServer,
    Request,
    hang,
    nonsense,
    openai_server,
    status,
)
from tests.teams.pottery import QUESTION
from tests.teams.shipped import shipped, use_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


team = partial(shipped, "research")


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Serve the offline model over HTTP as the team's model until the block ends."""

    @contextmanager
    def serve(
        name: str = "gpt-5-mini", faults: Any = None, seconds: float = 60
    ) -> Iterator[OpenAIServer]:
        with openai_server(OfflineModel(), faults=faults) as server:
            use_server(monkeypatch, server.url, model=name)
            monkeypatch.setattr(names, "TIMEOUT", seconds)
            yield server
        monkeypatch.delenv("STRETTO_MODEL")

    return serve


def asks(request: Request, tag: str) -> bool:
    """Whether the request's brief has a tag: `<executors>` for the planner, and so on."""
    return any(tag in message.text for message in request.call.messages if message.type == "human")


PLANNER, SECOND, REVIEWER = "<executors>", '<task id="t2">', "<checks>"


@pytest.mark.parametrize(
    ("name", "path"),
    [("gpt-5-mini", "/v1/chat/completions"), ("gpt-6-astra", "/v1/responses")],
)
async def test_over_http_the_team_comes_to_the_same(
    provider: Callable[..., Any], sources: list[str], name: str, path: str
):
    """Plan, results, citations, verdict: the model's wire makes no difference, nor does the API."""
    context = {"sources": sources}
    direct = await stretto.run(team(), QUESTION, context=context)
    assert direct.answer is not None
    assert direct.answer.verdict == "accepted"
    with provider(name) as server:
        over_http = await stretto.run(team(), QUESTION, context=context)
    for key in ("plan", "results", "review", "answer"):
        assert over_http.value[key] == direct.value[key]
    assert {request.path for request in server.requests} == {path}
    assert len(server.requests) == over_http.usage.model_calls == direct.usage.model_calls
    assert server.errors == ()


@pytest.mark.parametrize("place", [PLANNER, SECOND, REVIEWER], ids=["planner", "task", "reviewer"])
@pytest.mark.parametrize(
    "case",
    [
        (status(401), ModelRefused, "OPENAI_API_KEY"),
        (hang, ModelUnavailable, "resume"),
        (nonsense, ModelUnavailable, "OPENAI_BASE_URL"),
    ],
    ids=["401", "hang", "nonsense"],
)
async def test_a_provider_that_fails_in_the_middle_loses_nothing(
    provider: Callable[..., Any],
    sources: list[str],
    case: tuple[Fault, type[StrettoError], str],
    place: str,
    monkeypatch: pytest.MonkeyPatch,
):
    """One clear error with its exit code; the resume asks only for what was not answered."""
    fault, kind, remedy = case
    broken = True

    def choose(request: Request) -> Fault | None:
        return fault if broken and asks(request, place) else None

    context = {"sources": sources}
    direct = await stretto.run(team(), QUESTION, context=context)
    with provider(faults=choose, seconds=1.0 if fault is hang else 60) as server:
        graph = team()
        with pytest.raises(kind, match=remedy) as caught:
            await stretto.run(graph, QUESTION, thread="pottery", context=context)
        assert caught.value.exit_code == 5
        before = server.requests
        broken = False
        monkeypatch.setattr(names, "TIMEOUT", 60)
        resumed = await stretto.resume(team(), "pottery")
        after = server.requests[len(before) :]
    assert resumed.status == "done"
    assert resumed.value["results"] == direct.value["results"]
    assert resumed.answer == direct.answer
    failed = sum(asks(request, place) for request in before)
    assert failed == 1
    assert len(before) + len(after) == direct.usage.model_calls + failed
    asked_again = [r for r in after if r.call.digest in {b.call.digest for b in before}]
    assert [asks(request, place) for request in asked_again] == [True]
