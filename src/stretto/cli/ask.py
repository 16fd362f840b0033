"""What a person is asked, how it is answered on the command line, and the answer in its words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from rich.console import Group
from rich.text import Text

from stretto.cli.indent import Indented
from stretto.cli.words import arguments, counted, plain
from stretto.errors import InvalidAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import RenderableType

SHORT = 8
"""Characters of an interrupt's id that tell it from others."""
ALL = ("approve", "edit", "reject", "respond")

NOBODYS = "expire"
"""The decision that no person takes: it stands for that nobody did (`stretto due`)."""


def actions(value: Any) -> list[dict[str, Any]]:
    """The actions of a human-in-the-loop request (LangChain's); none of any other question."""
    if not isinstance(value, dict):
        return []
    requests = cast("dict[str, Any]", value).get("action_requests")
    return [dict(r) for r in requests] if isinstance(requests, list) else []


def allowed(value: Any, action: Mapping[str, Any]) -> tuple[str, ...]:
    """The decisions that may be taken on an action."""
    for config in value.get("review_configs", ()):
        if config.get("action_name") == action.get("name"):
            found = config.get("allowed_decisions", ALL)
            return tuple(each for each in found if each != NOBODYS)
    return ALL


def draw_asked(waiting: Mapping[str, Any]) -> RenderableType:
    """Draw what waits for a person."""
    parts: list[RenderableType] = []
    for interrupt, value in waiting.items():
        parts.append(
            Text.assemble(
                ("? ", "bold magenta"), ("waits for you", "bold"), "  ", (interrupt, "dim")
            )
        )
        parts += [draw_action(value, action) for action in actions(value)]
        if not actions(value):
            parts.append(Indented(Text(_worded(value)), 4))
    return Group(*parts)


def draw_action(value: Any, action: Mapping[str, Any]) -> RenderableType:
    """Draw one action: its name, what it would do, and the decisions that may be taken."""
    args: Mapping[str, Any] = action.get("args") or {}
    told = str(action.get("description") or "").strip()
    lines: list[RenderableType] = [Indented(Text(str(action.get("name")), "bold blue"), 4)]
    if told and not told.startswith("Tool execution requires approval"):
        lines.append(Indented(Text(told), 6))
    else:
        for name, value_ in args.items():
            lines.append(Indented(Text.assemble((f"{name} ", "dim"), plain(value_)), 6))
    may = ", ".join(allowed(value, action))
    lines.append(Indented(Text(f"may be answered: {may}", "dim"), 6))
    return Group(*lines)


def answering(thread: str, waiting: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The commands that answer what waits, each with its other forms."""
    found: list[tuple[str, str]] = []
    for interrupt, value in waiting.items():
        by_id = f" --id {interrupt[:SHORT]}" if len(waiting) > 1 else ""
        first, *others = _ways(value)
        rest = f"or {', '.join(others)}" if others else ""
        found.append((f"stretto resume {thread}{by_id} {first}", rest))
    return found


def _ways(value: Any) -> list[str]:
    found = actions(value)
    if not found:
        return ["--answer JSON"]
    changed = [*(found[0].get("args") or {"name": ""})][-1]
    ways = {
        "approve": "--approve",
        "edit": f"--edit '{json.dumps({changed: '...'})}'",
        "reject": '--reject "why"',
        "respond": '--respond "text"',
    }
    may = allowed(value, found[0])
    if len(found) > 1:
        ways["edit"] = "--answer '{\"decisions\": [...]}'"
    return [ways[one] for one in may if one in ways] or ["--answer JSON"]


def _worded(value: Any) -> str:
    return (
        value
        if isinstance(value, str)
        else json.dumps(value, indent=2, ensure_ascii=False, default=str)
    )


def decision(kind: str, action: Mapping[str, Any], said: str) -> dict[str, Any]:
    """One decision in LangChain's words.

    Args:
        kind: approve, edit, reject or respond.
        action: What is decided on.
        said: For edit the changed arguments as a JSON object; else the message.

    Raises:
        InvalidAnswer: The edit is no JSON object.
    """
    match kind:
        case "edit":
            args = {**(action.get("args") or {}), **_object(said)}
            return {"type": "edit", "edited_action": {"name": action.get("name"), "args": args}}
        case "reject":
            return {"type": "reject", "message": said} if said else {"type": "reject"}
        case "respond":
            return {"type": "respond", "message": said}
        case _:
            return {"type": "approve"}


def answer_of(value: Any, kind: str, said: str) -> dict[str, Any]:
    """Decide alike on all actions that one interrupt asks about.

    Raises:
        InvalidAnswer: It is no such question, does not allow that, or one edit is meant for
            several actions.
    """
    found = actions(value)
    if not found:
        raise InvalidAnswer(f"it asks for no approval: {_worded(value)[:200]}. Use --answer JSON.")
    if kind == "edit" and len(found) > 1:
        raise InvalidAnswer(
            f"one edit, and {counted(len(found), 'action')} are asked about. Give a decision for "
            "each: --answer '{\"decisions\": [...]}'."
        )
    for action in found:
        if kind not in (may := allowed(value, action)):
            raise InvalidAnswer(
                f"{action.get('name')!r} cannot be answered by {kind}. Allowed: {', '.join(may)}."
            )
    return {"decisions": [decision(kind, action, said) for action in found]}


def chosen(waiting: Mapping[str, Any], given: str | None) -> str:
    """The interrupt that is answered: the only one, or the one whose id begins as given.

    Raises:
        InvalidAnswer: None waits, several do and none is named, or no id begins so.
    """
    if not waiting:
        raise InvalidAnswer("nothing waits for an answer. Go on without one: stretto resume THREAD")
    if given is None:
        if len(waiting) > 1:
            raise InvalidAnswer(
                f"{len(waiting)} questions wait. Say which with --id: {_ids(waiting)}."
            )
        return next(iter(waiting))
    found = [i for i in waiting if i.startswith(given)]
    if len(found) != 1:
        raise InvalidAnswer(
            f"no single question has the id {given!r}. These wait: {_ids(waiting)}."
        )
    return found[0]


def _ids(waiting: Mapping[str, Any]) -> str:
    def about(value: Any) -> str:
        found: Sequence[dict[str, Any]] = actions(value)
        return ", ".join(f"{a.get('name')} {arguments(a.get('args') or {}, 30)}" for a in found)

    return "; ".join(f"{i} ({about(v) or 'a question'})" for i, v in waiting.items())


def _object(said: str) -> dict[str, Any]:
    value = parsed(said)
    if not isinstance(value, dict):
        raise InvalidAnswer(f"an edit is a JSON object of changed arguments, not {said!r}.")
    return cast("dict[str, Any]", value)


def parsed(said: str) -> Any:
    """Read JSON that a person typed.

    Raises:
        InvalidAnswer: It is none.
    """
    try:
        return json.loads(said)
    except json.JSONDecodeError as error:
        raise InvalidAnswer(
            f"this is not JSON: {said!r} ({error.msg}, column {error.colno}). "
            "Put it in single quotes, texts inside it in double quotes."
        ) from error
