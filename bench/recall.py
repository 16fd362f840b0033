"""What a team finds: recall of the documents that a question requires.

Run as `python -m bench.recall DOCS_FOLDER QUESTIONS.jsonl`. A line of the questions is
`{"id", "question", "required"}`; `required` are ids of documents: what their front matter calls
`id`, else their file names without suffix. Compared on one index, all offline: the research team;
its deep form; one agent, the team's researcher, given the whole question and as many calls of the
same tools; one query. The rankings that the calls of one question return are merged by reciprocal
rank fusion (Cormack, Clarke and Buettcher, 2009), alike for all, and at most 20 documents count as
read.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import HumanMessage

os.environ["STRETTO_MODEL"] = "offline"

from stretto.members.agent import agent_graph
from stretto.models.offline import OfflineModel
from stretto.project import Project
from stretto.sources.index import Index

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stretto.spec.agent import Agent

AT = (5, 10, 20)
"""Documents read at which recall is measured."""
FUSION = 20
"""Constant of reciprocal rank fusion: how little the first of a ranking counts above the next."""
AGAIN = "<feedback>Not enough was found. Search for each part.</feedback>"


@dataclass(frozen=True)
class Question:
    """A question and the documents it cannot be answered without."""

    text: str
    required: frozenset[str]


class Readings(BaseCallbackHandler):
    """Collects what the tools of a run returned: the paths of each call, best first."""

    run_inline = True

    def __init__(self) -> None:
        self.rankings: list[list[str]] = []

    def on_tool_end(self, output: Any, **_: Any) -> None:
        """Note the paths of the passages that a call of a tool returned."""
        try:
            passages = json.loads(output.content)
        except (AttributeError, TypeError, ValueError):
            return
        if isinstance(passages, list):
            paths = (passage["path"] for passage in passages if "path" in passage)
            self.rankings.append(list(dict.fromkeys(paths)))


def fused(rankings: Iterable[Sequence[str]]) -> list[str]:
    """One ranking of many, by reciprocal rank fusion; at most as many as are read."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for place, item in enumerate(ranking, 1):
            scores[item] = scores.get(item, 0.0) + 1 / (FUSION + place)
    return sorted(scores, key=lambda item: (-scores[item], item))[: max(AT)]


async def team(graph: Any, question: str, folder: str) -> list[list[str]]:
    """Rankings that the calls of the whole team return."""
    readings = Readings()
    await graph.ainvoke(
        {"messages": [HumanMessage(question)]},
        {"callbacks": [readings]},
        context={"sources": [folder]},
    )
    return readings.rankings


async def one_agent(agent: Agent, question: str, folder: str, calls: int) -> list[list[str]]:
    """Rankings that at most so many calls of one agent return.

    It is told from the start that one search is not enough, and the offline model's own limit on
    searches is lifted, so that it goes through the question sentence by sentence.
    """
    readings = Readings()
    tireless = {"max_model_calls": calls + 2, "model": OfflineModel(searches=calls)}
    graph = agent_graph(agent.model_copy(update=tireless))
    brief = f'<task id="t1">{question}</task>\n<question>{question}</question>\n{AGAIN}'
    await graph.ainvoke(
        {"messages": [HumanMessage(brief)]},
        {"callbacks": [readings], "recursion_limit": 10 * calls + 20},
        context={"sources": [folder]},
    )
    return readings.rankings[:calls]


@dataclass
class Recall:
    """Mean share of required documents among the first read."""

    sums: dict[int, float] = field(default_factory=lambda: dict.fromkeys(AT, 0.0))
    questions: int = 0

    def add(self, read: Sequence[str], required: frozenset[str]) -> None:
        """Count one question."""
        self.questions += 1
        for at in AT:
            self.sums[at] += len(required.intersection(read[:at])) / len(required)

    def rounded(self) -> dict[str, float]:
        """As it is printed."""
        return {
            str(at): round(total / max(self.questions, 1), 3) for at, total in self.sums.items()
        }


def document_ids(folder: Path) -> dict[str, str]:
    """Ids of the documents by their absolute paths."""
    found: dict[str, str] = {}
    for path in folder.rglob("*"):
        if path.is_file() and ".stretto" not in path.parts:
            head = path.read_text(errors="replace")[:2000]
            given = re.match(r"---\n(?:.*\n)*?id:[ \t]*(.+)\n(?:.*\n)*?---", head)
            found[str(path.resolve())] = given[1].strip("'\" ") if given else path.stem
    return found


def load(path: Path) -> list[Question]:
    lines = (json.loads(line) for line in path.read_text().splitlines() if line.strip())
    return [Question(line["question"], frozenset(line["required"])) for line in lines]


async def measure(folder: Path, questions: Sequence[Question]) -> dict[str, Any]:
    ids = document_ids(folder)
    index = await asyncio.to_thread(Index.open, [str(folder)])
    project = Project.at(__file__)
    graph, researcher = project.graph("research"), project.agent("researcher")
    deep = project.graph("research_deep")
    recalls = {name: Recall() for name in ("team", "deep", "one_agent", "one_query")}
    calls = {"team": 0, "deep": 0, "one_agent": 0}

    def named(rankings: Sequence[Sequence[str]]) -> list[str]:
        return fused([[ids[str(Path(path).resolve())] for path in each] for each in rankings])

    for number, question in enumerate(questions, 1):
        by_team = await team(graph, question.text, str(folder))
        by_deep = await team(deep, question.text, str(folder))
        by_one = await one_agent(researcher, question.text, str(folder), len(by_team))
        found = await asyncio.to_thread(index.search, question.text, 50)
        once = list(dict.fromkeys(passage.path for passage in found))
        read = {"team": by_team, "deep": by_deep, "one_agent": by_one, "one_query": [once]}
        for name, rankings in read.items():
            recalls[name].add(named(rankings), question.required)
        calls["team"] += len(by_team)
        calls["deep"] += len(by_deep)
        calls["one_agent"] += len(by_one)
        so_far = {name: recall.rounded() for name, recall in recalls.items()}
        print(f"{number}/{len(questions)} {json.dumps(so_far)}", file=sys.stderr)
    return {
        **{name: recall.rounded() for name, recall in recalls.items()},
        "questions": len(questions),
        "documents": len(ids),
        "calls": {name: round(made / max(len(questions), 1), 1) for name, made in calls.items()},
    }


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit("usage: python -m bench.recall DOCS_FOLDER QUESTIONS.jsonl")
    folder, questions = Path(sys.argv[1]), load(Path(sys.argv[2]))
    print(json.dumps(asyncio.run(measure(folder, questions))))


if __name__ == "__main__":
    main()
