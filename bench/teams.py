"""Each shipped team on real input: does it finish, what does it take, is what it leaves in order?

Run as `python -m bench.teams [TEAM ...] [--data FOLDER]`. The model is `offline`; FOLDER holds the
data sets, by default those beside the checkout, and teams without theirs take the project's own
files. A person's yes is given wherever one is asked for. Of each team: whether it finished, seconds
of wall clock and CPU, calls of models and tools, whether its journal verifies, what `stretto check`
finds, and whether the schemas are such that Studio shows a form. The last line is a JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ["STRETTO_MODEL"] = "offline"

import stretto
from tests.tools.site import running

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
MOST_ANSWERS = 10
YES = {"decisions": [{"type": "approve"}]}


@dataclass(frozen=True, slots=True)
class Case:
    """What a team is asked."""

    question: str
    context: dict[str, Any]
    input: str
    """What it works on, for the table."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case may write, and what it may read."""

    folder: Path
    data: Path | None
    stack: ExitStack


def _data(place: Place, *parts: str) -> Path | None:
    path = place.data.joinpath(*parts) if place.data else None
    return path if path is not None and path.exists() else None


def research(place: Place) -> Case:
    """The project's own documentation."""
    question = "Why can a timeout not stop blocking code? What is a dead letter?"
    return Case(question, {"sources": [str(ROOT / "docs")]}, "docs")


def support(place: Place) -> Case:
    """A bank's documents, a customer who wants money back."""
    docs = _data(place, "bank_docs", "docs") or ROOT / "examples" / "bank"
    context = {"sources": [str(docs)], "customer": "ann"}
    return Case("Please refund the monthly fee", context, docs.parent.name)


def product_reviews(place: Place) -> Case:
    """54,338 reviews."""
    given = _data(place, "reviews", "reviews.tsv.gz")
    path = given or place.folder / "reviews.tsv"
    if given is None:
        rows = "".join(f"f\t24.01.15\t{1 + n % 10}\tann\tgood glaze {n}\n" for n in range(500))
        path.write_text(f"movie_id\tdate\trating\tauthor\treview\n{rows}")
    context = {"reviews": str(path), "output": str(place.folder / "report")}
    return Case("Report on the reviews.", context, path.name)


def code_review(place: Place) -> Case:
    """The last commit of this project, or one that is made where there is no history."""
    root = ROOT
    if _git(ROOT, "rev-parse", "HEAD~1", check=False):
        root = place.folder / "repo"
        _commit(root, {"calc.py": "def add(a, b):\n    return a + b\n"}, "One")
        _commit(root, {"calc.py": "def add(a, b=[]):\n    return eval(a)\n"}, "Two")
    context = {"repository": str(root), "test": "none", "output": str(place.folder / "review")}
    return Case("Review HEAD~1..HEAD.", context, "own history" if root == ROOT else "made")


def intake(place: Place) -> Case:
    """Sixty documents of a bank."""
    docs, inbox = _data(place, "bank_docs", "docs") or ROOT / "docs", place.folder / "inbox"
    inbox.mkdir()
    for path in sorted(docs.rglob("*.md"))[:60]:
        shutil.copy(path, inbox)
    return Case(str(inbox), {}, f"60 of {docs.parent.name}")


def loans(place: Place) -> Case:
    """Past loans, decided on again."""
    given = _data(place, "credit", "german_credit.csv")
    if given is None:
        from tests.teams.loans_made import past, written

        given = written(place.folder / "past.csv", past())
    context = {"history": str(given), "output": str(place.folder / "loans")}
    return Case(f"Decide on {given}.", context, given.name)


def content(place: Place) -> Case:
    """A post from the project's own documentation."""
    context = {"sources": [str(ROOT / "docs")], "output": str(place.folder / "posts")}
    return Case("Write a post about locks and deadlocks", context, "docs")


def scrapers(place: Place) -> Case:
    """A site with walls, faults and loops."""
    os.environ["STRETTO_ALLOW_PRIVATE_ADDRESSES"] = "1"
    site = place.stack.enter_context(running())
    os.environ["STRETTO_ARCHIVE"] = f"{site.root}/copies/"
    paths = ("/hours", "/busy", "/bare", "/cookie", "/moved", "/amped", "/kept")
    asked = " ".join(f"{site.root}{path}" for path in paths)
    return Case(f"Get {asked}", {}, "a local site")


def feature(place: Place) -> Case:
    """A repository that is made."""
    root = place.folder / "repo"
    _commit(root, {"README.md": "# App\n"}, "Begin")
    return Case("Add a list of notes.", {"repository": str(root)}, "a repository")


def living_docs(place: Place) -> Case:
    """A repository whose page is behind its source."""
    root = place.folder / "repo"
    page = "# Pictures\n\n## `resize(image, width)`\n\nChanges the size.\n"
    source = 'def resize(image, width):\n    """Change the size."""\n'
    _commit(root, {"src/pics.py": source, "docs/pics.md": page}, "One")
    _commit(root, {"src/pics.py": source.replace("width)", "width, height=2)")}, "Two")
    context = {"repository": str(root), "output": str(place.folder / "news")}
    return Case("Bring the pages up to date.", context, "a repository")


CASES: dict[str, Callable[[Place], Case]] = {
    "research": research,
    "research_deep": research,
    "support": support,
    "product_reviews": product_reviews,
    "code_review": code_review,
    "intake": intake,
    "loans": loans,
    "content": content,
    "scrapers": scrapers,
    "feature": feature,
    "living_docs": living_docs,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a team."""

    ok: bool
    finished: bool
    status: str
    input: str
    seconds: float
    cpu: float
    model_calls: int
    tool_calls: int
    asked: int
    """How often a person was asked."""
    records: int
    verified: bool
    findings: int
    schemas: bool
    problem: str = ""


def _git(root: Path, *arguments: str, check: bool = True) -> int:
    who = ("-c", "user.name=bench", "-c", "user.email=bench@localhost")
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    told = subprocess.run(
        ["git", *who, *arguments], cwd=root, env=env, capture_output=True, check=check
    )
    return told.returncode


def _commit(root: Path, files: dict[str, str], message: str) -> None:
    if not root.exists():
        root.mkdir(parents=True)
        _git(root, "init", "--quiet", "--initial-branch=main")
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    _git(root, "add", "--all")
    _git(root, "commit", "--quiet", "-m", message)


def _schemas(graph: Any) -> bool:
    """Whether input, output and context are objects with properties, as Studio's forms want."""
    told = [graph.get_input_jsonschema(), graph.get_output_jsonschema()]
    context = graph.get_context_jsonschema()
    told += [context] if context else []
    return all(json.dumps(each) and each.get("properties") for each in told)


async def measure(name: str, data: Path | None) -> Outcome:
    """Run a team once, with state of its own."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ["STRETTO_HOME"] = str(folder / "home")
        case = CASES[name](Place(folder, data, stack))
        graph = stretto.Project.at(ROOT).graph(name)
        findings, asked, problem = stretto.check(graph), 0, ""
        began, cpu = time.perf_counter(), time.process_time()
        async with stretto.open_storage() as storage:
            given: dict[str, Any] = {"thread": name, "team": name, "storage": storage}
            limits = stretto.Limits(model_calls=20_000)
            try:
                result = await stretto.run(
                    graph, case.question, context=case.context, limits=limits, **given
                )
                while result.status == "interrupted" and asked < MOST_ANSWERS:
                    asked += 1
                    answers = {each.id: YES for each in result.interrupts}
                    again = stretto.Resume(answers=answers, by="bench")
                    result = await stretto.run(graph, again, limits=limits, **given)
                status = result.status
            except Exception as error:  # noqa: BLE001 - the others are still measured
                status, problem = "failed", f"{type(error).__name__}: {error}"
            seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
            used = await storage.journal.usage(name)
            records = await storage.journal.records(name)
        checked = await asyncio.to_thread(_verified)
        finished, schemas = status == "done", _schemas(graph)
        return Outcome(
            ok=finished and checked and not findings and schemas,
            finished=finished,
            status=status,
            input=case.input,
            seconds=round(seconds, 2),
            cpu=round(cpu, 2),
            model_calls=used.model_calls,
            tool_calls=used.tool_calls,
            asked=asked,
            records=len(records),
            verified=checked,
            findings=len(findings),
            schemas=schemas,
            problem=problem,
        )


def _verified() -> bool:
    """Whether the journal is as it was written, as `stretto audit --verify` says."""
    command = [sys.executable, "-m", "stretto.cli", "audit", "--verify"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0


def main() -> None:
    """Measure the teams that are named, all by default."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("teams", nargs="*", default=list(CASES), metavar="TEAM")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    asked = parser.parse_args()
    if unknown := sorted(set(asked.teams) - set(CASES)):
        sys.exit(f"no team {unknown[0]!r}. Name some of: {', '.join(CASES)}.")
    data = asked.data if asked.data.is_dir() else None
    found: dict[str, Outcome] = {}
    print(
        f"{'team':16} {'input':18} {'status':10} {'wall s':>7} {'CPU s':>7} {'models':>6} "
        f"{'tools':>6} {'asked':>5}  in order"
    )
    for name in asked.teams:
        each = found[name] = asyncio.run(measure(name, data))
        faults = [
            *([] if each.verified else ["the journal does not verify"]),
            *([f"{each.findings} findings"] if each.findings else []),
            *([] if each.schemas else ["schemas"]),
            *([each.problem.splitlines()[0][:100]] if each.problem else []),
        ]
        print(
            f"{name:16} {each.input[:18]:18} {each.status:10} {each.seconds:7.2f} {each.cpu:7.2f}"
            f" {each.model_calls:6} {each.tool_calls:6} {each.asked:5}  ",
            ", ".join(faults) or "yes",
            flush=True,
        )
    print(json.dumps({name: asdict(each) for name, each in found.items()}))


if __name__ == "__main__":
    main()
