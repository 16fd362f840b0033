"""Tells another system of each stored document, by a POST to the address it gave."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

from stretto import effect, idempotency_key
from stretto.errors import InvalidInput, StrettoError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["notify", "wanted"]

VARIABLE = "STRETTO_INTAKE_WEBHOOK"
SECONDS = 20.0


class NoticeFailed(StrettoError):
    """The other system did not take a notice."""


def wanted(state: Mapping[str, Any]) -> bool | str:
    """Whether somebody is to be told, of a document that is new."""
    if not os.environ.get(VARIABLE, "").strip():
        return f"{VARIABLE} is not set"
    known = state["results"]["store"]["taken"]["became"] == "known"
    return "the document was known before" if known else True


async def notify(state: Mapping[str, Any]) -> dict[str, Any]:
    """Tells another system that a document is stored."""
    record = state["record"]
    told = {key: record[key] for key in ("digest", "path", "title", "kind", "summary")}
    await effect("notify", post, told, effect="idempotent")
    stored: dict[str, Any] = state["results"]["store"]
    return stored


def post(told: dict[str, Any]) -> int:
    """Send a notice, under a key by which the other side knows one that comes twice.

    Returns:
        The status of the answer.

    Raises:
        InvalidInput: The address is none of the web.
        NoticeFailed: It is not reached, or says no.
    """
    url = os.environ.get(VARIABLE, "").strip()
    if not url.startswith(("http://", "https://")):
        raise InvalidInput(f"{VARIABLE} is {url!r}. Set it to an address with http:// or https://.")
    headers = {"Content-Type": "application/json", "Idempotency-Key": idempotency_key()}
    request = urllib.request.Request(url, json.dumps(told).encode(), headers, method="POST")  # noqa: S310 - checked above
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            return int(answer.status)
    except (urllib.error.URLError, OSError) as error:
        raise NoticeFailed(
            f"{told['path']}: nobody took the notice ({error}), so it is not kept. See to the "
            f"address in {VARIABLE}, and take the document in again."
        ) from error
