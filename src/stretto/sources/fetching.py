"""Pages of the web: bounded in size, time and redirects, and never from private networks."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from stretto.errors import InvalidInput, ToolFailed
from stretto.sources import pdf
from stretto.sources.html import html_text, html_title

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping

BYTES = 4_000_000
"""Of a page, unpacked."""
SECONDS = 20.0
"""For a page with all its redirects."""
LONGEST = 60.0
"""For one answer of a server, however much time there is."""
REDIRECTS = 5
ALLOW = "STRETTO_ALLOW_PRIVATE_ADDRESSES"
"""Environment variable that, set to 1, allows addresses of this machine and its networks."""
AGENT = "stretto"
"""What a server is told of who asks."""

_READ = ("text/", "application/json", "application/xml", "application/xhtml+xml")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a server answered."""

    url: str
    """Where it was in the end."""
    status: int
    kind: str
    """Its media type, in small letters."""
    headers: Mapping[str, str]
    """Names in small letters."""
    source: str = ""
    """Its text as it was sent, such as HTML; empty for what is no text."""
    title: str = ""
    text: str = ""
    """Its readable text."""

    @property
    def readable(self) -> bool:
        """Whether it is of a kind that can be read."""
        return _is_read(self.kind)


@asynccontextmanager
async def opened(headers: Mapping[str, str] | None = None) -> AsyncGenerator[httpx.AsyncClient]:
    """Open a client that keeps cookies for as long as it is open."""
    sent = {"User-Agent": AGENT, **(headers or {})}
    async with httpx.AsyncClient(
        follow_redirects=False, trust_env=False, timeout=LONGEST, headers=sent
    ) as client:
        yield client


async def fetched(
    client: httpx.AsyncClient,
    url: str,
    *,
    seconds: float = SECONDS,
    headers: Mapping[str, str] | None = None,
    before: Callable[[str], Awaitable[None]] | None = None,
) -> Fetched:
    """Fetch a page, whatever its status.

    Args:
        client: From `opened`.
        url: Begins with http:// or https://.
        seconds: For all of it.
        headers: More of them, for this page.
        before: Called with each address on the way, before anything is sent there; may refuse it.

    Raises:
        InvalidInput: It is no address of the web, or leads into a private network.
        ToolFailed: Nothing, or too much, came in time, or it redirects without end.
    """
    try:
        async with asyncio.timeout(seconds):
            return await _followed(client, url, headers, before)
    except TimeoutError:
        raise ToolFailed(
            f"{url} did not answer within {seconds:.0f} s. Try again later, or another page."
        ) from None
    except httpx.InvalidURL as error:
        raise InvalidInput(
            f"{url!r} is not an address ({error}). Give a whole http(s) URL."
        ) from None
    except httpx.HTTPError as error:
        raise ToolFailed(
            f"{url} cannot be fetched ({error or type(error).__name__}). Check the address."
        ) from error


async def _followed(
    client: httpx.AsyncClient,
    url: str,
    headers: Mapping[str, str] | None,
    before: Callable[[str], Awaitable[None]] | None,
) -> Fetched:
    address = httpx.URL(url)
    for _ in range(REDIRECTS + 1):
        await _refuse_private(address)
        if before is not None:
            await before(str(address))
        watched = {"trace": _connected}
        request = client.build_request("GET", address, headers=headers, extensions=watched)
        response = await client.send(request, stream=True)
        try:
            if response.next_request is not None:
                address = response.next_request.url
                continue
            return await _answer(response)
        finally:
            await response.aclose()
    raise ToolFailed(f"{url} redirects more than {REDIRECTS} times. Give the final address.")


async def _refuse_private(url: httpx.URL) -> None:
    """Refuse an address before anything is sent there, by its scheme or by what it resolves to."""
    if url.scheme not in {"http", "https"} or not url.host:
        raise InvalidInput(f"{str(url)!r} cannot be fetched. Give a whole http:// or https:// URL.")
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(url.host, url.port or 80, type=socket.SOCK_STREAM)
    except OSError as error:
        raise ToolFailed(
            f"no server {url.host!r} is known ({error}). Check the address."
        ) from error
    for *_, address in found:
        refuse_address(str(address[0]), url.host)


async def _connected(event: str, info: Mapping[str, Any]) -> None:
    """Check the address a connection has really gone to, before anything is sent over it.

    A name may resolve to another address by then than when it was looked up.
    """
    if event != "connection.connect_tcp.complete":
        return
    stream = info["return_value"]
    peer = stream.get_extra_info("server_addr")
    try:
        refuse_address(str(peer[0]), str(peer[0]))
    except InvalidInput:
        await stream.aclose()
        raise


def refuse_address(address: str, host: str) -> None:
    """Refuse an IP address that `host` leads to, unless everybody can reach it.

    Raises:
        InvalidInput: It is of a private network, and such are not allowed.
    """
    if not is_public(address) and os.environ.get(ALLOW) != "1":
        raise InvalidInput(
            f"{host!r} leads to {address}, an address of a private network."
            f" Give a public page, or set {ALLOW}=1."
        )


def is_public(address: str) -> bool:
    """Whether an IP address is reachable from everywhere, seen through all ways to embed IPv4."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        ip = inner or ip
    return ip.is_global and not ip.is_multicast


def _is_read(kind: str) -> bool:
    return kind.startswith(_READ) or kind.endswith(("+json", "+xml")) or kind == "application/pdf"


async def _answer(response: httpx.Response) -> Fetched:
    url = str(response.url)
    told = response.headers.get("content-type", "text/plain")
    kind = told.partition(";")[0].strip().lower() or "text/plain"
    bare = Fetched(url, response.status_code, kind, dict(response.headers))
    if not bare.readable:
        return bare
    data = await _body(response, url)
    if kind == "application/pdf":
        if response.is_error or not await asyncio.to_thread(pdf.readable):
            return bare
        source, title, text = "", "", await asyncio.to_thread(_pdf_text, data, url)
    else:
        source = data.decode(response.charset_encoding or "utf-8", errors="replace")
        title, text = "", source
        if "html" in kind:
            title, text = await asyncio.to_thread(lambda: (html_title(source), html_text(source)))
    return Fetched(url, bare.status, kind, bare.headers, source, title, text)


async def _body(response: httpx.Response, url: str) -> bytes:
    data = bytearray()
    async for part in response.aiter_bytes():
        data += part
        if len(data) > BYTES:
            raise ToolFailed(f"{url} is larger than {BYTES // 1_000_000} MB. Fetch a smaller page.")
    return bytes(data)


def _pdf_text(data: bytes, url: str) -> str:
    try:
        return "\n\n".join(piece.text for piece in pdf.pdf_pieces(data))
    except ValueError as error:
        raise ToolFailed(f"{url}: {error}. Fetch another page.") from error
