"""An OpenAI-compatible server on loopback, for tests of the real client over real HTTP."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from langchain_core.messages import AIMessage

from stretto.testing.answers import Answers, Source
from stretto.testing.call import Call, Json
from stretto.testing.faults import Fault, RefuseTools, Status
from stretto.testing.listener import HttpRequest, listening
from stretto.testing.reply import UnexpectedCall
from stretto.testing.strict import complaint
from stretto.testing.wire import (
    APIS,
    Api,
    Response,
    answer_response,
    error_response,
    fault_response,
    json_response,
)

SECRET = ("authorization", "api-key", "x-api-key", "cookie")
"""Headers that are not recorded."""


@dataclass(frozen=True)
class Request:
    """A request that the server was sent."""

    path: str
    body: Json
    headers: Mapping[str, str]
    """By lower-case name, those that carry a key left out."""
    time: float
    """When it came, in seconds of `time.monotonic`."""
    call: Call = field(default_factory=lambda: Call(()))
    """Its messages and tools; empty where the request asks no model."""


Faults: TypeAlias = Fault | Mapping[int, Fault] | Callable[[Request], Fault | None]
"""A fault for every request, for the nth (from 1), or for those that a function chooses."""


class OpenAIServer:
    """What `openai_server` gives: where it listens and what it was asked."""

    def __init__(
        self, source: Source, faults: Faults | None, models: Sequence[str], *, strict: bool
    ) -> None:
        self.url = ""
        """The base URL for a client, such as `http://127.0.0.1:4711/v1`."""
        self._answers = Answers(source)
        self._faults: Faults = {} if faults is None else faults
        self._models = models
        self._strict = strict
        self._lock = threading.Lock()
        self._requests: list[Request] = []
        self._errors: list[Exception] = []

    @property
    def requests(self) -> tuple[Request, ...]:
        """The requests so far that ask a model, retries too, in the order they came."""
        return tuple(self._requests)

    @property
    def errors(self) -> tuple[Exception, ...]:
        """What went wrong inside: a script that ran out, a function or model that raised."""
        return tuple(self._errors)

    def respond(self, http: HttpRequest) -> Response:
        """Answer one HTTP request; never raises."""
        try:
            return self._routed(http)
        except UnexpectedCall as error:
            self._errors.append(error)
            return error_response(Status(400, str(error)))
        except Exception as error:  # noqa: BLE001
            self._errors.append(error)
            told = {"message": f"{type(error).__name__}: {error}", "type": "server_error"}
            return json_response({"error": told}, 500, x_should_retry="false")

    def _routed(self, http: HttpRequest) -> Response:
        if (http.method, http.path) == ("GET", "/v1/models"):
            told = [
                {"id": m, "object": "model", "created": 0, "owned_by": "test"} for m in self._models
            ]
            return json_response({"object": "list", "data": told})
        api = APIS.get(http.path)
        if api is None or http.method != "POST":
            known = ", ".join(f"POST {path}" for path in APIS)
            return error_response(Status(404, f"no {http.method} {http.path} here; try {known}"))
        try:
            body = json.loads(http.body)
            call = api.read(body)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            return error_response(Status(400, f"{error or type(error).__name__}"))
        return self._answered(self._noted(http, body, call), api)

    def _noted(self, http: HttpRequest, body: Json, call: Call) -> tuple[Request, int]:
        headers = {name: value for name, value in http.headers.items() if name not in SECRET}
        request = Request(http.path, body, headers, time.monotonic(), call)
        with self._lock:
            self._requests.append(request)
            return request, len(self._requests)

    def _answered(self, noted: tuple[Request, int], api: Api) -> Response:
        request, number = noted
        asked, body = request.call, request.body
        if self._strict and (why := complaint(asked)):
            return error_response(Status(400, why))
        answer_id = f"{asked.digest}{number:04x}"
        fault = self._fault(request, number)
        item = fault or self._answers.take(asked, body)
        if isinstance(item, AIMessage):
            return answer_response(item, api, body, answer_id)
        spoiled = partial(self._answers.spoiled, item, asked, body, instead=fault is None)
        return fault_response(item, spoiled, api, body, answer_id)

    def _fault(self, request: Request, number: int) -> Fault | None:
        if callable(self._faults):
            fault = self._faults(request)
        elif isinstance(self._faults, Mapping):
            fault = self._faults.get(number)
        else:
            fault = self._faults
        return None if isinstance(fault, RefuseTools) and not request.call.tools else fault


@contextmanager
def openai_server(
    source: Source,
    *,
    faults: Faults | None = None,
    models: Sequence[str] = ("test",),
    strict: bool = True,
    limit: int = 64,
) -> Generator[OpenAIServer]:
    """Serve Chat Completions and Responses on a free port of 127.0.0.1 until the block ends.

    Give its `url` to a client as `OPENAI_BASE_URL`; any key will do. Answers come from `source`: a
    list (each item for one request: `Reply`, text, `AIMessage` or fault), one such item for all
    requests, a function of the request's body, or any LangChain chat model. `faults` stand in for
    the answers of `source`, or spoil them. `models` is what `GET /v1/models` lists. `strict`
    answers 400, as strict providers do, to unanswered tool calls, empty messages, bad names and
    open strict schemas. At most `limit` requests are worked on at once; more of them wait.

    A list that has run out, or a function that gives `None`, answers 400 with the remedy; what a
    function or model raises answers 500, not to be retried. `errors` has both.
    """
    server = OpenAIServer(source, faults, models, strict=strict)
    with listening(server.respond, limit=limit) as address:
        server.url = f"{address}/v1"
        yield server
