"""Whether the environment asks for spans: told without loading what makes them."""

from __future__ import annotations

import os

OTEL = "STRETTO_OTEL"
"""Set to 1 to send spans to the usual place; to 0 not to send any."""
_PLACES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def is_wanted() -> bool:
    """Whether the environment asks for spans: `STRETTO_OTEL`, else OpenTelemetry's own settings."""
    told = os.environ.get(OTEL, "").strip().lower()
    if told:
        return told not in {"0", "false", "no", "off"}
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if os.environ.get("OTEL_TRACES_EXPORTER", "otlp").strip() not in {"", "otlp"}:
        return False
    return any(os.environ.get(place, "").strip() for place in _PLACES)


def is_demanded() -> bool:
    """Whether it is Stretto's own setting that asks for spans."""
    return bool(os.environ.get(OTEL, "").strip()) and is_wanted()
