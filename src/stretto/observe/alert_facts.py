"""What alert rules measure: the last steps, and how things stand, kept as records come in."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from stretto.observe.alerts import Measured
from stretto.observe.metrics import TYPES, Metrics
from stretto.observe.spread import Exact
from stretto.records import Budgeted, ModelEnded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from stretto.observe.alert_rules import Rule
    from stretto.observe.steps import Step
    from stretto.records import AnyRecord, RunStarted

READ = TYPES
"""The types of records that are to be read."""
MOST = 200_000
"""Steps that are kept at most, whatever the windows are."""


class _Case(NamedTuple):
    """A step that counts, as small as can be."""

    time: float
    kind: str
    """ "run", "agent", "model" or "tool"."""
    team: str
    agent: str
    version: str
    name: str
    """Of the model or tool."""
    ok: bool | None
    seconds: float | None
    tokens: int
    money: float | None


class Facts:
    """What the records so far tell, as far as the rules look back.

    Args:
        rules: What is asked; steps older than their widest window are forgotten.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._back = max((rule.window for rule in rules if rule.is_windowed), default=0.0)
        self._cases: deque[_Case] = deque(maxlen=MOST)
        self._budgets: deque[tuple[float, str, Budgeted]] = deque(maxlen=MOST)
        self._standing = Metrics(exact=False, heard=lambda step: self._cases.extend(_cases(step)))

    @property
    def seq(self) -> int:
        """Of the last record that was added."""
        return self._standing.seq

    def add(self, records: Iterable[AnyRecord], now: float) -> None:
        """Take records in, in the order in which they were stored."""
        found = list(records)
        self._standing.add(found)
        for record in found:
            if isinstance(record, Budgeted):
                self._budgets.append((record.time, self._standing.turn(record).team, record))
        self._forget(now)

    def bury(self, is_alive: Callable[[RunStarted], bool]) -> None:
        """Count the runs as failed whose process is gone."""
        self._standing.bury(is_alive)

    def measure(self, now: float) -> dict[str, Measured]:
        """What each rule's metric is, by the rule's name."""
        return {rule.name: self._measured(rule, now) for rule in self._rules}

    def _forget(self, now: float) -> None:
        while self._cases and abs(now - self._cases[0].time) > self._back:
            self._cases.popleft()
        while self._budgets and abs(now - self._budgets[0][0]) > self._back:
            self._budgets.popleft()

    def _measured(self, rule: Rule, now: float) -> Measured:
        match rule.metric:
            case "error_rate":
                found = _errors(rule, self._chosen(rule, now))
            case "latency":
                found = _latency(rule, self._chosen(rule, now))
            case "money":
                found = _money(rule, self._chosen(rule, now, "model"))
            case "tokens":
                used = [case.tokens for case in self._chosen(rule, now, "model")]
                found = _enough(rule, float(sum(used)), len(used), f"{sum(used):,} tokens")
            case "budget":
                found = self._budget(rule, now)
            case "breaker_open":
                found = self._breakers(rule)
            case "dead_letters":
                found = self._letters()
            case "approval_waiting":
                found = self._waiting(rule, now)
        return found

    def _chosen(self, rule: Rule, now: float, kind: str = "") -> Iterator[_Case]:
        """The cases that a rule is about; of both sides of now, as a clock may have gone back."""
        wanted = kind or ("agent" if rule.agent else "tool" if rule.tool else "")
        wanted = wanted or ("model" if rule.model else "run")
        name = rule.tool or rule.model
        for case in self._cases:
            if (
                case.kind == wanted
                and abs(now - case.time) <= rule.window
                and rule.team in {"", case.team}
                and rule.agent in {"", case.agent}
                and rule.version in {"", case.version}
                and name in {"", case.name}
            ):
                yield case

    def _budget(self, rule: Rule, now: float) -> Measured:
        used: dict[tuple[str, str], float] = {}
        for time, team, record in self._budgets:
            wanted = rule.team in {"", team} and rule.budget in {"", record.budget}
            if wanted and abs(now - time) <= rule.window and record.limit is not None:
                part = record.used / record.limit if record.limit else 0.0
                if record.event == "exceeded":  # what was asked for did not fit any more
                    part = max(part, 1.0) + 1e-9
                key = record.budget, record.unit
                used[key] = max(part, used.get(key, 0.0))
        if not used:
            return Measured(0.0, 0, "no budget was drawn on")
        (path, unit), part = max(used.items(), key=lambda item: item[1])
        return Measured(part, len(used), f"{path or 'the run'}: {part:.0%} of its {unit}")

    def _breakers(self, rule: Rule) -> Measured:
        states = self._standing.beside.breakers
        found = [n for n, s in states.items() if s == "open" and rule.breaker in {"", n}]
        what = f"open: {', '.join(sorted(found))}" if found else "none is open"
        return Measured(float(len(found)), len(states), what)

    def _letters(self) -> Measured:
        kinds = self._standing.beside.letters.values()
        count = sum(kind != "alert" for kind in kinds)  # an alert about alerts would go round
        return Measured(float(count), count, f"{count} dead letters are open")

    def _waiting(self, rule: Rule, now: float) -> Measured:
        waits = [
            (max(0.0, now - since), thread)
            for thread, (team, since) in self._standing.waiting.items()
            if rule.team in {"", team}
        ]
        if not waits:
            return Measured(0.0, 0, "nothing waits for a person")
        longest, thread = max(waits)
        what = f"{len(waits)} wait for a person, {thread} for {longest:.0f} s"
        return Measured(longest, len(waits), what)


def _cases(step: Step) -> Iterator[_Case]:
    if step.kind in {"model", "tool"}:
        yield _case(step, step.kind, step.name)
    elif step.kind == "run":
        yield _case(step, "run")
    if step.is_agent:
        yield _case(step, "agent")


def _case(step: Step, kind: str, name: str = "") -> _Case:
    end = step.end if isinstance(step.end, ModelEnded) else None
    return _Case(
        time=step.time,
        kind=kind,
        team=step.turn.team,
        agent=step.agent,
        version=step.version,
        name=name,
        ok=step.ok,
        seconds=step.seconds,
        tokens=0 if end is None else end.input_tokens + end.output_tokens,
        money=None if end is None else end.cost,
    )


def _enough(rule: Rule, value: float, count: int, what: str) -> Measured:
    return Measured(value if count >= rule.min else None, count, what)


def _errors(rule: Rule, cases: Iterator[_Case]) -> Measured:
    ended = [case.ok for case in cases if case.ok is not None]
    failed = ended.count(False)
    kind = "agent" if rule.agent else "tool" if rule.tool else "model" if rule.model else "run"
    what = f"{failed} of {len(ended)} {kind}s failed"
    return _enough(rule, failed / len(ended) if ended else 0.0, len(ended), what)


def _latency(rule: Rule, cases: Iterator[_Case]) -> Measured:
    times = Exact()
    for case in cases:
        if case.ok is not None and case.seconds is not None:
            times.add(case.seconds)
    value = times.at(rule.quantile) or 0.0
    what = f"p{100 * rule.quantile:g} of {times.count} is {value:.3g} s"
    return _enough(rule, value, times.count, what)


def _money(rule: Rule, cases: Iterator[_Case]) -> Measured:
    found = list(cases)
    spent = sum(case.money or 0.0 for case in found)
    free = sum(case.money is None and case.tokens > 0 for case in found)
    without = f", and {free} calls without a price" if free else ""
    return _enough(rule, spent, len(found), f"{spent:.4g} of money{without}")
