"""A whole file of applications: each row is decided on alone, and what is open is listed."""

from __future__ import annotations

import asyncio
import csv
import io
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph.runtime import Runtime  # noqa: TC002 - how LangGraph knows what to give
from typing_extensions import TypedDict

from stretto import Project, effect
from stretto.errors import InvalidInput
from stretto.home import state_home
from stretto.policy.authority import may_decide

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KEPT = 5
"""What is wrong with rows is told of the first so many; all are counted."""
COUNTS = ("rows", "wrong", "grant", "refuse", "refer", "above")
"""What is counted; `above` of those granted are above the desk's limit."""
HEADER = ("row", "outcome", "amount", "chance", "why", "reasons")


class Batch(TypedDict, total=False):
    """What the team holds of a file."""

    batch: dict[str, str]
    """`file`, `score` and `output`, all paths."""


class Rows(TypedDict, total=False):
    """What is given to who decides on the rows of a chunk."""

    items: list[dict[str, Any]]
    chunk: int
    batch: dict[str, str]


async def begin(state: Mapping[str, Any], runtime: Runtime[Any]) -> dict[str, Any]:
    """Finds the file and the score.

    Raises:
        InvalidInput: One of them is not there.
    """
    return {"batch": await asyncio.to_thread(_begin, state["messages"][-1].text, runtime.context)}


def _begin(text: str, context: Mapping[str, Any] | None) -> dict[str, str]:
    step, given = Project.at(__file__).step, dict(context or {})
    path = Path(step("loans.file_named")(text)).expanduser().resolve()
    if not path.is_file():
        raise InvalidInput(f"there is no file {str(path)!r}. Name a table of applications.")
    step("loans_file.table")(path)
    score = step("loans.score_of")(given)
    name = f"{path.name.split('.')[0]}-{sha256(str(path).encode()).hexdigest()[:8]}"
    output = Path(given.get("output") or state_home() / "loans" / name)
    output.mkdir(parents=True, exist_ok=True)
    for old in output.glob("part-*.csv"):
        old.unlink()
    score.save(output / "score.json")
    return {"file": str(path), "score": str(output / "score.json"), "output": str(output)}


def rows(state: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The file, row by row, those that cannot be read among them."""
    found: Iterator[dict[str, Any]] = Project.at(__file__).step("loans_file.rows_of")(
        Path(state["batch"]["file"])
    )
    return found


async def assess(state: Mapping[str, Any]) -> dict[str, Any]:
    """Decides on the rows of a chunk, and writes the decisions down."""
    counts, lines = await asyncio.to_thread(_assessed, state)
    part = Path(state["batch"]["output"]) / f"part-{state['chunk']:06}.csv"
    await effect("write decisions", written, str(part), lines, effect="idempotent")
    return counts


def written(path: str, text: str) -> int:
    """Write a file whole; gives its characters."""
    beside = Path(f"{path}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
    return len(text)


def _assessed(state: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    step = Project.at(__file__).step
    score = step("loans_score.load")(Path(state["batch"]["score"]))
    counts: dict[str, Any] = {**dict.fromkeys(COUNTS, 0), "first_wrong": []}
    out = io.StringIO()
    for row in state["items"]:
        counts["rows"] += 1
        values, problem = step("loans_file.looked_at")(row)
        if problem:
            counts["wrong"] += 1
            counts["first_wrong"] = [*counts["first_wrong"], problem[:300]][:KEPT]
            continue
        found, amount = step("loans.weighed")(score, values), float(values["credit_amount"])
        counts[found["outcome"]] += 1
        if found["outcome"] == "grant" and not may_decide(step("loans.DESK"), "loan", amount):
            counts["above"] += 1
            found |= {"outcome": "above the limit"}
        told = (row["row"], found["outcome"], f"{amount:g}", found["chance"], found["why"])
        csv.writer(out).writerow([*told, "; ".join(found["reasons"])])
    return counts, out.getvalue()


def add(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Adds what two chunks came to."""
    wrong = [*one["first_wrong"], *other["first_wrong"]][:KEPT]
    return {name: one[name] + other[name] for name in COUNTS} | {"first_wrong": wrong}


async def report(state: Mapping[str, Any]) -> str:
    """Puts the decisions into one table, and tells what is left to a person."""
    count = state["accumulated"]
    output = Path(state["batch"]["output"])
    await effect("join decisions", joined, str(output), effect="idempotent")
    lines = [
        f"{count['rows']} applications, {count['wrong']} of which cannot be decided on.",
        f"granted:             {count['grant'] - count['above']}",
        f"refused:             {count['refuse']}",
        f"for the underwriter: {count['refer']}",
        f"above the limit:     {count['above']}",
        *(f"  {problem}" for problem in count["first_wrong"]),
        "Run those for the underwriter or above the limit alone, to have them decided.",
        f"Each decision with its reasons: {output / 'decisions.csv'}",
    ]
    return "\n".join(lines)


def joined(output: str) -> int:
    """Write `decisions.csv` of all parts; gives their number."""
    parts = sorted(Path(output).glob("part-*.csv"))
    head = io.StringIO()
    csv.writer(head).writerow(HEADER)
    whole = head.getvalue() + "".join(part.read_text(encoding="utf-8") for part in parts)
    written(str(Path(output) / "decisions.csv"), whole)
    return len(parts)
