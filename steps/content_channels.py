"""Channels that are told of a post; nobody waits for them, and one that fails holds up no other."""

from __future__ import annotations

import asyncio
import json
import os
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph.runtime import Runtime  # noqa: TC002 - how LangGraph knows what to give

from stretto import Project, effect, lock
from stretto.errors import InvalidInput, StrettoError

if TYPE_CHECKING:
    from collections.abc import Mapping

WEBHOOK = "STRETTO_CONTENT_WEBHOOK"
SECONDS = 20.0
KEPT = 50
"""Posts that the feed holds."""
ATOM = "http://www.w3.org/2005/Atom"


class ChannelFailed(StrettoError):
    """A channel did not take an announcement."""


def published(state: Mapping[str, Any]) -> bool | str:
    """Whether there is something to announce."""
    return bool(state.get("published")) or "nothing was published"


async def newsletter(state: Mapping[str, Any], runtime: Runtime[Any]) -> str:
    """Writes the post as a letter, ready to be sent."""
    folder = Project.at(__file__).step("content_publish.output")(runtime.context)
    done: str = await effect(
        "newsletter", letter, folder, state["published"], state["edited"], effect="idempotent"
    )
    return done


def letter(folder: str, post: Mapping[str, Any], edited: Mapping[str, Any]) -> str:
    """Write the letter; gives its path."""
    path = Path(folder) / "newsletter" / f"{Path(post['path']).stem}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    head = f"Subject: {post['title']}\nDate: {post['date']}\n\n{post['summary']}\n\n"
    _replace(path, head + edited["body"])
    return str(path)


async def feed(state: Mapping[str, Any], runtime: Runtime[Any]) -> str:
    """Adds the post to the feed, an Atom file."""
    folder = Project.at(__file__).step("content_publish.output")(runtime.context)
    async with lock(f"content feed {folder}"):
        done: str = await effect("feed", added, folder, state["published"], effect="idempotent")
    return done


def added(folder: str, post: Mapping[str, Any]) -> str:
    """Put a post at the top of the feed, unless it stands in it; gives the feed's path.

    Raises:
        ChannelFailed: The feed that is there cannot be read.
    """
    ET.register_namespace("", ATOM)
    path = Path(folder) / "feed.xml"
    try:
        root = ET.parse(path).getroot() if path.exists() else _empty()  # noqa: S314 - written here
    except ET.ParseError as error:
        raise ChannelFailed(
            f"the feed {path} cannot be read: {error}. Mend it or move it away, and add the post."
        ) from error
    entries = root.findall(f"{{{ATOM}}}entry")
    if any(each.findtext(f"{{{ATOM}}}id") == f"urn:stretto:{post['id']}" for each in entries):
        return str(path)
    for old in entries:
        root.remove(old)
    root.extend([_entry(post), *entries[: KEPT - 1]])
    _set(root, "updated", post["date"])
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, ET.tostring(root, encoding="unicode", xml_declaration=True))
    return str(path)


def _empty() -> ET.Element:
    root = ET.Element(f"{{{ATOM}}}feed")
    for name, text in (("id", "urn:stretto:content"), ("title", "News"), ("updated", "")):
        _set(root, name, text)
    return root


def _entry(post: Mapping[str, Any]) -> ET.Element:
    entry = ET.Element(f"{{{ATOM}}}entry")
    told = {"id": f"urn:stretto:{post['id']}", "title": post["title"], "updated": post["date"]}
    for name, text in (told | {"summary": post["summary"]}).items():
        _set(entry, name, text)
    ET.SubElement(entry, f"{{{ATOM}}}link", href=Path(post["path"]).name)
    return entry


def _set(parent: ET.Element, name: str, text: str) -> None:
    found = parent.find(f"{{{ATOM}}}{name}")
    element = ET.SubElement(parent, f"{{{ATOM}}}{name}") if found is None else found
    element.text = text


async def webhook(state: Mapping[str, Any], runtime: Runtime[Any]) -> str:
    """Tells another system of the post, where an address is set."""
    url = str((runtime.context or {}).get("webhook") or os.environ.get(WEBHOOK, "")).strip()
    if not url:
        return f"no address: set {WEBHOOK}"
    told = state["published"]
    status = await effect("webhook", asyncio.to_thread, told_to, url, told, effect="idempotent")
    return f"told, {status}"


def told_to(url: str, post: Mapping[str, Any]) -> int:
    """Send an announcement, under a key by which the other side knows one that comes twice.

    Returns:
        The status of the answer.

    Raises:
        InvalidInput: The address is none of the web.
        ChannelFailed: It is not reached, or says no.
    """
    if not url.startswith(("http://", "https://")):
        raise InvalidInput(f"{url!r} is no address. Set {WEBHOOK} to one with http:// or https://.")
    headers = {"Content-Type": "application/json", "Idempotency-Key": post["id"]}
    body = json.dumps(dict(post)).encode()
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - checked
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            return int(answer.status)
    except (urllib.error.URLError, OSError) as error:
        raise ChannelFailed(
            f"{url} did not take the news ({error}). See to it, and tell it by hand."
        ) from error


def _replace(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
