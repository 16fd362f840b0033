"""Who decides in a route, stage by stage, each as a node: deciders, functions, agents."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from stretto.errors import InvalidInput
from stretto.members import member
from stretto.members.decisions import decided
from stretto.patterns.brief import tag
from stretto.patterns.context import seen
from stretto.routing import Cascade, Choice, Decider, choose, rule
from stretto.routing.choice import NOBODY
from stretto.spec.agent import Agent
from stretto.state import Routed

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from stretto.members import Member, Reply, Update

Settled = Callable[[Routed], "Update"]


@dataclass(frozen=True, slots=True)
class Chooser:
    """One node that decides: a decider, or a member."""

    node: str
    decider: Decider | None
    member: Member | None
    labels: tuple[str, ...]
    roles: str
    """What each label's member is good for, in lines."""
    unsure: float

    @property
    def metadata(self) -> dict[str, Any]:
        """What the node tells of itself."""
        if self.member is not None:
            return {**self.member.metadata, "role": self.member.role or "decides"}
        return {"role": "decides", "by": "" if self.decider is None else self.decider.name}

    def as_node(self, team: Mapping[str, Member], settle: Settled, own: frozenset[str]) -> Any:
        """The node function."""
        if self.member is None:
            return self._decider_node(settle)
        return team[self.node].node(self._brief, self._read(settle), fields=own)

    def _decider_node(self, settle: Settled) -> Any:
        decider = cast("Decider", self.decider)

        async def decide(state: Any, config: RunnableConfig) -> Update:  # noqa: ARG001 - a node's
            choice = await choose(decider, state)
            return settle(await self._told(decider.name, choice))

        return decide

    async def _brief(self, state: Mapping[str, Any]) -> dict[str, Any]:
        asked = [tag("labels", self.roles)]
        return {**state, "messages": await seen("full", state, {}, extra=asked)}

    def _read(self, settle: Settled) -> Any:
        async def read(_state: Any, said: Reply) -> Update:
            choice = choice_of(said, self.labels)
            return settle(await self._told(self.node, choice))

        return read

    async def _told(self, by: str, choice: Choice) -> Routed:
        sure = choice.label != NOBODY and (
            choice.confidence is None or choice.confidence >= self.unsure
        )
        await decided(
            by,
            choice.label or "nothing fits",
            reason=choice.reason,
            alternatives=choice.alternatives or tuple(n for n in self.labels if n != choice.label),
            data={"confidence": choice.confidence, **choice.data},
        )
        return Routed(
            by=by,
            label=choice.label,
            reason=choice.reason,
            confidence=choice.confidence,
            sure=sure,
        )


def choosers(
    by: object,
    labels: tuple[str, ...],
    roles: Mapping[str, str],
    unsure: float,
    otherwise: str,
) -> list[Chooser]:
    """Take what is to decide, stage by stage; deciders that follow one another share a node.

    Raises:
        InvalidInput: There is nothing that decides, `unsure` is outside of 0..1, a decider gives a
            label that leads nowhere, or none of them gives one of the labels.
    """
    if not 0 <= unsure <= 1:
        raise InvalidInput(f"route: `unsure` is {unsure!r}. Give a confidence from 0 to 1.")
    given = list(cast("Sequence[object]", by)) if isinstance(by, list | tuple) else [by]
    if not given:
        raise InvalidInput("route: nothing decides. Give a decider, a function or an agent.")
    taken = [_stage(each, labels) for each in given]
    _refuse_labels([s for s in taken if isinstance(s, Decider)], labels, otherwise, len(taken))
    told = "\n".join(f"{name}: {roles.get(name) or name}" for name in labels)
    stages: list[Chooser] = []
    for group in _grouped(taken):
        if isinstance(group, list):
            decider = group[0] if len(group) == 1 else Cascade(*group, unsure=unsure)
            node = "route" if not any(s.decider for s in stages) else f"route_{len(stages) + 1}"
            stages.append(Chooser(node, decider, None, labels, told, unsure))
        else:
            stages.append(Chooser(group.name, None, group, labels, told, unsure))
    return stages


def _stage(thing: object, labels: tuple[str, ...]) -> Decider | Member:
    if isinstance(thing, Decider) and not isinstance(thing, type):
        return thing
    if _is_plain_function(thing):
        return rule(cast("Callable[..., Any]", thing))
    return member(thing, output=_typed_choice(labels) if isinstance(thing, Agent) else None)


def _is_plain_function(thing: object) -> bool:
    return callable(thing) and hasattr(thing, "__code__")


def _typed_choice(labels: tuple[str, ...]) -> dict[str, Any]:
    """The JSON Schema of an agent's choice, narrowed to these labels."""
    return {
        "title": "Choice",
        "type": "object",
        "properties": {
            "label": {
                "type": "string",
                "enum": [*labels, NOBODY],
                "description": "what it is about; empty when none of them fits",
            },
            "reason": {"type": "string", "description": "why, in one sentence"},
            "confidence": {
                "type": "number",
                "minimum": 0,
                "maximum": 1,
                "description": "how sure you are, from 0 to 1",
            },
        },
        "required": ["label", "reason"],
    }


def _refuse_labels(
    deciders: Sequence[Decider], labels: tuple[str, ...], otherwise: str, stages: int
) -> None:
    known = [each.labels for each in deciders]
    for each in deciders:
        lost = sorted((each.labels or frozenset()) - set(labels))
        if lost and not otherwise:
            raise InvalidInput(
                f"route: {each.name!r} can say {lost[0]!r}, which leads nowhere. Add that label, "
                "or give `otherwise=`."
            )
    if None in known or len(deciders) < stages:
        return
    reached = {label for each in known for label in each or ()}
    if never := [label for label in labels if label not in reached]:
        raise InvalidInput(
            f"route: nothing that decides can say {never[0]!r}, so its member would never work. "
            "Take the label out, or let a decider give it."
        )


def _grouped(taken: Sequence[Decider | Member]) -> list[list[Decider] | Member]:
    groups: list[list[Decider] | Member] = []
    for one in taken:
        if not isinstance(one, Decider):
            groups.append(one)
        elif groups and isinstance(groups[-1], list):
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _told(said: Reply) -> Mapping[str, Any]:
    """What a reply tells: its typed output, its JSON, or its text as a label."""
    value = said.json
    if value is None and said.text.lstrip().startswith("{"):
        with suppress(ValueError):
            value = json.loads(said.text)
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {"label": said.text}


def choice_of(said: Reply, labels: Sequence[str]) -> Choice:
    """Read a member's reply as a choice: typed, or a label as its text.

    What is none of the labels counts as that nothing fits, with what was said as the reason.
    """
    told = _told(said)
    label = str(told.get("label", "")).strip()
    reason, sure = str(told.get("reason", "")), told.get("confidence")
    confidence = float(sure) if isinstance(sure, int | float) and 0 <= sure <= 1 else None
    if label and label not in labels:
        matched = next((n for n in labels if n.casefold() == label.casefold().strip(" .'\"")), "")
        reason = reason if matched else f"it said {label[:200]!r}, which is none of the labels"
        label = matched
    return Choice(label, reason, confidence)
