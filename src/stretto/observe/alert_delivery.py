"""Telling somebody of an alert: a program is run, a URL is called. Neither may take long."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from typing import TYPE_CHECKING, Any

from stretto.errors import InvalidInput
from stretto.observe.alert_rules import headers_of

if TYPE_CHECKING:
    from stretto.observe.alert_box import Channel
    from stretto.observe.alert_rules import Rule
    from stretto.observe.alerts import Notice

SHOWN = 300
"""Characters kept of what a program that failed has said."""
_KEPT_OUT = ("STRETTO_KEY", "STRETTO_SIGNING_KEY", "STRETTO_DATABASE_URL")
"""Variables that a called program does not get."""


def body_of(notice: Notice) -> dict[str, Any]:
    """What is told, as JSON."""
    return {
        "id": notice.id,
        "rule": notice.rule,
        "event": notice.event,
        "text": text_of(notice),
        "metric": notice.metric,
        "value": notice.value,
        "threshold": notice.threshold,
        "what": notice.what,
        "since": notice.since,
        "time": notice.time,
        "tries": notice.tries + 1,
    }


def text_of(notice: Notice) -> str:
    """What is told, in a line."""
    what = f": {notice.what}" if notice.what else ""
    return f"[{notice.event}] {notice.rule}{what} (limit {notice.threshold:g})"


async def deliver(rule: Rule, notice: Notice, to: Channel) -> str:
    """Tell of an alert one way; gives why it failed, empty when it did not. Never raises.

    It takes `rule.timeout` seconds at most.
    """
    try:
        async with asyncio.timeout(rule.timeout):
            return await (_run(rule, notice) if to == "command" else _call(rule, notice))
    except TimeoutError:
        return f"took longer than {rule.timeout:g} s"
    except InvalidInput as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - whatever a program or a server does
        return f"{type(error).__name__}: {error}"[:SHOWN]


async def _run(rule: Rule, notice: Notice) -> str:
    body = json.dumps(body_of(notice), ensure_ascii=False)
    told = {"STRETTO_ALERT_RULE": notice.rule, "STRETTO_ALERT_EVENT": notice.event}
    process = await asyncio.create_subprocess_exec(
        *rule.command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={k: v for k, v in os.environ.items() if k not in _KEPT_OUT} | told,
        start_new_session=True,
    )
    try:
        _, said = await process.communicate(f"{body}\n".encode())
    finally:
        if process.returncode is None:  # it is late: its children go with it
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode == 0:
        return ""
    told_why = said.decode(errors="replace").strip()[-SHOWN:]
    return f"ended with {process.returncode}{f': {told_why}' if told_why else ''}"


async def _call(rule: Rule, notice: Notice) -> str:
    import httpx

    async with httpx.AsyncClient(timeout=rule.timeout, follow_redirects=False) as client:
        answer = await client.post(rule.webhook, json=body_of(notice), headers=headers_of(rule))
    return "" if answer.is_success else f"answered {answer.status_code}"
