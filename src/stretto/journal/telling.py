"""Records made of what patterns and policies tell by LangChain's custom event `RECORD_EVENT`."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, cast

from pydantic import ValidationError

from stretto.journal.values import cut, jsonable
from stretto.records import (
    AnyRecord,
    BreakerChanged,
    Budgeted,
    Compensated,
    DeadLettered,
    Decided,
    Feedback,
    FellBack,
    Handoff,
    LetterClosed,
    Outcome,
    Record,
    Retried,
    Waited,
    said_fields,
)

WHOLE = {"text": 50_000, "total": 200_000}
"""The size up to which decisions, questions to people and their answers are kept, in characters."""

_TOLD: dict[str, type[Record]] = {
    cast("str", kind.model_fields["type"].default): kind
    for kind in (
        Decided,
        Handoff,
        Retried,
        FellBack,
        BreakerChanged,
        Budgeted,
        Compensated,
        DeadLettered,
        LetterClosed,
        Waited,
        Feedback,
        Outcome,
    )
}
"""The records that others tell; those of runs, steps, people and effects the journal makes."""

logger = logging.getLogger(__name__)


def told_record(data: object, fields: Mapping[str, Any], by: str) -> AnyRecord | None:
    """Make the record that an event tells; `None`, and a warning in the log, when there is none.

    A run does not fail because something beside it could not be told: what others tell is
    commentary, what happened the journal sees itself.

    Args:
        data: The event's data: `type`, and the record's own fields.
        fields: What every record tells; it counts more than what `data` says.
        by: Who tells it, where `data` does not say.
    """
    given = cast("Mapping[str, Any]", data) if isinstance(data, Mapping) else {}
    name = str(given.get("type", ""))
    kind = _TOLD.get(name)
    if kind is None:
        logger.warning(
            "a record of type %r was told and is not in the journal. Tell one of: %s.",
            cut(name, 100),
            ", ".join(_TOLD),
        )
        return None
    said = said_fields(kind)
    own = {
        key: _bounded(value, whole=key in said)
        for key, value in given.items()
        if key in kind.model_fields and key not in Record.model_fields
    }
    if "by" in kind.model_fields and not own.get("by"):
        own["by"] = by
    try:
        return cast("AnyRecord", kind.model_validate({**own, **fields}))
    except ValidationError as error:
        first = error.errors()[0]
        logger.warning(
            "a record of type %r was told and is not in the journal: %s: %s. Mend the field.",
            name,
            ".".join(map(str, first["loc"])),
            first["msg"],
        )
        return None


def _bounded(value: object, *, whole: bool) -> Any:
    if isinstance(value, str):
        return cut(value, WHOLE["text"]) if whole else cut(value)
    return jsonable(value, **WHOLE) if whole else jsonable(value)
