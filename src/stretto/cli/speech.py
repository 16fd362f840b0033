"""Shows what is said in a conversation as it is said: tokens, who speaks, tool calls folded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from stretto.cli.display import Silent
from stretto.cli.words import arguments, cut, seconds
from stretto.records import AGENT_KEY, AnyRecord, Decided, ToolEnded, ToolStarted

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from rich.console import Console

    from stretto.runs import Part

RESULT = 80
"""Characters shown of a tool's result."""


class Speech(Silent):
    """Prints a conversation's tokens; is given records by the run and parts by its stream."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console
        self._speaking = ""
        """Id of the message whose tokens are being printed."""
        self._said: set[str] = set()
        self._texts: dict[str, str] = {}
        """What was said so far, by the id of its message."""
        self._args: dict[str, dict[str, Any]] = {}
        self.spoke = False
        """Whether anything was said in words."""

    def add(self, record: AnyRecord) -> None:
        """Print a tool call when it has ended, and what was decided."""
        super().add(record)
        match record:
            case ToolStarted():
                self._args[record.span] = record.args
            case ToolEnded() if record.status != "interrupted":
                self._tool(record)
            case Decided():
                reason = f": {record.reason}" if record.reason else ""
                self._line(Text(f"  {record.by}: {record.decision}{reason}", "dim"))
            case _:
                pass

    def part(self, part: Part) -> None:
        """Print the tokens of a message; each message once, under the name of its speaker.

        Of a whole message that begins with what was said before, as when a team gives on what its
        member said, only the rest is printed.
        """
        if part["type"] != "messages":
            return
        message, about = part["data"]
        if message.type not in {"ai", "AIMessageChunk"} or not message.text:
            return
        identity, text = str(message.id), message.text
        if identity != self._speaking:
            if identity in self._said or not (text := self._new(message)):
                self._said.add(identity)
                return
            self._end_line()
            self._speaking = identity
            self._said.add(identity)
            who = about.get(AGENT_KEY) or about.get("lc_agent_name") or about.get("langgraph_node")
            self._console.print(Text(f"{message.name or who or 'agent'}: ", "bold cyan"), end="")
        self.spoke = True
        self._texts[identity] = self._texts.get(identity, "") + message.text
        self._console.print(Text(text), end="", soft_wrap=True)

    def _new(self, message: BaseMessage) -> str:
        """What a message says that was not said before; of a piece of one, all of it."""
        text = str(message.text)
        if message.type != "ai":
            return text
        said = [each.strip() for each in self._texts.values()]
        known = [each for each in said if each and f"{text} ".startswith((f"{each} ", f"{each}\n"))]
        return text[len(max(known, key=len)) :].strip() if known else text

    def say(self, text: str) -> None:
        """Print a line beside the conversation."""
        self._line(Text(text, "yellow"))

    def close(self) -> None:
        """End the line."""
        self._end_line()

    def _tool(self, record: ToolEnded) -> None:
        line = Text.assemble("  ", (record.tool, "blue"), " ")
        line.append(arguments(self._args.pop(record.span, {})), "dim")
        if record.status == "failed":
            line.append(f" failed: {cut(record.error, RESULT)}", "red")
        else:
            line.append(f" → {cut(record.result, RESULT)}", "dim")
        self._line(line.append(f"  {seconds(record.seconds)}", "dim"))

    def _line(self, line: Text) -> None:
        self._end_line()
        self._console.print(line)

    def _end_line(self) -> None:
        if self._speaking:
            self._console.print()
            self._speaking = ""
