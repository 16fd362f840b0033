"""The HTTP server under `openai_server`: threads, bounds, a clean end."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from stretto.testing.listener import LARGEST, HttpRequest, listening
from stretto.testing.wire import Response, json_response


def echo(request: HttpRequest) -> Response:
    """What came, as JSON."""
    return json_response(
        {"method": request.method, "path": request.path, "body": request.body.decode()}
    )


def test_a_request_is_handed_on_and_answered():
    """Method, path without its query, headers by lower-case name, body."""
    with listening(echo, limit=4) as address:
        response = httpx.post(f"{address}/a/b?c=d", content="hello")
    assert response.json() == {"method": "POST", "path": "/a/b", "body": "hello"}
    assert response.headers["connection"] == "close"


def test_requests_run_in_parallel_up_to_the_limit_and_the_rest_waits():
    """Two by two: a third would break the barrier, and a lone one would wait for ever."""
    pair = threading.Barrier(2, timeout=10)
    lock, active, most = threading.Lock(), 0, 0

    def count(request: HttpRequest) -> Response:
        nonlocal active, most
        with lock:
            active += 1
            most = max(most, active)
        pair.wait()
        with lock:
            active -= 1
        pair.wait()
        return json_response({})

    with listening(count, limit=2) as address, ThreadPoolExecutor(6) as pool:
        statuses = [r.status_code for r in pool.map(httpx.get, [address] * 6)]
    assert (statuses, most) == ([200] * 6, 2)


def test_the_end_cuts_what_hangs_and_leaves_no_thread():
    """A client that waits is told at once, however long the answer would have taken."""
    before = set(threading.enumerate())
    begun = threading.Event()

    def never(request: HttpRequest) -> Response:
        begun.set()
        return Response((), end="hang")

    with ThreadPoolExecutor(1) as pool:
        with listening(never, limit=2) as address:
            waiting = pool.submit(httpx.get, address, timeout=60)
            assert begun.wait(10)
            idle = socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])))
        assert isinstance(waiting.exception(10), httpx.TransportError)
        idle.close()
    assert set(threading.enumerate()) <= before


def test_a_client_that_gives_up_frees_its_place():
    """A hanging answer does not hold a thread for a client that is gone."""
    responses = iter([Response((), end="hang"), json_response({"ok": True})])
    with listening(lambda _: next(responses), limit=1) as address:
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(address, timeout=0.1)
        assert httpx.get(address, timeout=10).json() == {"ok": True}


def test_a_body_that_is_too_large_is_refused_unread():
    """Before it takes the memory."""
    with listening(echo, limit=1) as address:
        port = int(address.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(f"POST / HTTP/1.1\r\ncontent-length: {LARGEST + 1}\r\n\r\n".encode())
            assert client.recv(100).startswith(b"HTTP/1.1 413")
