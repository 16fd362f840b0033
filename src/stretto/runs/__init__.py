"""Run, stream, resume and fork any LangGraph graph."""

from stretto.runs.result import Result
from stretto.runs.run import fork, invoke, resume, run
from stretto.runs.storage import Storage, open_storage
from stretto.runs.stream import Input, Part, Resume, stream

__all__ = [
    "Input",
    "Part",
    "Result",
    "Resume",
    "Storage",
    "fork",
    "invoke",
    "open_storage",
    "resume",
    "run",
    "stream",
]
