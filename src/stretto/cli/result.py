"""A turn's outcome, as JSON and on the screen."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from rich.text import Text

from stretto.cli.ask import answering, draw_asked
from stretto.cli.commands import draw_commands
from stretto.cli.outcome import draw_answer, draw_citation, draw_usage, next_commands

if TYPE_CHECKING:
    from rich.console import Console

    from stretto.cli.view import View
    from stretto.members import Reply
    from stretto.runs import Result


def print_json(value: Any) -> None:
    """Print one JSON object on a line."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


def json_of(result: Result, view: View) -> dict[str, Any]:
    """The outcome as the one object that `--json` prints."""
    answer, typed = result.answer, typed_reply(result)
    cited = answer.citations if answer else typed.citations if typed else []
    told: dict[str, Any] = {
        "answer": text_of(result) if result.status == "done" or answer else None,
        "citations": [c.model_dump(mode="json") for c in cited],
        "tasks": _tasks(result, view),
        "rounds": answer.rounds if answer else len(view.rounds),
        "verdict": answer.verdict if answer else None,
        "reason": answer.reason if answer else "",
        "status": result.status,
        "thread": result.thread,
        "usage": {
            "model_calls": result.usage.model_calls,
            "tool_calls": result.usage.tool_calls,
            "input_tokens": result.usage.input_tokens,
            "output_tokens": result.usage.output_tokens,
        },
        "seconds": round(result.seconds, 3),
    }
    if typed is not None:
        told["output"] = typed.json
    if result.interrupts:
        told["interrupts"] = [{"id": i.id, "value": i.value} for i in result.interrupts]
    return told


def typed_reply(result: Result) -> Reply | None:
    """The typed output of an agent that ran alone, or of a pattern; `None` when there is none."""
    from stretto.members.reply import reply

    known = ("structured_response", "results", "messages")
    told = {key: result.value[key] for key in known if key in result.value}
    return reply(told, "team") if told.get("structured_response") is not None else None


def text_of(result: Result) -> str:
    """The outcome in words: the answer, the typed output's text, or the last message."""
    typed = typed_reply(result)
    return result.text if typed is None else typed.text or plain_state(typed.json)


def _tasks(result: Result, view: View) -> list[dict[str, Any]]:
    results: dict[str, Any] = result.value.get("results") or {}
    tasks = view.round.tasks.values() if view.round is not None else ()
    return [
        {
            "id": task.id,
            "goal": task.goal,
            "agent": task.agent,
            "needs": list(task.needs),
            "state": task.state,
            "found": getattr(results.get(task.id), "found", None),
            "text": getattr(results.get(task.id), "text", ""),
            "round": getattr(results.get(task.id), "round", 1),
            "tool_calls": len(task.calls),
            "seconds": round(task.seconds or 0.0, 3),
        }
        for task in tasks
    ]


def tell(console: Console, result: Result, view: View, *, as_json: bool, searches: bool) -> None:
    """Print the outcome, as JSON or for people."""
    if as_json:
        print_json(json_of(result, view))
    else:
        print_outcome(console, result, view, searches=searches)


def print_outcome(
    console: Console, result: Result, view: View, *, searches: bool = False, next_steps: bool = True
) -> None:
    """Print the answer, what it took and what to try next; or what waits for a person."""
    waiting = {i.id: i.value for i in result.interrupts}
    if waiting:
        console.print(draw_asked(waiting))
    elif result.answer is not None:
        goals = [task.goal for one in view.rounds for task in one.tasks.values()]
        console.print(draw_answer(result.answer.model_dump(mode="json"), goals))
    else:
        console.print(Text(f"\n{text_of(result) or plain_state(result.value)}"))
        typed = typed_reply(result)
        for number, cited in enumerate(typed.citations if typed is not None else (), 1):
            console.print(draw_citation(number, cited.model_dump(mode="json")))
    console.print(draw_usage(result.usage, view.seconds, view.limits))
    if not next_steps:
        return
    console.print(Text(f"thread {result.thread}", "dim"))
    if waiting:
        title, commands = "answer it", answering(result.thread, waiting)
    else:
        title, commands = "next", next_commands(view, searches=searches)
    console.print(draw_commands(title, commands, width=console.width))


def plain_state(value: Any) -> str:
    """A graph's state as JSON, for graphs without messages."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
