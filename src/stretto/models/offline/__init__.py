"""The `offline` model: no key, no network, no weights. It quotes; it does not write."""

from stretto.models.offline.model import OfflineModel

__all__ = ["OfflineModel"]
