"""Alert rules as a YAML file beside langgraph.json says them, read with the line of each fault."""

from __future__ import annotations

import math
import os
import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from stretto.errors import BadDefinition, InvalidInput
from stretto.spec.definition import Definition, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from stretto.errors import StrettoError

FILE = "alerts.yaml"
Metric = Literal[
    "error_rate",
    "latency",
    "money",
    "tokens",
    "budget",
    "breaker_open",
    "dead_letters",
    "approval_waiting",
]
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_SPAN = re.compile(r"(\d+(?:\.\d+)?) ?([smhdw])")
_FORM = "Begin it with `rules:`, and below it `- name: research fails` with `metric:` and `above:`"
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_STEP = ("agent", "version", "tool", "model")
_WINDOWED = frozenset({"error_rate", "latency", "money", "tokens", "budget"})
_FILTERS: dict[Metric, tuple[str, ...]] = {
    "error_rate": ("team", *_STEP),
    "latency": ("team", *_STEP),
    "money": ("team", "agent", "version", "model"),
    "tokens": ("team", "agent", "version", "model"),
    "budget": ("team", "budget"),
    "breaker_open": ("breaker",),
    "dead_letters": (),
    "approval_waiting": ("team",),
}
_DEFAULTS: dict[Metric, float] = {
    "budget": 1.0,
    "breaker_open": 0.0,
    "dead_letters": 0.0,
    "approval_waiting": 3600.0,
}


def seconds_of(given: Any) -> Any:
    """A span of time in seconds: a number, or a text such as `30s`, `5m`, `24h` or `7d`."""
    found = _SPAN.fullmatch(given) if isinstance(given, str) else None
    return given if found is None else float(found[1]) * _UNITS[found[2]]


def _finite(seconds: Any) -> Any:
    told = seconds_of(seconds)
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 <= told < math.inf:
        raise ValueError(f"{seconds!r} is no span of time. Write it as 30s, 5m, 24h or 7d")
    return float(told)


Span = Annotated[float, BeforeValidator(_finite)]


def _text(given: Any) -> Any:
    return str(given) if type(given) in {int, float} else given


def _listed(given: Any) -> Any:
    if isinstance(given, str):
        raise ValueError(f"{given!r} is no list. Write a list, such as [notify-send, ...]")  # noqa: TRY004 - pydantic takes it
    return given


class Rule(BaseModel):
    """When somebody is to be called, and how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    metric: Metric
    above: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """What it must exceed: a part from 0 to 1 for `error_rate` and `budget`, seconds for `latency`
    and `approval_waiting`, money, tokens, or a number of breakers or letters."""
    quantile: float = Field(default=0.95, gt=0, le=1)
    """Of `latency`."""
    window: Span = 3600.0
    """Seconds back that count."""
    min: int = Field(default=1, ge=1)
    """Cases in the window below which nothing is said of them."""
    held: Span = Field(default=0.0, alias="for")
    """Seconds that it must hold before anybody is called."""
    every: Span | None = None
    """Seconds after which somebody is called again while it holds; never unless given."""
    team: str = ""
    agent: str = ""
    version: Annotated[str, BeforeValidator(_text)] = ""
    """Of the agent that `agent` names."""
    tool: str = ""
    model: str = ""
    breaker: str = ""
    budget: str = ""
    command: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    """A program with its arguments; no shell reads them. It gets JSON on its standard input."""
    webhook: str = ""
    """A URL that gets JSON by POST."""
    headers: dict[str, str] = Field(default_factory=dict[str, str])
    """For the webhook; `${NAME}` in a value is the environment variable's."""
    timeout: Span = 10.0
    """Seconds that the command or the webhook may take."""

    @model_validator(mode="after")
    def _checked(self) -> Self:
        for problem in _problems(self):
            raise ValueError(problem)
        return self

    @property
    def threshold(self) -> float:
        """What must be exceeded."""
        return _DEFAULTS.get(self.metric, 0.0) if self.above is None else self.above

    @property
    def is_windowed(self) -> bool:
        """Whether it looks back, rather than at how things stand."""
        return self.metric in _WINDOWED


def _problems(rule: Rule) -> Iterator[str]:
    yield from _measures(rule)
    yield from _calls(rule)


def _measures(rule: Rule) -> Iterator[str]:
    """What is wrong with what a rule asks."""
    if rule.above is None and rule.metric not in _DEFAULTS:
        yield f"{rule.name!r} does not say above what. Add `above:`"
    if rule.metric == "error_rate" and rule.above is not None and rule.above >= 1:
        yield f"{rule.name!r}: an error rate is never above 1. Write a part, such as 0.2 for 20 %"
    for name in ("team", *_STEP, "breaker", "budget"):
        if getattr(rule, name) and name not in _FILTERS[rule.metric]:
            known = ", ".join(_FILTERS[rule.metric])
            rather = f", but by {known}" if known else ": it counts all there are"
            yield (
                f"{rule.name!r}: {rule.metric} is not told by {name}{rather}. Leave `{name}:` out"
            )
    if sum(bool(getattr(rule, name)) for name in ("agent", "tool", "model")) > 1:
        yield f"{rule.name!r} names several of agent, tool and model. Write a rule for each"
    if rule.version and not rule.agent:
        yield f"{rule.name!r}: a version is that of an agent. Add `agent:`"
    if rule.window <= 0:
        yield f"{rule.name!r}: the window is empty. Write one such as 1h"


def _calls(rule: Rule) -> Iterator[str]:
    """What is wrong with whom it calls."""
    if not (rule.command or rule.webhook):
        yield f"{rule.name!r} calls nobody. Add `command:` or `webhook:`"
    if rule.webhook and not re.match(r"https?://[^/\s]+", rule.webhook):
        yield f"{rule.name!r}: {rule.webhook!r} is no URL. Begin it with http:// or https://"
    if rule.headers and not rule.webhook:
        yield f"{rule.name!r}: headers are for a webhook. Add `webhook:`, or leave them out"
    if rule.timeout <= 0:
        yield f"{rule.name!r}: the timeout leaves no time. Write one such as 10s"


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rules: list[Rule]


def parse_rules(text: str, path: object) -> tuple[Rule, ...]:
    """Read alert rules from YAML.

    Raises:
        BadDefinition: The text is no YAML, or says what cannot be; it names the line.
        BadDefinitions: Several faults.
    """
    told = Definition.parse(text, path, form=_FORM)
    try:
        rules = tuple(_File.model_validate(told.data).rules)
    except ValidationError as error:
        refuse(path, list(told.faults(error, _File)))
        raise  # pydantic told of no fault: it does not
    refuse(path, list(_twice(rules, told)))
    return rules


def _twice(rules: tuple[Rule, ...], told: Definition) -> Iterator[StrettoError]:
    seen: dict[str, int] = {}
    for place, rule in enumerate(rules):
        if rule.name in seen:
            line = told.mark("rules", seen[rule.name], "name").line
            problem = f"the rule {rule.name!r} stands here and in line {line}"
            yield told.bad(("rules", place, "name"), problem, "Give one of them another name")
        seen.setdefault(rule.name, place)


def load_rules(root: Path) -> tuple[Rule, ...]:
    """Read the rules of the project in the folder `root`.

    Raises:
        InvalidInput: There is no alerts.yaml.
        BadDefinition: It cannot be read, or says what cannot be.
    """
    path = root / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InvalidInput(
            f"no {FILE} in {str(root)!r}. Write one, such as:\n"
            "rules:\n"
            "  - name: research fails\n"
            "    metric: error_rate\n"
            "    team: research\n"
            "    above: 0.2\n"
            "    window: 1h\n"
            "    min: 5\n"
            "    command: [notify-send, Stretto]"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadDefinition(path, None, f"it cannot be read: {error}", "Mend the file") from error
    return parse_rules(text, path)


def headers_of(rule: Rule, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The headers of a rule's webhook, with the values of environment variables.

    Raises:
        InvalidInput: A variable is not set, or a value would be no header.
    """
    known = os.environ if environment is None else environment
    found: dict[str, str] = {}
    for name, value in rule.headers.items():
        for variable in _VARIABLE.findall(value):
            if variable not in known:
                raise InvalidInput(
                    f"the rule {rule.name!r} needs the environment variable {variable}, which is "
                    "not set. Set it, or change the header in alerts.yaml."
                )
        filled = value
        for variable in set(_VARIABLE.findall(value)):
            filled = filled.replace(f"${{{variable}}}", known[variable])
        if not (filled + name).isprintable():
            raise InvalidInput(
                f"the rule {rule.name!r}: the header {name!r} has a line break in it. Mend it."
            )
        found[name] = filled
    return found
