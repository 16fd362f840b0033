"""A checkpointer from a file name or a URL, opened fast and safe, in step with the journal."""

from stretto.checkpoint.opening import open_checkpointer, places
from stretto.checkpoint.saver import JournaledSaver, journaled
from stretto.checkpoint.serializer import serializer
from stretto.checkpoint.serving import server
from stretto.checkpoint.store import open_store
from stretto.state import STATE_TYPES

__all__ = [
    "STATE_TYPES",
    "JournaledSaver",
    "journaled",
    "open_checkpointer",
    "open_store",
    "places",
    "serializer",
    "server",
]
