"""A small threaded HTTP server that ends cleanly: no thread and no socket outlives it."""

from __future__ import annotations

import select
import socket
import socketserver
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, TypeAlias

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from stretto.testing.wire import Response

TICK = 0.02
"""Seconds between looks at whether to end."""
PATIENCE = 30.0
"""Seconds a client may take to send its request."""
LARGEST = 64 * 2**20
"""Bytes a request's body may have."""


@dataclass(frozen=True)
class HttpRequest:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes


Respond: TypeAlias = "Callable[[HttpRequest], Response]"


@contextmanager
def listening(respond: Respond, *, limit: int) -> Generator[str]:
    """Listen on a free port of 127.0.0.1 and give its address, without a slash at the end.

    `respond` is called in a thread of its own for each request, at most `limit` at once. At the
    end of the block open connections are cut, and all threads have ended.
    """
    listener = _Listener(respond, limit)
    thread = threading.Thread(target=listener.serve_forever, args=(TICK,), name="openai_server")
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.server_address[1]}"
    finally:
        listener.closing.set()
        listener.shutdown()
        thread.join()
        listener.cut_all()
        listener.server_close()


class _Listener(socketserver.ThreadingTCPServer):
    """Takes connections, a thread each, and knows which are open."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, respond: Respond, limit: int) -> None:
        self.respond = respond
        self.closing = threading.Event()
        self._slots = threading.Semaphore(limit)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    def cut_all(self) -> None:
        """End all open connections."""
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    @override
    def process_request(self, request: Any, client_address: Any) -> None:
        while not self._slots.acquire(timeout=TICK):
            if self.closing.is_set():
                self.shutdown_request(request)
                return
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    @override
    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    @override
    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: all that can fail here is the connection, which the client sees too."""


class _Handler(BaseHTTPRequestHandler):
    """Reads one request, answers it and closes the connection."""

    protocol_version = "HTTP/1.1"
    timeout = PATIENCE

    @property
    def _listener(self) -> _Listener:
        assert isinstance(self.server, _Listener)  # noqa: S101
        return self.server

    @override
    def handle(self) -> None:
        self.close_connection = True
        self.handle_one_request()

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing to the terminal."""

    def _work(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        if length > LARGEST:
            self.send_error(413)
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(length)
        request = HttpRequest(self.command, self.path.partition("?")[0], headers, body)
        self._send(self._listener.respond(request))

    do_GET = do_POST = _work  # noqa: N815

    def _send(self, response: Response) -> None:
        if response.delay:
            self._wait(response.delay)
        if response.parts:
            self._send_head(response)
        for part in response.parts:
            chunked = response.length is None
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part) if chunked else part)
            self.wfile.flush()
        match response.end:
            case "whole":
                if response.length is None:
                    self.wfile.write(b"0\r\n\r\n")
            case "hang":
                self._wait(None)
            case "cut":
                pass  # closing the connection now, with bytes owing, is the cut

    def _send_head(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.length is None:
            self.send_header("transfer-encoding", "chunked")
        else:
            self.send_header("content-length", str(response.length))
        self.send_header("connection", "close")
        self.end_headers()

    def _wait(self, seconds: float | None) -> None:
        """Wait so long, or for ever; less when the client goes or the server ends."""
        ticks = None if seconds is None else int(seconds / TICK)
        while ticks is None or ticks > 0:
            ticks = None if ticks is None else ticks - 1
            if self._listener.closing.wait(TICK) or self._client_gone():
                return

    def _client_gone(self) -> bool:
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)
