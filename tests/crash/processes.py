"""Programs of tests, each run in a process of its own: one that may be killed."""

from __future__ import annotations

import asyncio
import os
import sys


async def child(program: str, *arguments: str) -> tuple[int, str]:
    """Run a program to its end; give its return code and what it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "LANGGRAPH_STRICT_MSGPACK": "true"},
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()
