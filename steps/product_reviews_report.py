"""The team `product_reviews`: what the writer is told, how its words are checked, the report."""

from __future__ import annotations

import json
import os
import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.messages import HumanMessage

from stretto import Project, effect, tool
from stretto.errors import InvalidInput, MissingExtra
from stretto.patterns.brief import request_of, tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ASKED = "What do the reviews speak of, and how are they rated?"
"""What the analyst has to answer in any case."""
FIRST = 3
"""Facts that the report begins with."""
PLACE = "figures.json"
"""The file that facts are quoted from, a line each."""
GOOD = 10.0
"""The score of words all of whose numbers are proven."""
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def brief(state: Mapping[str, Any]) -> list[HumanMessage]:
    """Word the figures as numbered facts, and what was wrong with the last draft."""
    places = [f'[{n}] {PLACE}:{n} "{fact}"' for n, fact in enumerate(state["facts"], 1)]
    now = state.get("refining")
    feedback = now.feedback if now is not None and not now.ended else ""
    parts = [
        tag("request", ASKED),
        tag("asked", request_of(state["messages"][-1:])[0]),
        tag("results", "\n".join(places)),
        tag("draft", _said(state["results"].get("analyst")) if feedback else ""),
        tag("feedback", feedback),
    ]
    return [HumanMessage("\n".join(part for part in parts if part))]


def rated(state: Mapping[str, Any]) -> bool | str:
    """Tell whether there is anything to write about."""
    return bool(state["figures"]["all"][1]) or "nothing is rated"


def proof(state: Mapping[str, Any]) -> dict[str, Any]:
    """Checks each number of the draft against the facts that it quotes."""
    wrong = list(unproven(_dumped(state["results"].get("analyst")), state["facts"]))
    return {"score": 0.0 if wrong else GOOD, "feedback": " ".join(wrong)}


def unproven(draft: Mapping[str, Any], facts: list[str]) -> Iterable[str]:
    """Say what of a draft does not stand in the facts; nothing when all does.

    Args:
        draft: A `Finding` as JSON.
        facts: The sentences that may be quoted.
    """
    if not draft.get("found") or not str(draft.get("answer", "")).strip():
        yield "Nothing is written. Write what the facts say, and quote them."
        return
    known = {_plain(fact) for fact in facts}
    quoted = [_plain(each["quote"]) for each in draft.get("citations", [])]
    for quote in quoted:
        if quote not in known:
            yield f"{quote!r} is no fact. Quote a whole fact, word for word."
    stand = numbers(" ".join(quote for quote in quoted if quote in known))
    if invented := sorted(numbers(draft["answer"]) - stand):
        told = ", ".join(f"{number.normalize():,f}" for number in invented)
        yield f"No fact that is quoted has the number {told}. Leave it out, or quote the fact."


def numbers(text: str) -> set[Decimal]:
    """The numbers in a text, 1,000 as 1000."""
    return {Decimal(found.replace(",", "")) for found in _NUMBER.findall(text)}


async def publish(state: Mapping[str, Any]) -> str:
    """Writes the report: Markdown, plots, and the figures as JSON."""
    draft, facts = _dumped(state["results"].get("analysis")), state["facts"]
    words = "" if list(unproven(draft, facts)) else str(draft["answer"])
    path = await effect(
        "write_report", write_report, state["reading"], state["figures"], facts, words
    )
    return "\n\n".join(part for part in (" ".join(facts[:FIRST]), words, f"Report: {path}") if part)


@tool(effect="idempotent")
def write_report(
    reading: dict[str, Any], figures: dict[str, Any], facts: list[str], words: str
) -> str:
    """Write the files of a report into its folder, each as a whole; give the report's path.

    The same again writes the same.

    Args:
        reading: How the file was read, and the folder (`output`).
        figures: What it comes to.
        facts: The same in sentences.
        words: What the analyst wrote, proven; empty for none.

    Raises:
        InvalidInput: The folder cannot be written.
    """
    folder = Path(reading["output"])
    try:
        plots = Project.at(__file__).step("product_reviews_plots.plots")(figures, reading["scale"])
        without = ""
    except MissingExtra as missing:
        plots, without = {}, f"Without plots: {missing}."
    pictures = [*(f"![{name.removesuffix('.svg')}]({name})" for name in plots), without]
    parts = {
        f"# Reviews in {_safe(Path(reading['reviews']).name)}": [_safe(" ".join(facts[:FIRST]))],
        "## What it says": [_safe(words)],
        "## Figures": [f"{n}. {_safe(fact)}" for n, fact in enumerate(facts, 1)],
        "## Plots": pictures,
        "## What could not be used": [f"- {each}" for each in _left_out(figures)],
    }
    shown = (f"{title}\n\n" + "\n".join(filter(None, p)) for title, p in parts.items() if any(p))
    files = {"figures.json": json.dumps(figures, ensure_ascii=False, indent=1), **plots}
    try:
        _write(folder, {**files, "report.md": "\n\n".join(shown) + "\n"})
    except OSError as error:
        raise InvalidInput(
            f"the report cannot be written to {str(folder)!r}: {error.strerror}. Name another "
            'folder in the run\'s context: {"output": "FOLDER"}.'
        ) from error
    return str(folder / "report.md")


def _write(folder: Path, files: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        whole = folder / f".{name}.{os.getpid()}"
        whole.write_text(content, encoding="utf-8")
        whole.replace(folder / name)


def _left_out(figures: Mapping[str, Any]) -> Iterable[str]:
    """Sentences on rows, ratings, texts and dates that are not counted everywhere."""
    unused = figures["unused"]
    unrated = figures["all"][0] - figures["all"][1]
    yield f"{unused['rows']:,} rows could not be read at all."
    if unused["first"]:
        yield f"The first of them: {_safe('; '.join(unused['first']))}."
    if unused["reviews"]:
        yield f"{unused['reviews']:,} reviews are in parts of the file that failed."
    yield f"{unrated:,} reviews have no rating on the scale."
    if figures["problems"]:
        yield f"Such as: {', '.join(_safe(repr(each)) for each in figures['problems'])}."
    for name, what in (("without text", "sentiments"), ("undated", "months")):
        if name in figures[what]:
            yield f"{figures[what][name][0]:,} reviews are {name}."
    if figures["others"][0]:
        yield f"{figures['others'][0]:,} reviews are of products beyond those told apart."


def _safe(text: str) -> str:
    """Text of a file or a model as text of Markdown: no markup, no HTML, one line."""
    return re.sub(r"([\\`*_\[\]<>|#!])", r"\\\1", " ".join(text.split()))


def _plain(text: str) -> str:
    return " ".join(text.split()).strip('"“” ')


def _said(draft: Any) -> str:
    return str(_dumped(draft).get("answer", ""))


def _dumped(draft: Any) -> dict[str, Any]:
    """A `Finding` as JSON, whether a checkpoint gave it back as a class or not."""
    if draft is None or isinstance(draft, str):
        return {}
    return dict(draft) if isinstance(draft, dict) else draft.model_dump(mode="json")
