"""Fetching pages, from a real server on this machine."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from stretto.errors import InvalidInput, ToolFailed
from stretto.sources import fetching
from stretto.sources.fetching import is_public
from stretto.spec.tool import effect_of
from tools import web
from tools.web import fetch

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = "<html><head><title>A page</title></head><body><p>Words für jeden.</p></body></html>"

ANSWERS = {
    "/page": ("text/html; charset=latin-1", PAGE.encode("latin-1")),
    "/json": ("application/problem+json", b'{"a": 1}'),
    "/plain": ("", b"no type"),
    "/image": ("image/png", b"\x89PNG"),
    "/long": ("text/plain", b"word " * 10_000),
    "/huge": ("text/plain", gzip.compress(b"x" * (fetching.BYTES + 1)), "gzip"),
}
MOVED = {
    "/moved": "/page",
    "/loop": "/loop",
    "/inward": "http://localhost:{port}/page",
    "/file": "file:///etc/passwd",
}


class Pages(BaseHTTPRequestHandler):
    """Answers by path."""

    seen: list[str]
    released: threading.Event

    def do_GET(self) -> None:
        self.seen.append(self.path)
        if self.path in ANSWERS:
            self.answer(*ANSWERS[self.path])
        elif self.path in MOVED:
            self.redirect(MOVED[self.path].format(port=self.server.server_address[1]))
        elif self.path == "/slow":
            self.released.wait(30)
        elif self.path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"few")
        else:
            self.send_error(404)

    def answer(self, kind: str, body: bytes, encoding: str = "") -> None:
        self.send_response(200)
        if kind:
            self.send_header("Content-Type", kind)
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def redirect(self, where: str) -> None:
        self.send_response(302)
        self.send_header("Location", where)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the library
        del format, args


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server whose pages may be fetched."""
    monkeypatch.setenv(fetching.ALLOW, "1")
    Pages.seen, Pages.released = [], threading.Event()
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        Pages.released.set()
        running.shutdown()
        thread.join()


async def test_a_page_becomes_text(server: str) -> None:
    """In its own encoding, with its title, after a redirect."""
    page = await fetch(f"{server}/moved")
    assert (page["url"], page["title"]) == (f"{server}/page", "A page")
    assert page["text"].strip() == "Words für jeden."
    assert page["truncated"] is False


async def test_json_and_text_without_a_type_are_read_as_they_are(server: str) -> None:
    """Any kind of text is."""
    assert (await fetch(f"{server}/json"))["text"] == '{"a": 1}'
    assert (await fetch(f"{server}/plain"))["text"] == "no type"


async def test_a_long_text_is_cut_and_says_so(server: str) -> None:
    """A model reads only so much."""
    page = await fetch(f"{server}/long")
    assert (len(page["text"]), page["truncated"]) == (web.CHARACTERS, True)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/image", "is image/png, not text"),
        ("/huge", "is larger than 4 MB"),
        ("/loop", "redirects more than 5 times"),
        ("/missing", "answered 404"),
        ("/cut", "cannot be fetched"),
        ("/file", "Give a whole http:// or https:// URL"),
    ],
)
async def test_what_cannot_be_read_is_told(server: str, path: str, problem: str) -> None:
    """What it is and what to do."""
    with pytest.raises((ToolFailed, InvalidInput), match=problem):
        await fetch(f"{server}{path}")


async def test_waiting_ends(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is for the whole of it."""
    monkeypatch.setattr(web, "SECONDS", 0.2)
    began = time.monotonic()
    with pytest.raises(ToolFailed, match="did not answer within 0 s"):
        await fetch(f"{server}/slow")
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "url",
    ["", "page", "ftp://example.com/x", "file:///etc/passwd", "http://", "http://[::1", "h\0"],
)
async def test_only_web_addresses_are_fetched(url: str) -> None:
    """Anything else is the caller's mistake."""
    with pytest.raises(InvalidInput):
        await fetch(url)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"])
async def test_this_machine_is_refused(
    server: str, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    """However it is called, and nothing reaches it."""
    monkeypatch.delenv(fetching.ALLOW)
    port = server.rpartition(":")[2]
    with pytest.raises(
        InvalidInput, match=r"an address of a private network\. .*set STRETTO_ALLOW"
    ):
        await fetch(f"http://{host}:{port}/page")
    assert Pages.seen == []


async def test_a_redirect_to_this_machine_is_refused(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each address on the way is looked at."""
    plain = fetching.refuse_address

    def only_names(address: str, host: str) -> None:
        if host == "localhost":
            plain(address, host)

    monkeypatch.delenv(fetching.ALLOW)
    monkeypatch.setattr(fetching, "refuse_address", only_names)
    with pytest.raises(InvalidInput, match="'localhost' leads to"):
        await fetch(f"{server}/inward")
    assert Pages.seen == ["/inward"]


async def test_a_name_that_changes_its_address_is_refused(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What counts is where the connection has gone (DNS rebinding), before anything is sent."""
    monkeypatch.delenv(fetching.ALLOW)
    port = int(server.rpartition(":")[2])
    whole = socket.getaddrinfo
    answers = iter(["93.184.216.34"])

    def rebinding(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host in {"rebind.example", b"rebind.example"}:
            host = next(answers, "127.0.0.1")
        return whole(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with pytest.raises(InvalidInput, match=r"leads to 127\.0\.0\.1"):
        await fetch(f"http://rebind.example:{port}/page")
    assert Pages.seen == []


async def test_a_name_that_nobody_knows_is_told() -> None:
    """Reserved for this."""
    with pytest.raises(ToolFailed, match=r"no server 'nowhere\.invalid' is known"):
        await fetch("http://nowhere.invalid/")


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1",
        "224.0.0.1", "::1", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
        "2002:7f00:1::", "2001:0:0:0:0:0:80ff:fffe", "ff02::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    """Private, local, shared, multicast, and those hidden in others."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
def test_addresses_that_are_public(address: str) -> None:
    """Also one that is reached through a translator."""
    assert is_public(address)


def test_it_only_reads() -> None:
    """So it may be called again."""
    assert effect_of(fetch) == "reads"
