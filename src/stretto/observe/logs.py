"""The journal's records as events of the standard `logging` module, without what was said.

One event a record, by the logger `stretto.journal`: runs, decisions and policies at INFO, their
steps at DEBUG, failures at WARNING. The fields are in the record as `stretto_type`,
`stretto_thread`, ..., for a formatter that writes JSON. Nothing that a person, a model or a tool
said is among them, and nothing is told unless the program has set logging up.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from stretto.records import (
    BreakerChanged,
    Budgeted,
    Compensated,
    EffectEnded,
    ModelEnded,
    NodeEnded,
    RunEnded,
    ToolEnded,
    said_fields,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stretto.records import AnyRecord

NAME = "stretto.journal"
_STEPS = frozenset(
    {"node_started", "node_ended", "model_started", "model_ended", "tool_started", "tool_ended"}
    | {"effect_started", "effect_ended", "waited"}
)
_WARNINGS = frozenset({"dead_lettered"})
_SHOWN = (
    "team", "node", "agent", "task", "model", "tool", "by", "to", "name", "decision", "verdict",
    "step", "status", "event", "state", "breaker", "budget", "unit", "used", "limit", "rounds",
    "attempt", "kind", "letter", "how", "on", "thumb", "score", "input_tokens", "output_tokens",
    "cost", "seconds",
)  # fmt: skip
"""Fields that the message itself shows, in this order."""
_LEFT_OUT = frozenset({"schema_version", "forgotten", "payload"})

logger = logging.getLogger(NAME)


def is_wanted() -> bool:
    """Whether anyone would hear: the program has set logging up, and not turned this off."""
    return logger.hasHandlers() and logger.isEnabledFor(logging.WARNING)


def log_records(records: Sequence[AnyRecord]) -> None:
    """Tell stored records to the logger; a listener of the journal."""
    least = logger.getEffectiveLevel()
    for record in records:
        level = level_of(record)
        if level >= least and logger.isEnabledFor(level):
            logger.log(level, "%s", message(record), extra=fields(record))


def level_of(record: AnyRecord) -> int:
    """How loud a record is."""
    if record.type in _WARNINGS or _is_failure(record):
        return logging.WARNING
    if isinstance(record, Budgeted) and record.event in {"reserved", "settled"}:
        return logging.DEBUG
    return logging.DEBUG if record.type in _STEPS else logging.INFO


def message(record: AnyRecord) -> str:
    """A record in a line: its type, and what is most telling in it."""
    told = dict(_plain(record))
    shown = [f"{name}={_value(told[name])}" for name in _SHOWN if told.get(name) not in {"", None}]
    return " ".join([record.type, *shown, f"thread={_value(record.thread)}"])


def fields(record: AnyRecord) -> dict[str, Any]:
    """All that a record tells apart from what was said, by names that no other field has."""
    return {f"stretto_{name}": value for name, value in _plain(record)}


def _plain(record: AnyRecord) -> Iterator[tuple[str, Any]]:
    said = said_fields(type(record))
    return ((n, v) for n, v in record if n not in said and n not in _LEFT_OUT)


def _is_failure(record: AnyRecord) -> bool:
    match record:
        case RunEnded() | NodeEnded() | ToolEnded() | Compensated():
            return record.status == "failed"
        case ModelEnded():
            return bool(record.error)
        case EffectEnded():
            return record.status in {"failed", "unknown"}
        case Budgeted():
            return record.event == "exceeded"
        case BreakerChanged():
            return record.state == "open"
        case _:
            return False


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    text = str(value)
    return repr(text) if not text.isprintable() or " " in text or not text else text
