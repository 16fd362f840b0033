"""A graph on a LangGraph server as a member.

`RemoteGraph` by itself runs on the team's own thread: the server refuses ids that are no UUIDs,
tasks that run at once write into one conversation, and what asked a person starts anew when it is
answered. Here each call has a thread of its own on the server, named after its place in the
team's run: a resume finds it again, with its result, its questions or its last step.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, cast

from langchain_core.messages import AnyMessage
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langgraph.errors import GraphInterrupt
from langgraph.pregel.protocol import StreamProtocol
from langgraph.types import Command, interrupt
from langgraph_sdk.errors import NotFoundError
from pydantic import TypeAdapter, ValidationError

from stretto.errors import MemberFailed
from stretto.state import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from langgraph.pregel.remote import RemoteGraph
    from langgraph_sdk.client import LangGraphClient
    from langgraph_sdk.schema import ThreadState

_RUNS = 1000
"""Runs of one call that are looked at: its start and its resumes."""
_THIS_RUN = ("__", "langgraph_", "checkpoint_", "ls_", "stretto_")
"""Keys of config and metadata that tell of the team's run and would mislead the server."""
_messages: TypeAdapter[AnyMessage] = TypeAdapter(AnyMessage)


def remote_call(graph: RemoteGraph) -> Runnable[Any, Any]:
    """Give what calls a remote graph from a node; drawing it asks nothing of the server."""
    # A bound method hides the graph from LangGraph, which would fetch its drawing when asked.
    return RunnableLambda(_Remote(graph).run, name=graph.name)


class _Remote:
    def __init__(self, graph: RemoteGraph) -> None:
        self._graph = graph

    async def run(self, given: dict[str, Any], config: RunnableConfig) -> dict[str, Any]:
        """Run the graph on `given` and give its state.

        Raises:
            GraphInterrupt: It asks a person.
            MemberFailed: It stopped before its end without asking anyone.
            RemoteException: It failed.
        """
        fixed = (self._graph.config or {}).get("configurable", {}).get("thread_id")
        thread = None if fixed else thread_of(config)
        own = own_config(config, thread)
        if thread is None or self._graph.client is None:
            return _typed(await self._graph.ainvoke(given, own))
        return _typed(await self._settled(self._graph.client, thread, given, own))

    async def _settled(
        self, client: LangGraphClient, thread: str, given: dict[str, Any], own: RunnableConfig
    ) -> dict[str, Any]:
        """Start, go on or answer until the thread has come to its end."""
        started = False
        while True:
            answered, state = await _progress(client, thread)
            if state is None:
                step: Any = given
            elif state["interrupts"]:
                step = _answer(state, answered)
            elif not state["next"]:
                return cast("dict[str, Any]", state["values"])
            elif started:
                raise MemberFailed(
                    f"{self._graph.name!r} stopped before {state['next'][0]!r} on its server. "
                    "Take its breakpoints away; a member has to come to its end."
                )
            else:
                step = None
            started = True
            try:
                await self._graph.ainvoke(step, own)
            except GraphInterrupt:
                continue  # asked in the next round, by an interrupt of this graph's own


def thread_of(config: RunnableConfig) -> str | None:
    """Name the server's thread for a call at this place; `None` where nothing is kept."""
    here: Mapping[str, Any] = config.get("configurable", {})
    if not here.get("thread_id"):
        return None
    place = f"{here['thread_id']}|{here.get('checkpoint_ns', '')}"
    return str(uuid.uuid5(uuid.NAMESPACE_OID, place))


def own_config(config: RunnableConfig, thread: str | None) -> RunnableConfig:
    """Give the config of the server's run: the team's, without what tells of the team's run."""
    here: dict[str, Any] = config.get("configurable", {})
    streams = {k: _readable(v) for k, v in here.items() if isinstance(v, StreamProtocol)}
    place = {"checkpoint_ns": here["checkpoint_ns"]} if "checkpoint_ns" in here else {}
    kept = {**_kept(here), **place, **streams}
    kept.pop("thread_id", None)
    metadata = {k: v for k, v in _kept(config.get("metadata", {})).items() if k != "thread_id"}
    return {
        "configurable": kept if thread is None else {**kept, "thread_id": thread},
        "metadata": metadata,
        "tags": [tag for tag in config.get("tags") or [] if ":step:" not in tag],
    }


def _kept(told: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in told.items() if not k.startswith(_THIS_RUN)}


async def _progress(client: LangGraphClient, thread: str) -> tuple[int, ThreadState | None]:
    """How many answers the thread was given, and its state; `None` when it has not begun."""
    try:
        runs = await client.runs.list(thread, limit=_RUNS)
        for run in runs:
            if run["status"] in {"pending", "running"}:
                await client.runs.join(thread, run["run_id"])
        state = await client.threads.get_state(thread)
    except NotFoundError:
        return 0, None
    return len(runs) - 1, state if state["values"] else None


def _answer(state: ThreadState, answered: int) -> Command[Any]:
    """Ask a person the first question that waits; earlier questions of the call keep theirs."""
    first = state["interrupts"][0]
    value: Any = first["value"]
    for _ in range(answered):
        interrupt(value)
    return Command(resume={first["id"]: interrupt(value)})


def _readable(stream: StreamProtocol) -> StreamProtocol:
    """Give the team's stream, with the server's messages as messages instead of JSON."""
    send = cast("Callable[[Any], None]", stream)

    def forward(part: tuple[tuple[str, ...], str, Any]) -> None:
        place, mode, data = part
        if mode == "messages" and isinstance(data, list):
            message, metadata = data
            data = (_messages.validate_python(message), metadata)
        send((place, mode, data))

    return StreamProtocol(forward, stream.modes)


def _typed(values: dict[str, Any]) -> dict[str, Any]:
    """Read the answer of a team of ours as such."""
    try:
        return {**values, "answer": Answer.model_validate(values["answer"])}
    except (KeyError, ValidationError):
        return values
