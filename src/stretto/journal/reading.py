"""What LangChain's and LangGraph's callbacks tell, in the words of the records."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from langgraph.errors import GraphBubbleUp, GraphDrained, GraphInterrupt
from langgraph.types import Command

from stretto.journal.values import cut, preview, printed
from stretto.records import TEAM_KEY

if TYPE_CHECKING:
    from langchain_core.outputs import LLMResult
    from langgraph.types import Interrupt

    from stretto.records import EndStatus, RunStatus

_INTERRUPT_ID = re.compile(r"[0-9a-f]{32}")
_LEFT = (asyncio.CancelledError, GeneratorExit, KeyboardInterrupt)


def is_graph(metadata: Mapping[str, Any]) -> bool:
    """Whether a chain is a graph at the top: LangGraph marks its own with `ls_integration`."""
    return "ls_integration" in metadata and "langgraph_checkpoint_ns" not in metadata


def is_node(name: str, metadata: Mapping[str, Any], within: str) -> bool:
    """Whether a chain is a node (or a `@task`) itself, and not something that runs inside one.

    `within` is the place of what it runs in: each execution of a node has a place of its own.
    """
    return (
        name == metadata.get("langgraph_node")
        and metadata.get("langgraph_checkpoint_ns", within) != within
    )


def handled(metadata: Mapping[str, Any], place: str) -> str:
    """The place of the node whose error a node handles; empty for any other node."""
    path: Sequence[object] = metadata.get("langgraph_path") or ()
    return place.rpartition("|")[0] if "node_error_handler" in path else ""


def attempts(metadata: Mapping[str, Any]) -> int:
    """How often a server has begun the run, this time included; 1 where nobody counts."""
    told = metadata.get("run_attempt")
    return told if isinstance(told, int) else 1


def team(metadata: Mapping[str, Any]) -> str:
    """How a run's config, or the server that runs it, names the graph."""
    return str(metadata.get(TEAM_KEY) or metadata.get("graph_id") or "")


def is_resume(inputs: object) -> bool:
    """Whether a graph was started to go on where it stopped."""
    return inputs is None or (isinstance(inputs, Command) and bool(_resume(inputs)))


def answers(inputs: object) -> Iterator[tuple[str, Any]]:
    """The answers a graph is resumed with: the interrupt's id (empty for the only one) and each."""
    for given in _resume(inputs):
        if isinstance(given, dict) and given and all(map(_is_interrupt, given)):
            yield from cast("dict[str, Any]", given).items()
        else:
            yield "", given


def _resume(inputs: object) -> list[Any]:
    return [inputs.resume] if isinstance(inputs, Command) and inputs.resume is not None else []


def _is_interrupt(key: object) -> bool:
    return isinstance(key, str) and _INTERRUPT_ID.fullmatch(key) is not None


def question(inputs: object) -> str:
    """The last human message of a graph's input, in any of the forms LangChain takes."""
    if not isinstance(inputs, Mapping):
        return ""
    given = cast("Mapping[str, object]", inputs)
    messages = given.get("messages")
    for message in reversed(messages if isinstance(messages, list) else [messages]):
        if (text := _human(message)) is not None:
            return text
    asked = given.get("question")
    return asked if isinstance(asked, str) else ""


def _human(message: object) -> str | None:
    if isinstance(message, str):
        return message
    if isinstance(message, tuple) and len(cast("tuple[object, ...]", message)) > 1:
        kind, content = cast("tuple[object, ...]", message)[:2]
    elif isinstance(message, Mapping):
        told = cast("Mapping[str, object]", message)
        kind, content = told.get("role", told.get("type")), told.get("content")
    else:
        kind, content = getattr(message, "type", None), message
    return preview(content, 50_000) if kind in {"human", "user"} else None


def end_status(error: BaseException | None) -> tuple[EndStatus, str]:
    """How something ended by what it raised, and why in words."""
    if isinstance(error, GraphInterrupt):
        return "interrupted", ""
    if error is None or (isinstance(error, GraphBubbleUp) and not is_drained(error)):
        return "done", ""
    if isinstance(error, _LEFT) or is_drained(error):
        return "cancelled", ""
    return "failed", error_text(error)


def run_status(error: BaseException | None, *, interrupted: bool) -> tuple[RunStatus, str]:
    """How a run ended by what it raised, and why in words."""
    status, why = end_status(error)
    if status == "interrupted" or (status == "done" and interrupted):
        return "interrupted", ""
    return ("stopped", "") if status == "cancelled" else (status, why)


def interrupts(error: BaseException | None) -> Sequence[Interrupt]:
    """What was asked by a node that ended with `error`."""
    if not isinstance(error, GraphInterrupt) or not error.args:
        return ()
    asked: Sequence[Interrupt] = error.args[0]
    return asked


def is_drained(error: BaseException | None) -> bool:
    """Whether a run was asked to stop and did so at a safe point."""
    return isinstance(error, GraphDrained)


def error_text(error: BaseException) -> str:
    """An error in a line: its type and its beginning."""
    text = printed(error)
    return cut(f"{type(error).__name__}: {text}" if text else type(error).__name__)


def model_name(serialized: Mapping[str, Any] | None, told: Mapping[str, Any]) -> str:
    """The name of a called model: what LangSmith is told, else what the provider is."""
    metadata: Mapping[str, Any] = told.get("metadata") or {}
    params: Mapping[str, Any] = told.get("invocation_params") or {}
    name = (
        metadata.get("ls_model_name")
        or params.get("model")
        or params.get("model_name")
        or (serialized or {}).get("name")
        or params.get("_type")
    )
    return cut(str(name or "model"))


def result(output: object) -> str:
    """The beginning of what a tool returned; of a command what it tells the model."""
    if isinstance(output, Command) and isinstance(output.update, dict):
        said = output.update.get("messages")
        if isinstance(said, list) and said:
            return preview(said[-1])
    return preview(output)


def completion(response: LLMResult) -> dict[str, Any]:
    """What `ModelEnded` tells of a model's answer: text, names of tools, tokens."""
    generation = next((batch[0] for batch in response.generations if batch), None)
    message = getattr(generation, "message", None)
    used = getattr(message, "usage_metadata", None) or _provider_usage(response)
    calls = getattr(message, "tool_calls", None) or ()
    return {
        "text": preview(message if message is not None else getattr(generation, "text", "")),
        "tool_calls": tuple(cut(str(call.get("name", ""))) for call in calls),
        "input_tokens": int(used.get("input_tokens") or 0),
        "output_tokens": int(used.get("output_tokens") or 0),
    }


def written(response: LLMResult | None) -> str:
    """What a model had written before its call failed."""
    generation = next((b[0] for b in response.generations if b), None) if response else None
    return str(getattr(generation, "text", "")) if generation is not None else ""


def _provider_usage(response: LLMResult) -> Mapping[str, Any]:
    told: Mapping[str, Any] = (response.llm_output or {}).get("token_usage") or {}
    return {
        "input_tokens": told.get("prompt_tokens"),
        "output_tokens": told.get("completion_tokens"),
    }


def mapping(value: object) -> dict[str, Any]:
    """The value if it is a dict; else a dict that holds it under `value`."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {"value": value}
