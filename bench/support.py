"""How well the team support routes and cites, offline, on public data.

Run as `python -m bench.support DATA`, the folder with `intents_clinc150`, `intents_banking77` and
`bank_docs`. Utterances are a bounded sample; what desk each intent belongs to was sorted by hand
(`bench/support_intents.py`). Of the 60 scenarios of `bank_docs` these are told in a customer's
words, and one counts when the answer cites a document that the scenario requires.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import stretto
from bench.support_intents import BANKING, CLINC, desks
from stretto import Project

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parent.parent
SAMPLE = 500
"""Utterances of each kind."""
UNSURE = 0.7
"""The confidence below which the team asks its agent."""
ASKED = {
    "task_002": "How do I earn 10% cash back with the Platinum Rewards Card?",
    "task_003": "What credit score do I need for the Silver Rewards Card?",
    "task_014": "How many referral bonuses for a credit card can I receive in 7 days?",
    "task_017": "How do I submit a cash back dispute for a transaction on my card?",
    "task_024": "What cash back do I earn with the Business Bronze Rewards Card?",
    "task_031": "How do I file a dispute of a credit card transaction with a merchant?",
    "task_034": "Where is my direct deposit? It has not shown up this morning.",
    "task_037": "How do I get a replacement for my damaged credit card?",
    "task_064": "What is the APY bonus of the Gold Plus Account for credit card holders?",
}
"""What the customer of a scenario writes, by the scenario."""


def utterances(data: Path, seed: int = 3, most: int = SAMPLE) -> dict[str, list[Any]]:
    """Pairs of a text and the desks that may take it, by where they come from."""
    draw = random.Random(seed)
    with (data / "intents_banking77" / "train.csv").open(encoding="utf-8", newline="") as file:
        banking = [(row["text"], row["category"]) for row in csv.DictReader(file)]
    clinc = json.loads((data / "intents_clinc150" / "train.json").read_text())
    domains = json.loads((data / "intents_clinc150" / "domains.json").read_text())
    talk = {*domains["small_talk"], *domains["meta"]}  # greetings and words about an assistant
    away = json.loads((data / "intents_clinc150" / "oos_train.json").read_text())
    by_banking, by_clinc = desks(BANKING), desks(CLINC)
    other = [pair for pair in clinc if pair[1] not in by_clinc and pair[1] not in talk]
    return {
        "banking77": [(t, by_banking[c]) for t, c in draw.sample(banking, most)],
        "clinc150": [
            (t, by_clinc[c])
            for t, c in draw.sample([pair for pair in clinc if pair[1] in by_clinc], most)
        ],
        "other domains": [(t, {"person"}) for t, _ in draw.sample(other, most)],
        "out of scope": [(t, {"person"}) for t, _ in away],
    }


async def routed(pairs: Sequence[tuple[str, set[str]]]) -> dict[str, float]:
    """How rules and examples do alone, and how where they are sure enough to need no agent."""
    step = Project.at(ROOT / "graphs" / "support.py").step
    at_once, by_examples = step("support_front.at_once"), step("support_front.by_examples")
    right = sure = sure_right = 0
    for text, wanted in pairs:
        state = {"messages": [_Said(text)]}
        label, confidence = at_once(state)[0], 1.0
        if not label:
            choice = await by_examples(state)
            label, confidence = choice.label, choice.data.get("confidence", 0.0)
        good = label in wanted
        right, sure = right + good, sure + (confidence >= UNSURE)
        sure_right += good and confidence >= UNSURE
    return {
        "right": round(right / len(pairs), 3),
        "sure": round(sure / len(pairs), 3),
        "right_when_sure": round(sure_right / max(sure, 1), 3),
    }


class _Said:
    """A person's message, as the steps read it."""

    type = "human"

    def __init__(self, text: str) -> None:
        self.text = text


async def cited(data: Path, asked: Mapping[str, str] = ASKED) -> dict[str, bool]:
    """Ask the team; tells of each scenario whether a required document is cited."""
    lines = (data / "bank_docs" / "questions.jsonl").read_text().splitlines()
    required = {each["id"]: set(each["required"]) for each in map(json.loads, lines)}
    graph = Project.at(ROOT / "graphs" / "support.py").graph("support")
    found: dict[str, bool] = {}
    for scenario, text in asked.items():
        result = await stretto.run(
            graph, text, context={"sources": [str(data / "bank_docs" / "docs")]}
        )
        answer = result.value.get("structured_response")
        cites = {document(each.path) for each in getattr(answer, "citations", ())}
        found[scenario] = bool(cites & required[scenario])
    return found


def document(path: str) -> str:
    """The id of a document, from its second line."""
    return Path(path).read_text(encoding="utf-8").splitlines()[1].partition(": ")[2].strip()


async def main(data: Path) -> dict[str, Any]:
    """Measure, and print."""
    began = time.perf_counter()
    told: dict[str, Any] = {}
    for name, pairs in utterances(data).items():
        told[name] = await routed(pairs)
        print(f"{name:14} {len(pairs)} utterances: {told[name]}")
    told["scenarios"] = await cited(data)
    print(f"scenarios      {sum(told['scenarios'].values())} of {len(told['scenarios'])} cite")
    return {**told, "seconds": round(time.perf_counter() - began, 1)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    print(json.dumps(asyncio.run(main(parser.parse_args().data))))
