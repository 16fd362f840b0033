"""`stretto check`: what is wrong with a graph, before it runs."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stretto.cli.options import Json
from stretto.errors import InvalidInput, StateUnavailable, UnknownName

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stretto.check.bounds import Bounds
    from stretto.check.finding import Finding
    from stretto.check.rule import Rule
    from stretto.check.settings import Settings
    from stretto.check.targets import Loaded

OUR_FAULT = "the check itself failed, which is our fault; report it with its graph: "
FORMATS = ("text", "json", "sarif", "github")


def check(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TARGET]...",
            help="A file, a folder, file.py:attribute, package.module:attribute, a team. "
            "[every graph of langgraph.json]",
        ),
    ] = None,
    *,
    static: Annotated[
        bool, typer.Option("--static", help="Read source alone: import nothing, run nothing.")
    ] = False,
    select: Annotated[
        str, typer.Option("--select", metavar="CODES", help="Only these, as G,S201.")
    ] = "",
    ignore: Annotated[str, typer.Option("--ignore", metavar="CODES", help="All but these.")] = "",
    advice: Annotated[
        bool, typer.Option("--advice", help="Say what could be better, too.")
    ] = False,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what is safe to mend.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what --fix would do.")] = False,
    bounds: Annotated[
        bool, typer.Option("--bounds", help="Say what a run comes to at most, as formulas.")
    ] = False,
    max_usd: Annotated[
        float | None, typer.Option("--max-usd", metavar="N", help="The most money a run may cost.")
    ] = None,
    max_model_calls: Annotated[
        float | None, typer.Option("--max-model-calls", metavar="N", help="The most model calls.")
    ] = None,
    max_tool_calls: Annotated[
        float | None, typer.Option("--max-tool-calls", metavar="N", help="The most tool calls.")
    ] = None,
    max_supersteps: Annotated[
        float | None, typer.Option("--max-supersteps", metavar="N", help="The most supersteps.")
    ] = None,
    max_seconds: Annotated[
        float | None, typer.Option("--max-seconds", metavar="N", help="The most time, by timeouts.")
    ] = None,
    inputs: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="NAME=N", help="A free input of the bounds, as items=100."),
    ] = None,
    tokens: Annotated[
        str,
        typer.Option(
            "--tokens", metavar="IN,OUT", help="The most tokens of a model call, for its price."
        ),
    ] = "",
    stored: Annotated[
        bool,
        typer.Option("--stored", help="Compare with stored threads that wait in a node, too."),
    ] = False,
    form: Annotated[
        str, typer.Option("--format", metavar="FORM", help="text, json, sarif or github. [text]")
    ] = "text",
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write to a file instead.")
    ] = None,
    explain: Annotated[
        str, typer.Option("--explain", metavar="CODE", help="Print a rule's page.")
    ] = "",
    rules: Annotated[bool, typer.Option("--rules", help="List all rules.")] = False,
    exit_zero: Annotated[
        bool, typer.Option("--exit-zero", help="End with 0 whatever is found.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say what could not be looked into.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say what is wrong with LangGraph graphs before they run.

    Works on any graph, hand-written ones too: no project, no key and no change to the code is
    needed. Ends with 0 when nothing is wrong, 1 with errors or warnings, 2 when something could not
    be checked.
    """
    if rules or explain:
        _tell_rules(explain)
        return
    if form not in FORMATS:
        raise InvalidInput(f"--format {form}: use one of {', '.join(FORMATS)}.")
    asked = _Asked(
        tuple(targets or ()),
        static,
        fix,
        diff,
        "json" if as_json else form,
        output,
        verbose,
        bounds,
        _numbers(inputs or ()),
        _tokens(tokens),
        stored,
    )
    wanted = {
        "select": _codes(select),
        "ignore": _codes(ignore),
        "advice": advice or None,
        "max_usd": max_usd,
        "max_model_calls": max_model_calls,
        "max_tool_calls": max_tool_calls,
        "max_supersteps": max_supersteps,
        "max_seconds": max_seconds,
    }
    code = _checked(asked, {key: value for key, value in wanted.items() if value})
    if code and not (exit_zero and code == 1):
        raise typer.Exit(code)


@dataclass(frozen=True, slots=True)
class _Asked:
    targets: tuple[str, ...]
    static: bool
    fix: bool
    diff: bool
    form: str
    output: Path | None
    verbose: bool
    bounds: bool
    inputs: dict[str, float]
    tokens: tuple[int, int] | None
    stored: bool


def _numbers(given: "Sequence[str]") -> dict[str, float]:
    """Free inputs, as NAME=N."""
    found: dict[str, float] = {}
    for each in given:
        name, _, value = each.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError as error:
            raise InvalidInput(f"--input {each}: give a number, as in items=100.") from error
    return found


def _tokens(given: str) -> tuple[int, int] | None:
    if not given:
        return None
    parts = given.split(",")
    if len(parts) != 2 or not all(part.strip().isdigit() for part in parts):
        raise InvalidInput(f"--tokens {given}: give two numbers, as in 8000,1000.")
    return int(parts[0]), int(parts[1])


def _codes(given: str) -> tuple[str, ...]:
    return tuple(code.strip().upper() for code in given.split(",") if code.strip())


def _checked(asked: _Asked, wanted: dict[str, Any]) -> int:
    from stretto.check.ignores import IGNORE_RULES
    from stretto.check.rules import all_rules
    from stretto.check.settings import settings_at
    from stretto.check.targets import load
    from stretto.cli.console import loading

    settings, root = settings_at(_folder(asked.targets))
    known = (*all_rules(), *IGNORE_RULES)
    _refuse_unknown(settings.codes(), known, where=f"{root / 'pyproject.toml'}")
    settings = settings.model_copy(update=wanted)
    _refuse_unknown(settings.codes(), known)
    rules = settings.rules(known)
    with loading("graphs", quiet=asked.form != "text"):
        loaded = load(asked.targets, static=asked.static, excluded=settings.exclude, root=root)
        if asked.stored:
            _add_stored(loaded)
        findings = _found(asked, loaded, rules, settings, root)
        bounded = _bounded(asked, settings, loaded, findings)
    if asked.fix or asked.diff:
        findings = _fixed(findings, asked)
    if asked.bounds and asked.form == "text":
        from stretto.cli.bounds import print_bounds

        print_bounds(bounded)
    _print(asked, loaded, findings, rules, bounded if asked.bounds else ())
    if loaded.problems or not loaded.graphs:
        return 2
    return 1 if any(f.severity != "info" for f in findings) else 0


def _folder(targets: "Sequence[str]") -> Path:
    """The folder whose settings count: that of the first target, else the working directory."""
    for target in targets:
        path = Path(target.partition(":")[0]).expanduser()
        if path.exists():
            return path.absolute() if path.is_dir() else path.absolute().parent
    return Path.cwd()


def _refuse_unknown(given: "Iterable[str]", rules: "Sequence[Rule]", *, where: str = "") -> None:
    for code in given:
        if not code or not any(rule.code.startswith(code) for rule in rules):
            raise UnknownName("rule", code, [rule.code for rule in rules], where=where)


def _found(
    asked: _Asked, loaded: "Loaded", rules: "Sequence[Rule]", settings: "Settings", root: Path
) -> "list[Finding]":
    from stretto.check.checking import found_in
    from stretto.check.ignores import IGNORE_RULES, heeded
    from stretto.check.rules import all_rules
    from stretto.check.targets import Problem

    found: list[Finding] = []
    files: set[str] = set()
    for graph in loaded.graphs:
        try:
            found += found_in(graph, rules)
        except Exception as error:  # noqa: BLE001 - the other graphs are still checked
            why = f"{OUR_FAULT}{type(error).__name__}: {error}"
            loaded.problems.append(Problem(graph.title, why))
        files |= {file for each in graph.below() for file in _files(each)}
    served = any(graph.served for graph in loaded.graphs)
    left = heeded(
        _in_order(_once(found)),
        files,
        [rule.code for rule in (*all_rules(), *IGNORE_RULES)],
        asked=[rule.code for rule in rules if served or not rule.served],
        whole=[] if asked.static else loaded.whole,
    )
    wanted = {rule.code for rule in rules}
    return [f for f in left if f.code in wanted and not settings.allows(f, root)]


def _once(findings: "Iterable[Finding]") -> "Iterable[Finding]":
    """Each line of source once, though several graphs may share it."""
    seen: dict[tuple[Any, ...], Finding] = {}
    for each in findings:
        graph = each.graph if each.place is None else ""
        seen.setdefault((each.code, each.place, each.message, graph), each)
    return seen.values()


def _in_order(findings: "Iterable[Finding]") -> "list[Finding]":
    """As they stand in the files."""

    def where(finding: "Finding") -> tuple[Any, ...]:
        place = finding.place
        return (place is None, place and (place.file, place.line, place.column), finding.code)

    return sorted(findings, key=where)


def _add_stored(loaded: "Loaded") -> None:
    """Let the graphs know of the threads that wait in the project's checkpoints."""
    from stretto.cli.awaiting import awaited

    awaited(_stored(loaded))


async def _stored(loaded: "Loaded") -> None:
    from dataclasses import replace

    from stretto.check.stored import stored_threads
    from stretto.runs import open_storage

    async with open_storage() as storage:
        for at, graph in enumerate(loaded.graphs):
            found = await stored_threads(graph, storage.checkpointer)
            loaded.graphs[at] = replace(graph, stored=found)


def _bounded(
    asked: _Asked, settings: "Settings", loaded: "Loaded", findings: "list[Finding]"
) -> "list[Bounds]":
    """The bounds of the graphs where they are asked for; adds what exceeds them to the findings."""
    allowed = settings.allowed()
    if not asked.bounds and not allowed:
        return []
    from stretto.check.bounds import bounds_of, exceeding, price_of_call
    from stretto.check.targets import Problem

    made: list[Bounds] = []
    for graph in loaded.graphs:
        try:
            found = bounds_of(graph)
        except Exception as error:  # noqa: BLE001 - the other graphs are still bounded
            loaded.problems.append(
                Problem(graph.title, f"{OUR_FAULT}{type(error).__name__}: {error}")
            )
            continue
        made.append(found)
        price = price_of_call(graph, asked.tokens) if "usd" in allowed else None
        findings += exceeding(
            found, allowed, inputs=asked.inputs, price_of_call=price, place=graph.place
        )
    return made


def _files(graph: Any) -> "Sequence[str]":
    places = graph.places.files if graph.places is not None else ()
    return [graph.file, *places] if graph.file else list(places)


def _fixed(findings: "list[Finding]", asked: _Asked) -> "list[Finding]":
    """Mend what can be mended, or show it; give what is left."""
    from stretto.check.fixing import fixes, written
    from stretto.check.report import shown
    from stretto.cli.words import counted

    for each in fixes(findings):
        name = shown(each.file, Path.cwd())
        if asked.diff:
            sys.stdout.write(each.diff(name))
            continue
        try:
            written(each)
        except OSError as error:
            raise StateUnavailable(
                f"cannot write {name}: {error.strerror}. Let it be written, or look at --diff."
            ) from error
        findings = [each.moved(f) for f in findings if f not in each.findings]
        sys.stderr.write(f"mended {counted(len(each.findings), 'finding')} in {name}\n")
    return findings


def _print(
    asked: _Asked,
    loaded: "Loaded",
    findings: "Sequence[Finding]",
    rules: "Sequence[Rule]",
    bounded: "Sequence[Bounds]",
) -> None:
    if asked.form == "text" and asked.output is None:
        _print_text(asked, loaded, findings)
        return
    text = _text(asked, loaded, findings, rules, bounded)
    if asked.output is None:
        sys.stdout.write(f"{text}\n" if text else "")
        return
    try:
        asked.output.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise StateUnavailable(
            f"cannot write {asked.output}: {error.strerror}. Name a file that can be written."
        ) from error


def _text(
    asked: _Asked,
    loaded: "Loaded",
    findings: "Sequence[Finding]",
    rules: "Sequence[Rule]",
    bounded: "Sequence[Bounds]",
) -> str:
    from importlib.metadata import version

    from stretto.check import report

    root = Path.cwd()
    match asked.form:
        case "sarif":
            return report.as_sarif(
                findings, rules, loaded.problems, root=root, version=version("stretto")
            )
        case "github":
            return report.as_github(findings, loaded.problems, root=root)
        case "json":
            unknown = [u for graph in loaded.graphs for each in graph.below() for u in each.unknown]
            names = [graph.name for graph in loaded.graphs]
            from stretto.cli.bounds import bounds_as_json

            told = bounds_as_json(bounded) if asked.bounds else None
            return report.as_json(
                findings, loaded.problems, unknown, root=root, graphs=names, bounds=told
            )
        case _:
            from io import StringIO

            from rich.console import Console

            written = StringIO()
            console = Console(file=written, width=120, soft_wrap=True)
            _draw(console, asked, loaded, findings)
            return written.getvalue().rstrip("\n")


def _print_text(asked: _Asked, loaded: "Loaded", findings: "Sequence[Finding]") -> None:
    from stretto.cli.console import screen

    _draw(screen(), asked, loaded, findings)


def _draw(console: Any, asked: _Asked, loaded: "Loaded", findings: "Sequence[Finding]") -> None:
    from stretto.cli.findings import draw_finding, draw_problems, draw_unknown, summary

    graphs = {each.title: each for graph in loaded.graphs for each in graph.below()}
    for finding in findings:
        console.print(draw_finding(finding, Path.cwd()))
        if asked.verbose and finding.path and finding.graph in graphs:
            from stretto.check.drawing import mermaid

            console.print(f"{mermaid(graphs[finding.graph], finding.path)}\n", style="dim")
    unknown = [u for graph in loaded.graphs for each in graph.below() for u in each.unknown]
    if asked.verbose and unknown:
        console.print(draw_unknown(unknown))
    if loaded.problems:
        console.print(draw_problems(loaded.problems))
    number = len([g for graph in loaded.graphs for g in graph.below()])
    console.print(summary(findings, number, len(unknown), len(loaded.problems)))


def _tell_rules(explain: str) -> None:
    from stretto.check.ignores import IGNORE_RULES
    from stretto.check.rules import all_rules
    from stretto.cli.console import screen
    from stretto.cli.findings import draw_rule, draw_rules

    every = (*all_rules(), *IGNORE_RULES)
    if not explain:
        console = screen()
        console.print(draw_rules(every, narrow=console.width < 120))
        return
    known = {rule.code: rule for rule in every} | {rule.name: rule for rule in every}
    rule = known.get(explain.upper()) or known.get(explain)
    if rule is None:
        raise UnknownName("rule", explain, known)
    screen().print(draw_rule(rule))
