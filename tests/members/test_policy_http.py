"""Policies in front of a real client and a real HTTP server that misbehaves in every way it can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import stretto
from stretto import Agent, member
from stretto.errors import ModelRefused
from stretto.policy import Breaker, Constant, Fallback, Policy, Retry, Timeout
from stretto.resilience.names import forget
from stretto.testing import faults, openai_server
from tests.members.test_work import asked, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.runs import Storage

SOON = Retry(attempts=3, wait=0.001)


@pytest.fixture(autouse=True)
def nobody_shares() -> Iterator[None]:
    """Breakers are those of one test."""
    forget()
    yield
    forget()


def agent(
    server: Any, monkeypatch: pytest.MonkeyPatch, policy: Policy, model: str = "openai:test"
) -> Agent:
    """One whose model is served there."""
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    return Agent(name="writer", model=model, policy=policy)


@pytest.mark.parametrize(
    "trouble",
    [
        faults.status(503),
        faults.status(500),
        faults.status(429),
        faults.status(408),
        faults.cut,
    ],
    ids=str,
)
async def test_what_passes_is_tried_again(
    trouble: Any, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the policy alone: the client sends each request once."""
    with openai_server("fine", faults={1: trouble, 2: trouble}) as server:
        one = member(agent(server, monkeypatch, Policy(retry=SOON)))
        assert await asked(one, storage) == "fine"
        assert len(server.requests) == 3
    assert len(await told(storage, "retried")) == 2


async def test_a_retry_after_of_the_provider_is_waited_for(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait is journaled; a longer one than the policy takes ends the trying."""
    with openai_server("fine", faults={1: faults.status(429, retry_after=0.2)}) as server:
        one = member(agent(server, monkeypatch, Policy(retry=SOON)))
        assert await asked(one, storage) == "fine"
    waited = await told(storage, "waited")
    assert [w.on for w in waited] == ["retry"]
    assert waited[0].seconds >= 0.2
    with openai_server("fine", faults=faults.status(429, retry_after=3600)) as server:
        one = member(agent(server, monkeypatch, Policy(retry=SOON)))
        with pytest.raises(stretto.StrettoError, match="429"):
            await asked(one, storage, "u")
        assert len(server.requests) == 1


@pytest.mark.parametrize("code", [400, 401, 403, 404])
async def test_a_refusal_is_not_tried_again(
    code: int, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One request; a fallback may take over."""
    with openai_server("fine", faults=faults.status(code)) as server:
        one = member(agent(server, monkeypatch, Policy(retry=SOON)))
        with pytest.raises(ModelRefused):
            await asked(one, storage)
        assert len(server.requests) == 1
        policy = Policy(retry=SOON, fallback=Fallback(to=Constant(value="later")))
        assert await asked(member(agent(server, monkeypatch, policy)), storage, "u") == "later"


@pytest.mark.parametrize("trouble", [faults.nonsense, faults.empty], ids=str)
async def test_a_provider_that_lies_is_replaced(
    trouble: Any, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """200, and nothing that can be read."""
    with openai_server("fine", faults=trouble) as server:
        policy = Policy(
            fallback=Fallback(to=Constant(value="another")), breaker=Breaker(failures=1)
        )
        one = member(agent(server, monkeypatch, policy))
        assert await asked(one, storage) == "another"
        assert await asked(one, storage, "u") == "another"
        assert len(server.requests) == 1  # the breaker is open by then


async def test_a_provider_that_hangs_is_left(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call is ended, and the next one is well."""
    with openai_server("fine", faults={1: faults.hang}) as server:
        policy = Policy(timeout=Timeout(call=2), retry=SOON)
        assert await asked(member(agent(server, monkeypatch, policy)), storage) == "fine"
        assert len(server.requests) == 2


async def test_another_model_of_the_provider_takes_over(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the same messages; the journal names both."""

    def source(body: dict[str, Any]) -> Any:
        return faults.status(503) if body["model"] == "test" else f"from {body['model']}"

    with openai_server(source, models=("test", "spare")) as server:
        policy = Policy(retry=SOON, fallback=Fallback(to="openai:spare"))
        one = member(agent(server, monkeypatch, policy))
        assert await asked(one, storage) == "from spare"
        assert [r.body["model"] for r in server.requests] == ["test"] * 3 + ["spare"]
    fell = await told(storage, "fell_back")
    assert [(r.name, r.to) for r in fell] == [("test", "spare")]
