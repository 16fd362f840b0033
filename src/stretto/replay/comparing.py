"""Two recorded runs side by side, step by step."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from stretto.errors import Unreplayable
from stretto.journal.deciding import path_of
from stretto.records import (
    Answered,
    AnyRecord,
    Decided,
    Interrupted,
    ModelEnded,
    ModelStarted,
    RunEnded,
    RunStarted,
    ToolEnded,
    ToolStarted,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stretto.replay.recording import Recording

StepKind = Literal["turn", "model", "tool", "decision", "question", "answer", "end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that a run did."""

    kind: StepKind
    path: str
    """Names of the nodes it happened in, with `|` between."""
    name: str
    given: Any
    """What went in, as JSON: a request, arguments, a question."""
    made: Any
    """What came out, as JSON."""
    text: str
    """What came out, or in where nothing does, in a line."""
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0
    cost: float | None = None

    @property
    def label(self) -> str:
        """What steps are aligned by."""
        return f"{self.kind} {self.path} {self.name}"


@dataclass(frozen=True, slots=True)
class Row:
    """A step of either side, or of both."""

    a: Step | None
    b: Step | None
    differs: tuple[str, ...]
    """What differs: `request`, `output`, `arguments`, `result`, `decision`...; `missing` where one
    side has no such step."""

    @property
    def step(self) -> Step:
        """The step of the side that has one."""
        return cast("Step", self.a or self.b)


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What one side used in all."""

    steps: int
    model_calls: int
    tool_calls: int
    input_tokens: int
    output_tokens: int
    seconds: float
    """Of its runs, without the time between them."""
    cost: float | None
    """`None` when no call has a price."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs side by side."""

    rows: tuple[Row, ...]
    a: Totals
    b: Totals

    @property
    def same(self) -> bool:
        """Whether nothing differs but time and cost."""
        return not any(row.differs for row in self.rows)


def compare(a: Recording, b: Recording) -> Comparison:
    """Set two recordings side by side; steps are aligned by place, kind and name.

    Ids of messages and of tool calls, times and tokens are no differences.
    """
    left, right = _steps(a), _steps(b)
    matcher = difflib.SequenceMatcher(
        None, [s.label for s in left], [s.label for s in right], autojunk=False
    )
    rows: list[Row] = []
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        if tag == "equal":
            pairs = zip(left[i:i_end], right[j:j_end], strict=True)
            rows += [Row(one, other, _differs(one, other)) for one, other in pairs]
        else:
            rows += [Row(one, None, ("missing",)) for one in left[i:i_end]]
            rows += [Row(None, other, ("missing",)) for other in right[j:j_end]]
    return Comparison(tuple(rows), _totals(a, left), _totals(b, right))


_WORDS: Mapping[StepKind, tuple[str, str]] = {
    "turn": ("question", ""),
    "model": ("request", "output"),
    "tool": ("arguments", "result"),
    "decision": ("", "decision"),
    "question": ("question", ""),
    "answer": ("", "answer"),
    "end": ("", "end"),
}


def _differs(a: Step, b: Step) -> tuple[str, ...]:
    given, made = _WORDS[a.kind]
    found = [given] if a.given != b.given else []
    return (*found, made) if a.made != b.made else tuple(found)


def _totals(recording: Recording, steps: Sequence[Step]) -> Totals:
    costs = [step.cost for step in steps if step.cost is not None]
    ends = [r.seconds for r in recording.records if isinstance(r, RunEnded)]
    return Totals(
        steps=len(steps),
        model_calls=sum(step.kind == "model" for step in steps),
        tool_calls=sum(step.kind == "tool" for step in steps),
        input_tokens=sum(step.input_tokens for step in steps),
        output_tokens=sum(step.output_tokens for step in steps),
        seconds=sum(ends),
        cost=sum(costs) if costs else None,
    )


def _steps(recording: Recording) -> list[Step]:
    """Its steps in the order in which they began."""
    ends = {r.span: r for r in recording.records if isinstance(r, ModelEnded | ToolEnded)}
    found = [_step(record, ends.get(record.span), recording) for record in recording.records]
    return [step for step in found if step is not None]


def _step(
    record: AnyRecord, end: ModelEnded | ToolEnded | None, recording: Recording
) -> Step | None:
    path = path_of(record.place)
    match record:
        case ModelStarted():
            return _model(record, end if isinstance(end, ModelEnded) else None, path, recording)
        case ToolStarted():
            return _tool(record, end if isinstance(end, ToolEnded) else None, path, recording)
        case Decided():
            told = {"decision": record.decision, "data": record.data}
            why = record.reason or (_line(record.data) if record.data else "")
            text = f"{record.decision}: {why}" if why else record.decision
            return _plain("decision", path, record.by, made=told, text=text)
        case Interrupted():
            text = _line(record.value)
            return _plain("question", path, record.node, given=record.value, text=text)
        case _:
            return _outer(record)


def _outer(record: AnyRecord) -> Step | None:
    """A step of the run itself."""
    match record:
        case RunStarted() if not record.resumed:
            asked = record.question
            return _plain("turn", "", record.team, given=asked, text=asked)
        case Answered():
            return _plain("answer", "", "person", made=record.answer, text=_line(record.answer))
        case RunEnded():
            told = f"{record.status}: {record.error}" if record.error else record.status
            return _plain("end", "", "run", made=told, text=told)
        case _:
            return None


def _plain(
    kind: StepKind, path: str, name: str, *, text: str, given: Any = None, made: Any = None
) -> Step:
    return Step(kind=kind, path=path, name=name, given=given, made=made, text=text)


def _model(
    started: ModelStarted, ended: ModelEnded | None, path: str, recording: Recording
) -> Step:
    try:
        given: Any = _without_ids(recording.request(started.input))
    except Unreplayable:
        given = started.input
    calls = f" calls {', '.join(ended.tool_calls)}" if ended and ended.tool_calls else ""
    text = "" if ended is None else ended.error or f"{ended.text}{calls}".strip()
    return Step(
        kind="model",
        path=path,
        name=started.agent or started.node,
        given=given,
        made=_output(ended, recording),
        text=text,
        input_tokens=ended.input_tokens if ended else 0,
        output_tokens=ended.output_tokens if ended else 0,
        seconds=ended.seconds if ended else 0.0,
        cost=ended.cost if ended else None,
    )


def _tool(started: ToolStarted, ended: ToolEnded | None, path: str, recording: Recording) -> Step:
    held = started.input in recording.payloads
    text = "" if ended is None else ended.error or ended.result
    return Step(
        kind="tool",
        path=path,
        name=started.tool,
        given=recording.value(started.input) if held else started.args,
        made=_output(ended, recording),
        text=text or (ended.status if ended else ""),
        seconds=ended.seconds if ended else 0.0,
    )


def _output(ended: ModelEnded | ToolEnded | None, recording: Recording) -> Any:
    """What came out, as JSON; the error where it failed, and the preview where no more is kept."""
    if ended is None:
        return None
    if ended.error:
        return {"error": ended.error}
    if ended.output in recording.payloads:
        from langchain_core.messages import BaseMessage

        from stretto.journal.requests import message_json
        from stretto.journal.values import jsonable

        value = recording.value(ended.output)
        if isinstance(value, BaseMessage):
            return _without_ids(message_json(value))
        return jsonable(value, text=1_000_000, total=10_000_000)
    return ended.text if isinstance(ended, ModelEnded) else ended.result


def _without_ids(value: Any) -> Any:
    """JSON without the ids of tool calls, which providers make up."""
    if isinstance(value, dict):
        told = cast("dict[str, Any]", value)
        is_call = {"name", "args", "id"} == set(told)
        drop = {"tool_call_id", *(["id"] if is_call else [])}
        return {key: _without_ids(item) for key, item in told.items() if key not in drop}
    return [_without_ids(item) for item in _items(value)] if isinstance(value, list) else value


def _items(value: Any) -> Iterable[Any]:
    return cast("list[Any]", value)


def _line(value: Any) -> str:
    from stretto.journal.values import preview

    return preview(value, 200)
