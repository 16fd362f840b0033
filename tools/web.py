"""Fetch pages of the web: bounded in size, time and redirects, and never from private networks."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
from typing import TYPE_CHECKING, Any

import httpx

from stretto import tool
from stretto.errors import InvalidInput, ToolFailed
from stretto.sources import pdf
from stretto.sources.html import html_text, html_title

__all__ = ["fetch"]

if TYPE_CHECKING:
    from collections.abc import Mapping

BYTES = 4_000_000
"""Of a page, unpacked."""
CHARACTERS = 20_000
"""Of a page's text that are returned."""
SECONDS = 20.0
"""For a page with all its redirects."""
REDIRECTS = 5
ALLOW = "STRETTO_ALLOW_PRIVATE_ADDRESSES"
"""Environment variable that, set to 1, allows addresses of this machine and its networks."""

_READ = ("text/", "application/json", "application/xml", "application/xhtml+xml")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@tool(effect="reads")
async def fetch(url: str) -> dict[str, Any]:
    """Fetch a page of the web and return its address, title and readable text.

    Args:
        url: The whole address of the page, beginning with http:// or https://.
    """
    try:
        async with asyncio.timeout(SECONDS):
            return await _fetch(url)
    except TimeoutError:
        raise ToolFailed(
            f"{url} did not answer within {SECONDS:.0f} s. Try again later, or another page."
        ) from None
    except httpx.InvalidURL as error:
        raise InvalidInput(
            f"{url!r} is not an address ({error}). Give a whole http(s) URL."
        ) from None
    except httpx.HTTPError as error:
        raise ToolFailed(
            f"{url} cannot be fetched ({error or type(error).__name__}). Check the address."
        ) from error


async def _fetch(url: str) -> dict[str, Any]:
    async with httpx.AsyncClient(
        follow_redirects=False, trust_env=False, timeout=SECONDS, headers={"User-Agent": "stretto"}
    ) as client:
        address = httpx.URL(url)
        for _ in range(REDIRECTS + 1):
            await _refuse_private(address)
            request = client.build_request("GET", address, extensions={"trace": _connected})
            response = await client.send(request, stream=True)
            try:
                if response.next_request is not None:
                    address = response.next_request.url
                    continue
                return await _page(response)
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
        _refuse_address(str(address[0]), url.host)


async def _connected(event: str, info: Mapping[str, Any]) -> None:
    """Check the address a connection has really gone to, before anything is sent over it.

    A name may resolve to another address by then than when it was looked up.
    """
    if event != "connection.connect_tcp.complete":
        return
    stream = info["return_value"]
    peer = stream.get_extra_info("server_addr")
    try:
        _refuse_address(str(peer[0]), str(peer[0]))
    except InvalidInput:
        await stream.aclose()
        raise


def _refuse_address(address: str, host: str) -> None:
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


async def _page(response: httpx.Response) -> dict[str, Any]:
    url = str(response.url)
    if response.is_error:
        raise ToolFailed(f"{url} answered {response.status_code}. Try another page.")
    kind = response.headers.get("content-type", "text/plain").partition(";")[0].strip().lower()
    is_pdf = kind == "application/pdf" and await asyncio.to_thread(pdf.readable)
    if not (is_pdf or kind.startswith(_READ) or kind.endswith(("+json", "+xml"))):
        raise ToolFailed(f"{url} is {kind}, not text. Fetch a page of text.")
    data = await _body(response, url)
    if is_pdf:
        title, text = "", await asyncio.to_thread(_pdf_text, data, url)
    else:
        source = data.decode(response.charset_encoding or "utf-8", errors="replace")
        title, text = "", source
        if "html" in kind:
            title, text = await asyncio.to_thread(lambda: (html_title(source), html_text(source)))
    return {
        "url": url,
        "title": title,
        "text": text[:CHARACTERS],
        "truncated": len(text) > CHARACTERS,
    }


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
