"""Deciders of a `route` from what a team's file says of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from stretto.errors import InvalidInput
from stretto.routing import Criteria, Table, Threshold
from stretto.spec.deciders import (
    DECIDERS,
    AgentDecides,
    CriteriaSaid,
    ExamplesSaid,
    TableSaid,
    ThresholdSaid,
)
from stretto.spec.definition import Definition
from stretto.spec.named import Said, Step
from stretto.spec.prompt import read_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stretto.teams.names import TeamNames

DECIDER_CLASSES: frozenset[type[Said]] = frozenset(DECIDERS.values()) - {Step}
"""Those that are made here; a step is found by name like any other."""


def decider(told: Said, names: TeamNames) -> Any:
    """Make what decides.

    Raises:
        InvalidInput: Its bounds, rules, weights or examples cannot be.
        UnknownName: A name leads to nothing.
    """
    match told:
        case AgentDecides(agent=name):
            return names.agent(name)
        case ThresholdSaid():
            return Threshold(
                told.threshold,
                told.bounds,
                above=told.above,
                inclusive=told.inclusive,
                missing=told.missing,
            )
        case TableSaid():
            return Table(told.table, told.rules, hit=told.hit, priority=told.priority)
        case CriteriaSaid():
            scores = {name: names.step(step.root) for name, step in told.criteria.items()}
            return Criteria(told.weights, scores, **_given(least=told.least))
        case ExamplesSaid():
            return _examples(told, names)
        case _:
            raise AssertionError(told)


def _examples(told: ExamplesSaid, names: TeamNames) -> Any:
    from stretto.routing import Examples

    texts, others = told.examples, list(told.out_of_scope)
    if isinstance(texts, str):
        sorted_texts = _read_examples(texts, names)
        others += sorted_texts.get("", [])
        texts = {label: list(each) for label, each in sorted_texts.items() if label}
    options = _given(threshold=told.threshold, refuse=told.refuse)
    return Examples(texts, out_of_scope=others or None, of=told.of, **options)


def _read_examples(file: str, names: TeamNames) -> Mapping[str, list[str]]:
    path = names.project.root / file
    text = read_text(path)
    try:
        yaml = path.suffix in (".yaml", ".yml")
        read = Definition.parse(text, path, form=_FORM).data if yaml else json.loads(text)
        return TypeAdapter(dict[str, list[str]]).validate_python(read)
    except json.JSONDecodeError as error:
        raise InvalidInput(f"{file} is not JSON ({error}). {_FORM}") from error
    except ValidationError as error:
        raise InvalidInput(f"{file} holds no texts by label. {_FORM}") from error


_FORM = "Write a mapping of labels to lists of texts"


def _given(**options: Any) -> dict[str, Any]:
    return {key: value for key, value in options.items() if value is not None}
