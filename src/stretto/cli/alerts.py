"""`stretto alerts`: looks whether alert rules hold, and calls whom they name."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from stretto.cli.awaiting import awaited
from stretto.cli.options import Json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, RenderableType

    from stretto.journal import Journal
    from stretto.observe.alert_facts import Facts
    from stretto.observe.alert_round import Look
    from stretto.observe.alert_rules import Rule
    from stretto.records import DeadLettered


def alerts(
    *,
    watch: Annotated[
        bool, typer.Option("--watch", help="Look again and again until Ctrl-C.")
    ] = False,
    every: Annotated[
        float, typer.Option("--every", min=0.1, metavar="SECONDS", help="With --watch.")
    ] = 10.0,
    test: Annotated[
        str | None,
        typer.Option("--test", metavar="RULE", help="Deliver a test of this rule, nothing else."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Look whether the rules in alerts.yaml hold; tell of those that begin or cease to.

    Ends with 1 when one fires, else with 0. A rule is told of once until it is over; what cannot be
    delivered is kept and tried again at the next look.
    """
    if test is not None:
        raise typer.Exit(awaited(_test(test, as_json=as_json)))
    if watch:
        try:
            awaited(_watch(every, as_json=as_json))
        except KeyboardInterrupt:
            raise typer.Exit(130) from None
    raise typer.Exit(awaited(_once(as_json=as_json)))


def _rules() -> "tuple[Rule, ...]":
    from stretto.observe.alert_rules import load_rules
    from stretto.project import Project

    return load_rules(Project.find().root)


async def _once(*, as_json: bool) -> int:
    from stretto.cli.console import screen
    from stretto.cli.journal import reading
    from stretto.cli.result import print_json
    from stretto.observe.alert_facts import Facts

    rules = _rules()
    async with reading() as journal:
        found = await _look(rules, Facts(rules), journal)
    if as_json:
        print_json(_told(found))
    else:
        screen().print(_drawn(found))
    return 1 if found.firing else 0


async def _pause(seconds: float) -> None:
    import asyncio

    await asyncio.sleep(seconds)


async def _look(rules: "Sequence[Rule]", facts: "Facts", journal: "Journal") -> "Look":
    """Read what is new and look once; looks of several processes take turns."""
    import asyncio

    from stretto import clock
    from stretto.home import state_home
    from stretto.journal import is_alive
    from stretto.observe.alert_box import FILE
    from stretto.observe.alert_facts import READ
    from stretto.observe.alert_round import look
    from stretto.runs.lock import FileLocks

    records = await journal.records(types=READ, after=facts.seq, said=False)
    now = clock.now()
    facts.add(records, now)
    await asyncio.to_thread(facts.bury, is_alive)
    home = state_home()
    letters: list[DeadLettered] = []
    async with FileLocks(home / "locks").hold("stretto alerts", wait=60.0):
        found = await look(rules, facts.measure(now), home / FILE, now, give_up=letters.append)
    for letter in letters:
        await journal.note(letter)
    return found


async def _watch(every: float, *, as_json: bool) -> None:
    from stretto.cli.console import errors, screen
    from stretto.cli.journal import reading
    from stretto.cli.result import print_json
    from stretto.cli.words import counted
    from stretto.errors import StateUnavailable, ThreadBusy
    from stretto.observe.alert_facts import Facts

    rules = _rules()
    console, is_away = screen(), False
    if not as_json:
        console.print(f"{counted(len(rules), 'rule')}, every {every:g} s; Ctrl-C ends it")
    async with reading() as journal:
        facts = Facts(rules)
        while True:
            try:
                found = await _look(rules, facts, journal)
            except (StateUnavailable, ThreadBusy) as error:
                if not is_away:
                    errors().print(f"cannot look, tries again: {error}", style="yellow")
                is_away = True
            else:
                is_away = False
                if as_json:
                    print_json(_told(found))
                else:
                    _say(console, found)
            await _pause(every)


def _say(console: "Console", found: "Look") -> None:
    """Tell what a look of a watch changed; nothing when nothing did."""
    from rich.text import Text

    from stretto.observe.alert_delivery import text_of

    for notice in found.notices:
        style = "green" if notice.event == "resolved" else "bold red"
        console.print(Text(text_of(notice), style))
    for parcel in found.failed:
        told = f"  {parcel.to} of {parcel.notice.rule} failed: {parcel.notice.error}"
        console.print(Text(told, "yellow"))


async def _test(name: str, *, as_json: bool) -> int:
    from stretto import clock
    from stretto.cli.console import screen
    from stretto.cli.result import print_json
    from stretto.errors import UnknownName
    from stretto.observe.alert_box import channels
    from stretto.observe.alert_delivery import deliver
    from stretto.observe.alerts import Measured, notice

    known = {rule.name: rule for rule in _rules()}
    if name not in known:
        raise UnknownName("rule", name, known, where="alerts.yaml")
    rule, now = known[name], clock.now()
    found = Measured(None, 0, "a test: nothing is wrong")
    told = notice(rule, "test", found, since=now, now=now)
    errors = {to: await deliver(rule, told, to) for to in channels(rule)}
    if as_json:
        print_json({"rule": name, "errors": errors})
    for to, error in errors.items() if not as_json else ():
        screen().print(f"{to}: {error or 'delivered'}", style="red" if error else "green")
    return 1 if any(errors.values()) else 0


def _told(found: "Look") -> "dict[str, Any]":
    return {
        "firing": found.firing,
        "rules": [
            {
                "name": rule.name,
                "metric": rule.metric,
                "firing": found.box.standing[rule.name].firing,
                "since": found.box.standing[rule.name].since,
                "value": found.measured[rule.name].value,
                "threshold": rule.threshold,
                "count": found.measured[rule.name].count,
                "what": found.measured[rule.name].what,
            }
            for rule in found.rules
        ],
        "notices": [notice.model_dump(mode="json") for notice in found.notices],
        "undelivered": [
            {"to": parcel.to, **parcel.notice.model_dump(mode="json")}
            for parcel in found.box.parcels
        ],
    }


def _drawn(found: "Look") -> "RenderableType":
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    from stretto.cli.words import cut

    table = Table.grid(padding=(0, 2, 0, 0))
    for rule in found.rules:
        standing, measured = found.box.standing[rule.name], found.measured[rule.name]
        state = "fires" if standing.firing else "holds" if standing.since is not None else "ok"
        style = {"fires": "bold red", "holds": "yellow", "ok": "green"}[state]
        few = "" if measured.value is not None else f" (fewer than {rule.min})"
        table.add_row(
            Text(state, style), Text(cut(rule.name, 32), "cyan"), Text(f"{measured.what}{few}")
        )
    late = [
        Text(
            f"not delivered yet: {one.to} of {one.notice.rule}, tried {one.notice.tries} times: "
            f"{one.notice.error}",
            "yellow",
        )
        for one in found.box.parcels
    ]
    return Group(table, *late) if found.rules else Text("no rules in alerts.yaml")
