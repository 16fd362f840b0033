"""How many faults `stretto check` finds, and what it finds where there is none.

    python -m bench.check_mutants [--rule CODE ...] [--graph NAME] [--shelf "by hand" ...]

Every rule knows how its fault is put into a sound graph. It is put into each sound graph that can
have it: those of strangers (tests/check/graphs), our patterns and each in each, the project's own,
those that the documentation builds. A fault is caught when it is found with the rule's code in the
graph compiled as the sound one was. An alarm is false when anything is found in a sound graph, as
its author gives it, before it was compiled, or from its source alone.
"""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from bench.check_mutants.sound import SHELVES, sound_graphs
from bench.check_mutants.trials import Score, alarms, try_mutant
from stretto.check.rules import all_rules

if TYPE_CHECKING:
    from bench.check_mutants.sound import Sound
    from bench.check_mutants.trials import Alarm
    from stretto.check.rule import Rule


def tried(graphs: list[Sound], rules: list[Rule]) -> tuple[list[Score], list[Alarm]]:
    """How each rule did on the graphs, and what it found in them as they are."""
    scores = [Score(rule) for rule in rules]
    false = [alarm for sound in graphs for alarm in alarms(sound, rules)]
    for score in scores:
        for sound in graphs:
            try_mutant(score, sound)
    return scores, false


def show(scores: list[Score], false: list[Alarm]) -> None:
    table = Table("rule", "name", "mutants", "caught", "share")
    for score in scores:
        rule = score.rule
        share = f"{score.share:.1%}" if score.mutants else ""
        table.add_row(rule.code, rule.name, str(score.mutants), str(score.caught), share)
    console = Console(highlight=False)
    console.print(table)
    for score in scores:
        for miss in score.misses:
            console.print(f"missed: {miss.code} in {miss.graph} {miss.why}", markup=False)
    for alarm in false:
        found = alarm.finding
        said = f"{found.code} in {alarm.graph} ({alarm.way}): {found.message}"
        console.print(f"false alarm: {said}", markup=False)


def told(graphs: list[Sound], scores: list[Score], false: list[Alarm]) -> dict[str, int | float]:
    """The figures."""
    mutants = sum(score.mutants for score in scores)
    caught = sum(score.caught for score in scores)
    return {
        "graphs": len(graphs),
        "defects": sum(score.mutants > 0 for score in scores),
        "mutants": mutants,
        "caught": round(caught / mutants, 4) if mutants else 0.0,
        "false_alarms": len(false),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rule", nargs="+", default=[], help="codes of rules; all by default")
    parser.add_argument("--graph", default="", help="part of the names of the graphs to take")
    parser.add_argument("--shelf", nargs="+", default=[], choices=[*SHELVES])
    given = parser.parse_args()
    rules = [rule for rule in all_rules() if not given.rule or rule.code in given.rule]
    graphs = list(sound_graphs(*given.shelf, named=given.graph))
    scores, false = tried(graphs, rules)
    show(scores, false)
    print(json.dumps(told(graphs, scores, false)))


if __name__ == "__main__":
    main()
