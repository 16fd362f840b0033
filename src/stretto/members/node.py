"""Turns any member of a team into a LangGraph node.

A member is anything LangGraph runs: an `Agent`, a compiled graph (hand-written, `create_agent`, a
deep agent), an uncompiled `StateGraph`, a `RemoteGraph`, a Runnable, a plain function. What it is
given and what it gives back differ by kind; this module is the one place that knows how.

A node made here is one function that closes over at most one compiled graph: LangGraph looks
through one closure to find a subgraph, which is what makes xray, nested state and nested interrupts
work.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AnyMessage, convert_to_messages
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langgraph.config import get_config
from langgraph.errors import ParentCommand
from langgraph.graph import StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.pregel import Pregel
from langgraph.pregel.protocol import PregelProtocol
from langgraph.pregel.remote import RemoteGraph
from langgraph.runtime import get_runtime
from langgraph.types import Command
from pydantic import BaseModel

from stretto.errors import InvalidMember, MemberFailed
from stretto.members.agent import agent_graph
from stretto.members.checks import check_policy
from stretto.members.decisions import decided
from stretto.members.effects import effect
from stretto.members.history import valid_history
from stretto.members.remote import remote_call
from stretto.members.reply import Reply, reply
from stretto.members.work import Levels, Successor, Work
from stretto.models import chat_model
from stretto.policy import Constant, Policy
from stretto.records import AGENT_KEY, VERSION_KEY
from stretto.spec.agent import Agent
from stretto.spec.tool import EFFECT_KEY, effect_of
from stretto.spec.undo import undoes_itself

UNAWAITED_KEY = "nobody_waits"
"""Key in the metadata of a graph's node that says of the whole graph that nobody waits for it."""

MEMBER_KEY = "stretto_member"
"""Attribute of a node's function that holds the member it was made of."""

Update = dict[str, Any]


class Node(Protocol):
    """A node function that needs the state alone."""

    def __call__(self, state: Any) -> Awaitable[Update]:
        """Give the state's update."""
        ...


class ConfigNode(Protocol):
    """A node function that runs something else and passes the run's config on."""

    def __call__(self, state: Any, config: RunnableConfig) -> Awaitable[Update | Command[Any]]:
        """Give the state's update."""
        ...


Brief = Callable[[Any], Mapping[str, Any] | Awaitable[Mapping[str, Any]]]
"""Makes a member's input out of the team's state: `messages` and what else a function may want."""

When = Callable[[Any], bool | str | Awaitable[bool | str]]
"""Says of the team's state whether a member works: `True`, or else `False` or why it does not."""


Settle = Callable[[Any, Reply], Update | Command[Any] | Awaitable[Update | Command[Any]]]
"""Makes the team's state update out of its state and a member's reply; a command says who goes on,
too."""

Skip = Callable[[Any, str], Update | Command[Any] | Awaitable[Update | Command[Any]]]
"""Makes the team's state update out of its state and why a member does not work."""

Rescue = Callable[[Any, Exception], Awaitable[Update | Command[Any]]]
"""Makes the team's state update out of its state and what a member failed with, after its policy;
or raises it again."""

Passing = Callable[[Command[Any]], Any]
"""Makes what is read as a member's reply out of a command that a graph sent to the one above it."""


@dataclass(frozen=True, slots=True)
class _Skips:
    """Leaves a member out where its `when` does not hold."""

    name: str
    when: When
    update: Skip

    async def __call__(self, state: Any) -> Update | Command[Any] | None:
        """Give the update where it is left out, having told the journal why; else `None`."""
        made = self.when(state)
        said = await made if inspect.isawaitable(made) else made
        if said is True:
            return None
        why = said if isinstance(said, str) and said else "its `when` does not hold"
        await decided(self.name, "skipped", reason=why, alternatives=("works", "skipped"))
        update = self.update(state, why)
        return await update if inspect.isawaitable(update) else update


@dataclass(frozen=True)
class Member:
    """A named member, ready to become a node."""

    name: str
    role: str
    runnable: Runnable[Any, Any]
    takes_messages: bool
    """Whether it is given messages alone, rather than the whole brief."""
    agent: Agent | None = None
    typed: bool = False
    """Whether it owes a typed output."""
    policy: Policy | None = None
    """What is done around its work."""
    within: Levels = ()
    """The budgets of the teams it is in, the outermost first."""
    successors: tuple[Member | Constant, ...] = ()
    """Who takes over when it cannot, one after the other."""
    function: Callable[[Any], Awaitable[Any]] | None = None
    """Calls it as it is, where it is a plain function."""
    when: When | None = None
    """Whether it works at all; `None` is always."""
    value_type: Any = None
    """The type of what it gives, as far as it says so; `None` when it does not."""
    takes: Any = None
    """The type that the result before it must fit, where steps are checked; `None` for any."""
    gives: Any = None
    """The type that its own result must fit; `None` for any."""
    detach: bool = False
    """Whether nobody waits for it: it works when all else has, its failure is a dead letter."""
    source: Any = None
    """What it was made of."""

    @property
    def metadata(self) -> dict[str, Any]:
        """What its node tells of it: in drawings, and in the records of what happens within."""
        told = {"role": self.role or self.name, "agent": self.name}
        return {**told, "version": self.agent.version} if self.agent is not None else told

    def node(
        self,
        brief: Brief,
        settle: Settle,
        *,
        fields: Collection[str] = (),
        skip: Skip | None = None,
        rescue: Rescue | None = None,
        passing: Passing | None = None,
    ) -> ConfigNode:
        """Make a node: `settle(state, reply)` of what the member says to `brief(state)`.

        Args:
            brief: Makes its input.
            settle: Makes the update of its reply.
            fields: Those of the team's state that it may give updates of; see `Reply.update`.
            skip: Makes the update where `when` says that it does not work; nothing by default.
            rescue: Makes the update where it failed; by default the error is raised.
            passing: Reads a command of a graph to the one above; by default LangGraph obeys it.

        Raises (in the node):
            MemberFailed: The member gave nothing that can be read as a reply.
        """
        skips = _Skips(self.name, self.when, skip or _nothing_changes) if self.when else None
        node = self._function_node(brief, settle, fields, skips, rescue)
        node = node or self._worker_node(
            brief, settle, fields, skips, rescue=rescue, passing=passing
        )
        node.__name__ = self.name  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
        setattr(node, MEMBER_KEY, self)
        return node

    def _function_node(
        self,
        brief: Brief,
        settle: Settle,
        fields: Collection[str],
        skips: _Skips | None,
        rescue: Rescue | None,
    ) -> ConfigNode | None:
        """The node of a plain function without a policy: there is nothing around it."""
        call, name = self.function, self.name
        if call is None or self.policy is not None or self.within:
            return None

        async def run(state: Any, config: RunnableConfig) -> Any:  # noqa: ARG001 - a node's
            if skips is not None and (skipped := await skips(state)) is not None:
                return skipped
            given = brief(state)
            taken = await given if inspect.isawaitable(given) else given
            try:
                said = reply(await _own(name, call(taken)), name, given=taken, fields=fields)
            except Exception as error:
                if rescue is None:
                    raise
                return await rescue(state, error)
            update = settle(state, said)
            return await update if inspect.isawaitable(update) else update

        return run

    def _worker_node(
        self,
        brief: Brief,
        settle: Settle,
        fields: Collection[str],
        skips: _Skips | None,
        *,
        rescue: Rescue | None,
        passing: Passing | None,
    ) -> ConfigNode:
        """The node of all else: its policy is around it, and it passes the run's config on."""
        graph, name, takes_messages = self.runnable, self.name, self.takes_messages
        typed, work, about = self.typed, self._work(), self._about()
        whole = self.function is None

        async def run(state: Any, config: RunnableConfig) -> Any:
            if skips is not None and (skipped := await skips(state)) is not None:
                return skipped
            made = brief(state)
            given = await made if inspect.isawaitable(made) else made
            taken = _input(given, graph, takes_messages=takes_messages)

            def read(output: Any) -> Reply:
                return reply(output, name, given=given, typed=typed, fields=fields, whole=whole)

            async def call(config: RunnableConfig) -> Any:
                async def ask(given: Any) -> Any:
                    return await _own(name, _called(graph, given, config, passing))

                if isinstance(graph, BaseChatModel):
                    output = await effect(name, ask, taken, effect="idempotent")
                else:
                    output = await ask(taken)
                read(output)  # the policy sees what says nothing
                return output

            async def finish(output: Any) -> Update | Command[Any]:
                update = settle(state, read(output))
                return await update if inspect.isawaitable(update) else update

            done = work.run(call, given, _told(config, about), finish)
            return await _rescued(done, state, rescue)

        return run

    def successor(self) -> Successor:
        """This member, as one that takes over another's work."""
        graph, work, about = self.runnable, self._work(), self._about()

        async def take_over(given: Mapping[str, Any], config: RunnableConfig) -> Any:
            taken = _input(given, graph, takes_messages=self.takes_messages)

            async def call(config: RunnableConfig) -> Any:
                return await _own(self.name, graph.ainvoke(_sent(graph, taken), config))

            async def finish(output: Any) -> Reply:
                whole = self.function is None
                return reply(output, self.name, given=given, typed=self.typed, whole=whole)

            return await work.run(call, given, _told(config, about), finish)

        return Successor(self.name, take_over)

    def _about(self) -> dict[str, str]:
        version = {VERSION_KEY: self.agent.version} if self.agent else {}
        return {AGENT_KEY: self.name, **version}

    def _work(self) -> Work:
        """What is done around its work."""
        others = [
            _constant(each)
            if isinstance(each, Constant)
            else replace(each, within=self.within).successor()
            for each in self.successors
        ]
        whole = self.agent is None
        return Work(self.name, self.policy, within=self.within, successors=others, whole=whole)


def _sent(graph: Runnable[Any, Any], given: Any) -> Any:
    """What is sent: a model itself gets a history that strict providers accept."""
    if not isinstance(graph, BaseChatModel):
        return given
    return valid_history(cast("list[AnyMessage]", convert_to_messages(given))) or given


async def _called(
    graph: Runnable[Any, Any], given: Any, config: RunnableConfig, passing: Passing | None
) -> Any:
    try:
        return await graph.ainvoke(_sent(graph, given), config)
    except ParentCommand as above:
        if passing is None:
            raise
        return passing(above.args[0])


async def _own(name: str, work: Awaitable[Any]) -> Any:
    """A member's own work; a cancellation that nobody asked for is its failure.

    Else all around it would take it for theirs: nobody would retry, stand in or undo.
    """
    try:
        return await work
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise MemberFailed(
            f"{name!r} raised {error!r} though nobody had cancelled it. Something that it waits "
            "for was cancelled: catch that in it, or raise another error."
        ) from error


async def _rescued(work: Awaitable[Any], state: Any, rescue: Rescue | None) -> Any:
    try:
        return await work
    except Exception as error:
        if rescue is None:
            raise
        return await rescue(state, error)


def _nothing_changes(_state: Any, _why: str) -> Update:
    return {}


def member(
    thing: object,
    *,
    name: str = "",
    role: str = "",
    output: dict[str, Any] | None = None,
    policy: Policy | None = None,
    when: When | None = None,
    takes: Any = None,
    gives: Any = None,
    detach: bool = False,
) -> Member:
    """Take anything LangGraph runs as a member.

    Args:
        thing: Agent, compiled or uncompiled graph, `RemoteGraph`, Runnable or function.
        name: What to call it; by default its own name.
        role: What it is good for, in a few words, by which planners choose; by default an agent's
            own, or the first line of a function's docstring.
        output: JSON Schema that replaces an agent's typed output (a pattern narrows it to its
            members); ignored for other kinds.
        policy: What is done around its work; by default an agent's own.
        when: Asked with the team's state before it works: `True` lets it, `False` or a text that
            says why leaves it out, and the journal is told.
        takes: In a chain, the type that the result before it must fit: a pydantic class, or a type
            such as `list[str]`.
        gives: In a chain, the type that its own result must fit, and is read as.
        detach: Whether nobody waits for it: in a chain or beside branches it works when all else
            has, nobody is given its result, and its failure becomes a dead letter.

    Raises:
        InvalidMember: It is nothing that can run, it has no name of its own, or its fallback leads
            back to it.
        InvalidInput: Its policy cannot take effect.
    """
    taken = _member(thing, name, role, output=output, policy=policy)
    told: dict[str, Any] = {"when": when, "takes": takes, "gives": gives, "value_type": gives}
    declared = {key: value for key, value in told.items() if value is not None}
    return replace(taken, **declared, detach=detach or taken.detach)


def _member(
    thing: object,
    name: str = "",
    role: str = "",
    *,
    output: dict[str, Any] | None = None,
    policy: Policy | None = None,
    above: tuple[str, ...] = (),
) -> Member:
    """The same, as one that takes over from those `above`."""
    policy = None if policy is None else Policy.model_validate(policy)
    if isinstance(thing, Member) and policy is None:
        return replace(thing, name=name or thing.name, role=role or thing.role)
    if isinstance(thing, Agent) and policy is not None:
        thing = thing.model_copy(update={"policy": policy})
    taken = _taken(thing, name, output)
    if not isinstance(thing, Member):
        taken = replace(taken, source=thing, detach=_unawaited(thing))
    named, own = name or taken.name, policy or (taken.agent.policy if taken.agent else None)
    if undoes_itself(taken.source):
        own = (own or Policy()).model_copy(update={"compensate": True})
    if named in above:
        way = " -> ".join([*above, named])
        raise InvalidMember(
            f"the fallback of {above[0]!r} leads back to itself: {way}. Name another member, or a "
            "constant."
        )
    taken = replace(taken, name=named, role=role or taken.role, policy=own)
    if own is None:
        return taken
    check_policy(named, own, taken.runnable, taken.agent)
    successors = tuple(_successors(own, (*above, named), models=taken.agent is None))
    return replace(taken, successors=successors)


def _unawaited(thing: object) -> bool:
    """Whether a graph says of itself that nobody is to wait for it."""
    builder: Any = getattr(thing, "builder", thing)
    if not isinstance(builder, StateGraph):
        return False
    specs: Any = builder.nodes.values()
    return any((spec.metadata or {}).get(UNAWAITED_KEY) for spec in specs)


def _successors(
    policy: Policy, above: tuple[str, ...], *, models: bool
) -> Iterator[Member | Constant]:
    """Who takes over a member's whole work; models do so only where a call is the member itself."""
    for each in policy.fallback.to if policy.fallback else ():
        if isinstance(each, Constant):
            yield each
        elif not isinstance(each, str | BaseChatModel):
            yield _member(each, above=above)
        elif models:
            model = chat_model(each) if isinstance(each, str) else each
            named = each if isinstance(each, str) else ""
            yield _member(model, named, above=above)


def _constant(constant: Constant) -> Successor:
    value = constant.value
    said = reply(value if isinstance(value, str) else {"structured_response": value}, "constant")

    async def answer(_: Mapping[str, Any], __: RunnableConfig) -> Reply:
        return said

    return Successor("constant", answer)


def _told(config: RunnableConfig, about: Mapping[str, str]) -> RunnableConfig:
    return {**config, "metadata": {**config.get("metadata", {}), **about}}


def _taken(thing: object, name: str, output: dict[str, Any] | None) -> Member:
    match thing:
        case Member():
            return thing
        case Agent():
            graph = agent_graph(thing, output=output)
            return Member(
                name or thing.name,
                thing.role,
                graph,
                takes_messages=True,
                agent=thing,
                typed=bool(output or thing.output),
                value_type=_gives(output or thing.output),
            )
        case StateGraph() | Pregel():
            return _graph_member(thing, name)
        case RemoteGraph():
            called = name or thing.name or thing.assistant_id
            return Member(called, "", remote_call(thing), takes_messages=True)
        case Runnable():
            talks = isinstance(thing, PregelProtocol | BaseChatModel)
            called = name or getattr(thing, "name", None) or type(thing).__name__
            return Member(called, "", thing, takes_messages=talks)
        case _ if callable(thing):
            return _function_member(cast("Callable[..., Any]", thing), name)
        case _:
            raise InvalidMember(
                f"{thing!r} is no member. Give an Agent, a LangGraph graph, a Runnable or a "
                "function that takes the state."
            )


def members(things: Sequence[object]) -> dict[str, Member]:
    """Take several as members, by name.

    Raises:
        InvalidMember: There is none, or two have one name.
    """
    taken: dict[str, Member] = {}
    for thing in things:
        one = member(thing)
        if one.name in taken:
            raise InvalidMember(
                f"two members are called {one.name!r}. Give one another name, with "
                "`member(it, name=...)`."
            )
        taken[one.name] = one
    if not taken:
        raise InvalidMember("a team without members cannot work. Give at least one.")
    return taken


def _input(given: Mapping[str, Any], graph: Runnable[Any, Any], *, takes_messages: bool) -> Any:
    if isinstance(graph, BaseChatModel):
        return given["messages"]
    return {"messages": given["messages"]} if takes_messages else dict(given)


def _graph_member(
    thing: Pregel[Any, Any, Any, Any] | StateGraph[Any, Any, Any, Any], name: str
) -> Member:
    graph = thing.compile(name=name or None) if isinstance(thing, StateGraph) else thing
    own = graph.get_name()
    called = name or (own if own != "LangGraph" else "")
    if not called:
        raise InvalidMember(
            "a graph without a name cannot be a member. Compile it with `name=`, or use "
            "`member(graph, name=...)`."
        )
    return Member(called, "", graph, takes_messages=_taken_by(graph) == ["messages"])


def _taken_by(graph: Pregel[Any, Any, Any, Any]) -> list[str]:
    """The fields of a graph's input."""
    if isinstance(graph, CompiledStateGraph):  # its JSON Schema would say so, too, in 40 ms
        return list(graph.builder.schemas[graph.builder.input_schema])
    return list(graph.get_input_jsonschema().get("properties", {}))


def _function_member(function: Callable[..., Any], name: str) -> Member:
    called = name or getattr(function, "__name__", "")
    if not called or called == "<lambda>":
        raise InvalidMember("a lambda has no name. Use `member(function, name=...)`.")
    role = (inspect.getdoc(function) or "").partition("\n")[0]
    parameters = set(inspect.signature(function).parameters)
    wants_runtime, wants_config = "runtime" in parameters, "config" in parameters

    def arguments() -> dict[str, Any]:
        runtime = {"runtime": get_runtime()} if wants_runtime else {}
        return {**runtime, **({"config": get_config()} if wants_config else {})}

    async def acall(state: Any) -> Any:
        return await function(state, **arguments())

    def call(state: Any) -> Any:
        return function(state, **arguments())

    async def beside(state: Any) -> Any:
        return await asyncio.to_thread(call, state)

    asynchronous = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004 - an object whose call is async
    )
    chosen: Callable[..., Any] = acall if asynchronous else call
    setattr(chosen, EFFECT_KEY, effect_of(function))
    runnable: Runnable[Any, Any] = RunnableLambda(chosen, name=called)
    direct = function if asynchronous and not (wants_runtime or wants_config) else acall
    return Member(
        called,
        role,
        runnable,
        takes_messages=False,
        function=direct if asynchronous else beside,
        value_type=_class_of(_returned(function)),
    )


def _returned(function: Callable[..., Any]) -> Any:
    """The type that a function says it gives."""
    try:
        return inspect.get_annotations(function, eval_str=True).get("return")
    except (NameError, TypeError, AttributeError, SyntaxError):
        return None


def _gives(output: Any) -> Any:
    """The type of what an agent gives: a class, JSON where it is declared as such, else text."""
    if output is None:
        return str
    return dict[str, Any] if isinstance(output, dict) else output


def _class_of(output: Any) -> Any:
    return output if inspect.isclass(output) and issubclass(output, BaseModel) else None
