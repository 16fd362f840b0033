"""What an answer came from: its quotations back to tool results, model calls, agents and tasks.

Pure over the records of a thread and the payloads they name. It tells apart what is proved from
what is only possible:

- `quoted`: the words stand in a tool result, and that result, with these words, lay in the request
  of the model call that wrote them;
- `in front`: the tool result lay in the request of the model call that wrote the answer, or of one
  whose words did; that the answer rests on it is likely, and not proved;
- `possible`: the tool was called in the same work before; nothing says that anybody read it.

A request holds each tool result under the id of its call, so what lay in front of a model is exact.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

from stretto.observe.lineage_calls import Calls, Model, Result
from stretto.observe.timeline_words import arguments
from stretto.records import Answered, Decided, RunEnded, RunStarted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stretto.journal.payloads import Payload
    from stretto.journal.store import Journal
    from stretto.records import AnyRecord

LONG = 300
"""Characters of arguments and answers that are told."""
Proof = Literal["quoted", "in front", "possible"]
State = Literal["verified", "other file", "not found", "forgotten"]
"""Of a quotation. `other file`: a tool result has the words, under another path than the citation
says; `forgotten`: what tools returned is no longer there."""


@dataclass(frozen=True, slots=True)
class Source:
    """A tool result that an answer may have come from, and how sure that is."""

    tool: str
    given: str
    """Its arguments, on a line."""
    proof: Proof
    task: str
    agent: str
    span: str
    call: str
    digest: str
    """Of what it returned, as the journal holds it."""
    status: str
    via: str = ""
    """The agent or task whose words carried it on, where the answer's author did not have it."""
    inner: tuple[Source, ...] = ()
    """Results of tools that were called within this one."""


@dataclass(frozen=True, slots=True)
class Writer:
    """A model call that wrote something."""

    model: str
    agent: str
    version: str
    task: str
    span: str
    request: str
    """Digest of what it was given."""
    digest: str
    """Digest of what it wrote."""


@dataclass(frozen=True, slots=True)
class Quotation:
    """A citation of an answer, followed to where it came from."""

    number: int
    path: str
    line: int
    symbol: str
    quote: str
    state: State
    writer: Writer | None
    """The model call that wrote it down; `None` when no model of the thread did."""
    sources: tuple[Source, ...]
    """The tool results that hold the words."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence or a paragraph of an answer."""

    text: str
    numbers: tuple[int, ...]
    """Of the quotations that it names."""


@dataclass(slots=True)
class Lineage:
    """An answer, and what it came from."""

    thread: str
    turn: int
    team: str
    question: str
    answer: str = ""
    """Empty when there is none."""
    verdict: str = ""
    reason: str = ""
    status: str = ""
    """How the turn's last run ended; empty while it has no end."""
    writer: Writer | None = None
    """Who wrote the answer's text; `None` when it was put together from results, or by a person."""
    made: str = ""
    """How the text came about, in a few words."""
    claims: tuple[Claim, ...] = ()
    quotations: tuple[Quotation, ...] = ()
    sources: tuple[Source, ...] = ()
    """Other tool results that it may have come from."""
    people: list[str] = field(default_factory=list[str])
    """What people answered meanwhile."""
    forgotten: bool = False
    """Whether something that was said is no longer there."""

    @property
    def verified(self) -> int:
        """How many quotations stand in a tool result, under the path that they name."""
        return sum(q.state == "verified" for q in self.quotations)


async def lineage_of(journal: Journal, thread: str) -> list[Lineage]:
    """Follow the answers of a thread back to their sources, one a turn, oldest first.

    Raises:
        KeyUnknown: What was said is encrypted with a key that is not here.
        StateUnavailable: The store cannot be reached.
        StateUnreadable: The store is damaged.
    """
    from stretto.journal.evidence import evidence

    records = await journal.records(thread)
    held = await evidence(journal, thread)
    return lineage(records, {d: p for d, p in held.payloads.items() if p is not None})


def lineage(records: Sequence[AnyRecord], payloads: Mapping[str, Payload]) -> list[Lineage]:
    """Follow the answers among the records, one a turn, oldest first.

    Args:
        records: Of one thread, oldest first.
        payloads: Those that the records name, and what those name, by digest; some may lack.
    """
    from stretto.observe.timeline import turns_of

    calls = Calls(records, payloads)
    return [
        _Turn(number, turn, calls).lineage() for number, turn in enumerate(turns_of(records), 1)
    ]


def json_of(line: Lineage) -> dict[str, Any]:
    """An answer's lineage as a JSON object."""
    return {**asdict(line), "verified": line.verified}


class _Turn:
    def __init__(self, number: int, records: Sequence[AnyRecord], calls: Calls) -> None:
        self.records, self.calls = records, calls
        starts = [r for r in records if isinstance(r, RunStarted)]
        ends = [r for r in records if isinstance(r, RunEnded)]
        self.line = Lineage(
            thread=records[0].thread,
            turn=number,
            team=starts[-1].team if starts else "",
            question=next((s.question for s in starts if s.question), ""),
            status=ends[-1].status if ends else "",
            forgotten=any(r.forgotten for r in records),
        )
        runs = {r.run for r in records}
        self.carried: dict[str, str] = {}
        """Through whose words tool results came in front of the author, by their span."""
        self.models = [m for m in calls.models if m.start.run in runs]
        self.results = [r for r in calls.results if r.end.run in runs]

    def lineage(self) -> Lineage:
        line = self.line
        told = next(
            (r for r in reversed(self.records) if isinstance(r, Decided) and r.by == "team"), None
        )
        line.people = [
            f"{r.by or 'someone'} answered{_answer(r.answer)}"
            for r in self.records
            if isinstance(r, Answered)
        ]
        if told is not None:
            self._of_team(told)
        else:
            self._of_model()
        line.forgotten = line.forgotten or self.calls.lacking
        return line

    def _of_team(self, told: Decided) -> None:
        """The answer of a team with a plan, as it told it."""
        line, data = self.line, told.data
        line.answer, line.verdict = str(data.get("text", "")), told.decision
        line.reason = told.reason
        line.question = line.question or str(data.get("question", ""))
        writer = self._author(told)
        line.writer = _writer(writer) if writer is not None else None
        line.made = self._made(told, writer)
        self._follow(_citations(data.get("citations")), until=told.seq)
        if line.verdict != "reply":
            line.sources = self._others([*self._last_of_tasks(), *([writer] if writer else [])])

    def _author(self, told: Decided) -> Model | None:
        """The model call that wrote the whole text, where one did."""
        text = self.line.answer
        found = [m for m in self.models if m.seq < (told.seq or m.seq + 1)]
        return next((m for m in reversed(found) if len(text) > 0 and m.wrote(text)), None)

    def _made(self, told: Decided, writer: Model | None) -> str:
        if told.reason == "answered by a person":
            return "a person wrote it"
        if told.decision == "reply":
            return "a reply of the planner, from no source"
        if writer is not None and writer.start.task:
            return f"what {writer.who} found, as it is"
        if writer is not None:
            return f"written by {writer.who}, from the results of the tasks"
        return "put together from the results of the tasks, as they are"

    def _of_model(self) -> None:
        """The answer of any other graph: what a model wrote last without calling a tool."""
        line = self.line
        author = next((m for m in reversed(self.models) if self.calls.is_last_word(m)), None)
        if author is None:
            line.made = "no model has written an answer"
            line.sources = self._others([])
            return
        line.answer, line.writer = author.text(), _writer(author)
        line.made = f"the last that a model wrote, {author.who}"
        self._follow(_citations(author.values()), until=author.seq)
        line.sources = self._others([author])

    def _last_of_tasks(self) -> list[Model]:
        """The last model call of each task."""
        last = {m.start.task: m for m in self.models if m.start.task}
        return list(last.values())

    def _follow(self, cited: Sequence[Mapping[str, Any]], *, until: int) -> None:
        self.line.claims = claims(self.line.answer)
        self.line.quotations = tuple(
            self._quotation(number, one, until) for number, one in enumerate(cited, 1)
        )

    def _quotation(self, number: int, cited: Mapping[str, Any], until: int) -> Quotation:
        quote, path = str(cited.get("quote", "")), str(cited.get("path", ""))
        held = [r for r in self.calls.results if r.seq <= until and r.holds(quote)]
        right = [r for r in held if r.holds(quote, path)]
        writers = [m for m in self.calls.models if m.seq <= until and m.wrote(quote)]
        proved: dict[str, tuple[Result, Model]] = {}
        for result in right or held:
            author = next((m for m in writers if m.read(result, quote)), None)
            if author is not None:
                proved.setdefault(result.start.span, (result, author))
        if proved:
            found = [self._source(result, "quoted") for result, _ in proved.values()]
            by: Model | None = next(iter(proved.values()))[1]
        else:
            found = [self._source(result, "possible") for result in right or held]
            by = writers[0] if writers else None
        state: State = "verified" if right else "other file" if held else "not found"
        if not held and (self.calls.lacking or not quote):
            state = "forgotten" if self.calls.lacking else "not found"
        line = cited.get("line")
        return Quotation(
            number,
            path,
            line if isinstance(line, int) else 0,
            str(cited.get("symbol") or ""),
            quote,
            state,
            _writer(by) if by is not None else None,
            tuple(found),
        )

    def _others(self, authors: Sequence[Model]) -> tuple[Source, ...]:
        """Tool results that are not quoted: those in front of the authors, then the rest.

        What a tool called within it is told below it.
        """
        quoted = {s.span for q in self.line.quotations for s in q.sources}
        front: dict[str, tuple[Result, str]] = {}
        for author in authors:
            for result, via in self._front(author, set()):
                front.setdefault(result.start.span, (result, via))
        self.carried = {span: via for span, (_, via) in front.items()}
        spans = {r.start.span for r in self.results}
        every = [result for result, _ in front.values()]
        every += [r for r in self.results if r.start.span not in front]
        return tuple(
            self._source(r, "in front" if r.start.span in front else "possible")
            for r in every
            if r.start.span not in quoted and r.within not in spans
        )

    def _front(self, author: Model, seen: set[str]) -> Iterable[tuple[Result, str]]:
        """What lay in front of a model, and of those whose words did."""
        seen.add(author.start.span)
        for result in self.calls.front(author):
            yield result, ""
        for other in self.models:
            if other.seq < author.seq and other.start.span not in seen and author.heard(other):
                for result, via in self._front(other, seen):
                    yield result, via or other.who

    def _source(self, result: Result, proof: Proof) -> Source:
        start, end, carried = result.start, result.end, self.carried
        inner = (r for r in self.calls.results if r.within == start.span)
        return Source(
            tool=start.tool,
            given=_short(start.args),
            proof=proof,
            task=start.task,
            agent=start.agent or start.node,
            span=start.span,
            call=start.call,
            digest=end.output,
            status=end.status,
            via=carried.get(start.span, ""),
            inner=tuple(
                self._source(r, "in front" if r.start.span in carried else "possible")
                for r in inner
            ),
        )


def claims(text: str) -> tuple[Claim, ...]:
    """The parts of a text, each with the numbers `[1]` that end it; headings have none."""
    import re

    found: list[Claim] = []
    for line in filter(str.strip, text.splitlines()):
        at = 0
        for marks in re.finditer(r"(?:\s*\[\d+\])+", line):
            numbers = tuple(int(n) for n in re.findall(r"\d+", marks[0]))
            found.append(Claim(line[at : marks.start()].strip().lstrip(".,; "), numbers))
            at = marks.end()
        rest = line[at:].strip().lstrip(".,; ")
        if rest:
            found.append(Claim(rest, ()))
    return tuple(found)


def _citations(value: object) -> list[Mapping[str, Any]]:
    """All citations in a value: objects with a path and a quotation."""
    found: list[Mapping[str, Any]] = []
    waiting: list[object] = [value]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, dict):
            told = cast("dict[str, Any]", one)
            if {"path", "quote"} <= told.keys():
                found.append(told)
            else:
                waiting += told.values()
        elif isinstance(one, list | tuple):
            waiting += cast("Sequence[object]", one)
    return found


def _writer(model: Model) -> Writer:
    start = model.start
    return Writer(
        start.model,
        start.agent or start.node,
        start.version,
        start.task,
        start.span,
        start.input,
        model.end.output,
    )


def _answer(value: Any) -> str:
    """What a person answered: of decisions what was decided, else the answer itself."""
    told = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    decisions = told.get("decisions")
    if isinstance(decisions, list):
        each = (cast("dict[str, Any]", d) for d in decisions if isinstance(d, dict))
        value = ", ".join(_decision(d) for d in each)
    return f": {_short(value)}" if value else ""


def _decision(one: Mapping[str, Any]) -> str:
    said = [str(one.get(name) or "") for name in ("type", "message")]
    edited = one.get("edited_action")
    return " ".join(filter(None, [*said, _short(edited.get("args")) if edited else ""]))


def _short(value: object) -> str:
    """A value on a line."""
    if isinstance(value, dict):
        return arguments(cast("dict[str, Any]", value), LONG)
    return " ".join(str(value).split())[:LONG]
