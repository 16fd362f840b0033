"""Which interrupts get through the handlers around them."""

# ruff: noqa: BLE001, D103 - nodes as strangers write them
from __future__ import annotations

import contextlib
from typing import Any

import pytest
from langgraph.errors import GraphBubbleUp, GraphInterrupt
from langgraph.types import interrupt

from stretto.check.reading.live import read_live


def bare(state: Any) -> Any:
    try:
        return {"a": interrupt("?")}
    except:  # noqa: E722
        return {}


def after_another(state: Any) -> Any:
    try:
        return {"a": int(interrupt("?"))}
    except ValueError:
        return {}
    except (OSError, Exception):
        return {}


def around_another(state: Any) -> Any:
    try:
        try:
            return {"a": interrupt("?")}
        except GraphBubbleUp:
            raise
        except ValueError:
            return {}
    except Exception:
        return {}


def suppressed(state: Any) -> Any:
    with contextlib.suppress(Exception):
        return {"a": interrupt("?")}
    return {}


def narrow(state: Any) -> Any:
    try:
        return {"a": int(interrupt("?"))}
    except (ValueError, KeyError):
        return {}


def raised_first(state: Any) -> Any:
    try:
        return {"a": interrupt("?")}
    except GraphInterrupt:
        raise
    except Exception:
        return {}


def sorted_out(state: Any) -> Any:
    try:
        return {"a": interrupt("?")}
    except Exception as error:
        if isinstance(error, GraphBubbleUp):
            raise
        return {}


def logged(state: Any) -> Any:
    try:
        return {"a": interrupt("?")}
    except BaseException:
        state["log"]("it fails")
        raise


def in_a_handler(state: Any) -> Any:
    try:
        return {"a": int(state["a"])}
    except Exception:
        return {"a": interrupt("?")}


def suppressed_narrowly(state: Any) -> Any:
    with contextlib.suppress(KeyError):
        return {"a": interrupt("?")}
    return {}


@pytest.mark.parametrize(
    ("node", "kind"),
    [
        (bare, ""),
        (after_another, "Exception"),
        (around_another, "Exception"),
        (suppressed, "Exception"),
    ],
    ids=lambda x: getattr(x, "__name__", None),
)
def test_a_broad_handler_swallows_an_interrupt(node: Any, kind: str):
    """Wherever it stands around it."""
    code = read_live(node)
    assert code is not None
    assert [asked.swallows for asked in code.interrupts] == [kind]


@pytest.mark.parametrize(
    "node",
    [narrow, raised_first, sorted_out, logged, in_a_handler, suppressed_narrowly],
    ids=lambda node: node.__name__,
)
def test_an_interrupt_gets_through(node: Any):
    """Past narrow handlers, those that raise it again, and those that are not around it."""
    code = read_live(node)
    assert code is not None
    assert [asked.swallows for asked in code.interrupts] == [None]
