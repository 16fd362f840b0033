"""Asks a person at the keyboard about what waits: several questions, in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from stretto.cli.ask import actions, allowed, decision, draw_action, draw_asked, parsed
from stretto.cli.words import arguments
from stretto.errors import InvalidAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rich.console import Console

    Read = Callable[[str], str]
    """Reads a line after a prompt; raises EOFError at the end."""

LATER = "later"


def ask_all(console: Console, waiting: Mapping[str, Any], read: Read) -> dict[str, Any]:
    """Give answers by interrupt id; those that are put off, also by Ctrl-C, are left out.

    Raises:
        EOFError: The person has gone, and answered nothing.
    """
    left, answers = dict(waiting), dict[str, Any]()
    try:
        while left:
            interrupt = next(iter(left)) if len(left) == 1 else _which(console, left, read)
            if interrupt is None:
                break
            answer = _ask_one(console, interrupt, left.pop(interrupt), read)
            if answer is not None:
                answers[interrupt] = answer
    except KeyboardInterrupt:
        console.print(Text("(the others wait on: an empty line asks again)", "dim"))
    except EOFError:
        if not answers:
            raise
    return answers


def _which(console: Console, left: Mapping[str, Any], read: Read) -> str | None:
    ids = list(left)
    for number, interrupt in enumerate(ids, 1):
        console.print(Text.assemble((f"  {number} ", "bold magenta"), _about(left[interrupt])))
    while True:
        said = read(f"{len(ids)} wait for you. Which first? [1], {LATER}: ").strip() or "1"
        if said == LATER:
            return None
        if said.isdigit() and 1 <= int(said) <= len(ids):
            return ids[int(said) - 1]


def _about(value: Any) -> str:
    found = actions(value)
    if not found:
        return str(value)[:100]
    return "; ".join(f"{a.get('name')} {arguments(a.get('args') or {})}" for a in found)


def _ask_one(console: Console, interrupt: str, value: Any, read: Read) -> Any:
    found = actions(value)
    if not found:
        console.print(draw_asked({interrupt: value}))
        return _free(read)
    decisions: list[dict[str, Any]] = []
    for action in found:
        console.print(draw_action(value, action))
        decided = _decide(console, action, allowed(value, action), read)
        if decided is None:
            return None
        decisions.append(decided)
    return {"decisions": decisions}


def _free(read: Read) -> Any:
    said = read("answer (text or JSON, empty for later): ").strip()
    if not said:
        return None
    try:
        return parsed(said)
    except InvalidAnswer:
        return said


def _decide(
    console: Console, action: Mapping[str, Any], may: tuple[str, ...], read: Read
) -> dict[str, Any] | None:
    while True:
        said = read(f"{', '.join(may)} or {LATER}: ").strip()
        word, _, rest = said.partition(" ")
        kinds = [kind for kind in (*may, LATER) if word and kind.startswith(word.lower())]
        if len(kinds) != 1:
            hint = f"say one of {', '.join(may)}, {LATER}; its beginning is enough"
            console.print(Text(hint, "yellow"))
            continue
        if kinds[0] == LATER:
            return None
        try:
            return decision(kinds[0], action, rest.strip() or _more(kinds[0], read))
        except InvalidAnswer as error:
            console.print(Text(str(error), "yellow"))


def _more(kind: str, read: Read) -> str:
    prompts = {
        "edit": "changed arguments as JSON: ",
        "reject": "why (may be empty): ",
        "respond": "what to say instead: ",
    }
    return read(prompts[kind]).strip() if kind in prompts else ""
