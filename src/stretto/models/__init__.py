"""Chat models by name; the only place that knows providers."""

from stretto.models.names import chat_model, default_model

__all__ = ["chat_model", "default_model"]
