"""Sends feedback to LangSmith as well, when a key is set and tracing is on.

A run's id in the journal is its id in LangSmith, and so is that of each step.
"""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = "stretto"
"""The name of the feedback in LangSmith."""
KEYS = ("LANGSMITH_API_KEY", "LANGCHAIN_API_KEY")
SWITCHES = (
    "LANGSMITH_TRACING_V2",
    "LANGCHAIN_TRACING_V2",
    "LANGSMITH_TRACING",
    "LANGCHAIN_TRACING",
)
TIMEOUT = (3_000, 10_000)
"""Milliseconds to connect, and to wait for an answer."""


def is_traced() -> bool:
    """Whether runs go to LangSmith from here: a key is set and tracing is on."""
    has_key = any(os.environ.get(name, "").strip() for name in KEYS)
    return has_key and any(os.environ.get(name, "").strip() == "true" for name in SWITCHES)


def send(told: Mapping[str, Any]) -> str:
    """Send feedback; blocks.

    Args:
        told: `run` (the id of the run or step), `score`, `comment`, `correction`, `by`, and `id`,
            by which LangSmith takes the same feedback once.

    Returns:
        Why it could not be sent, in one line; empty when it was.
    """
    import logging

    from langsmith import Client
    from langsmith.utils import get_tracer_project

    quiet = logging.getLogger("langsmith.client")
    before = quiet.level
    quiet.setLevel(logging.CRITICAL)  # it would print the traceback of what is told in a line below
    try:
        client = Client(timeout_ms=TIMEOUT, auto_batch_tracing=False)
        project = client.read_project(project_name=get_tracer_project())
        correction = told["correction"]
        client.create_feedback(
            run_id=told["run"],
            key=KEY,
            score=told["score"],
            comment=told["comment"] or None,
            correction={"answer": correction} if correction else None,
            source_info={"by": told["by"]} if told["by"] else None,
            feedback_id=uuid.uuid5(uuid.NAMESPACE_OID, str(told["id"])),
            session_id=project.id,
            stop_after_attempt=2,
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, the journal has the feedback
        return " ".join(f"{type(error).__name__}: {error}".split())[:300]
    finally:
        quiet.setLevel(before)
    return ""
