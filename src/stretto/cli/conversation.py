"""A conversation at the keyboard: turns, approvals, slash commands, Ctrl-C within a turn."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rich.text import Text

from stretto.cli import keyboard
from stretto.cli.approve import ask_all
from stretto.cli.console import errors, screen, show_on
from stretto.cli.faults import RunFailed, text
from stretto.cli.feedback import said as said_of
from stretto.cli.outcome import limit_words, model_words
from stretto.cli.past import draw_past, draw_state, past
from stretto.cli.person import user
from stretto.cli.result import print_outcome, text_of
from stretto.cli.speech import Speech
from stretto.cli.turn import drive, has_plan
from stretto.errors import RunStopped, StrettoError, ThreadUnknown
from stretto.observe.feedback import give_feedback
from stretto.runs import Resume, fork
from stretto.runs.stream import compiled

if TYPE_CHECKING:
    from langgraph.types import StateSnapshot

    from stretto.cli.turn import Turn
    from stretto.observe.feedback import Thumb
    from stretto.runs import Input, Result, Storage

HELP = """\
/state      what the thread holds now
/history    the turns so far, numbered
/good [WHY] the last turn was good; /bad [WHY] that it was not: feedback, kept with it
/fork [N]   go back to after turn N, without N to before the last one; nothing is deleted
/quit       end (Ctrl-D too); the thread stays and can be gone on with
Ctrl-C      during a turn: stop it at the next safe point
An empty line goes on with a turn that has not ended."""


class Conversation:
    """One thread with a person at the keyboard."""

    def __init__(self, turn: Turn, storage: Storage) -> None:
        self._turn, self._storage = turn, storage
        self._graph = compiled(turn.graph, storage)
        self._console = screen()
        self._plans = has_plan(turn.graph)

    async def hold(self) -> None:
        """Talk until the person ends it."""
        self._greet()
        with keyboard.ready():
            try:
                await self._settle(await self._snapshot())
                while await self._next():
                    pass
            except EOFError:
                self._console.print()
        self._console.print(
            Text(
                f"thread {self._turn.thread}  go on: stretto chat {self._turn.team} "
                f"--thread {self._turn.thread}",
                "dim",
            )
        )

    def _greet(self) -> None:
        turn = self._turn
        limits = limit_words(turn.limits.counts()) if turn.limits else "none"
        model = f"  {model_words(turn.model)}" if turn.model else ""
        self._console.print(Text.assemble((turn.team, "bold cyan"), model))
        self._console.print(Text(f"{limits} a turn · thread {turn.thread} · /help", "dim"))

    async def _next(self) -> bool:
        """One line of the person's; false when it ends the conversation."""
        try:
            said = keyboard.read("\nyou: ").strip()
        except KeyboardInterrupt:
            self._console.print(Text("(Ctrl-D or /quit ends)", "dim"))
            return True
        if said.startswith("/"):
            return await self._command(said)
        snapshot = await self._snapshot()
        if not said:
            await self._settle(snapshot)
        elif snapshot.next:
            self._note("the last turn has not ended: an empty line goes on with it, /fork drops it")
        else:
            await self._take(said)
        return True

    async def _settle(self, snapshot: StateSnapshot) -> None:
        """Go on with a turn that has not ended, asking what it waits for."""
        waiting = {i.id: i.value for i in snapshot.interrupts}
        if waiting:
            answers = ask_all(self._console, waiting, keyboard.read)
            if answers:
                await self._take(Resume(answers=answers, by=user()))
        elif snapshot.next:
            self._note("the last turn had not ended; it goes on")
            await self._take(Resume())

    async def _take(self, given: Input) -> None:
        """Run a turn, and ask what it waits for until it waits no more or is put off."""
        while True:
            try:
                result = await self._run(given)
            except RunFailed as failed:
                self._tell(failed)
                return
            if not result.interrupts:
                return
            waiting = {i.id: i.value for i in result.interrupts}
            answers = ask_all(self._console, waiting, keyboard.read)
            if not answers:
                self._note("it waits; an empty line asks again")
                return
            given = Resume(answers=answers, by=user())

    async def _run(self, given: Input) -> Result:
        if self._plans:
            return await self._run_plan(given)
        speech = Speech(self._console)
        turn = replace(self._turn, input=given, modes=("messages",))
        result = await drive(turn, speech, storage=self._storage, also=speech.part, is_chat=True)
        said = text_of(result)
        if not speech.spoke and said and result.status == "done":
            self._console.print(Text.assemble((f"{self._turn.team}: ", "bold cyan"), said))
        return result

    async def _run_plan(self, given: Input) -> Result:
        """A team with a plan: its tasks as they go on, then the answer."""
        display = show_on(self._console, header=False, plan=True)
        if isinstance(given, Resume):
            from stretto.journal import last_turn

            display.known(last_turn(await self._storage.journal.records(self._turn.thread)))
        turn = replace(self._turn, input=given)
        result = await drive(turn, display, storage=self._storage, is_chat=True)
        if not result.interrupts:
            print_outcome(self._console, result, display.view, next_steps=False)
        return result

    async def _command(self, said: str) -> bool:
        word, _, rest = said.partition(" ")
        match word:
            case "/quit" | "/exit" | "/q":
                return False
            case "/help" | "/?":
                self._console.print(Text(HELP))
            case "/state":
                self._console.print(draw_state(await self._snapshot()))
            case "/history":
                self._console.print(draw_past(await past(self._graph, self._turn.thread)))
            case "/fork":
                await self._fork(rest.strip())
            case "/good" | "/bad":
                await self._judge("up" if word == "/good" else "down", rest.strip())
            case _:
                known = "/help /state /history /good /bad /fork /quit"
                self._note(f"there is no {word}. These are: {known}")
        return True

    async def _judge(self, thumb: Thumb, comment: str) -> None:
        """Write down what the person thinks of the last turn."""
        try:
            given = await give_feedback(
                self._storage.journal, self._turn.thread, thumb=thumb, comment=comment, by=user()
            )
        except ThreadUnknown:
            self._note("there is no turn yet to judge. Ask something first.")
        except StrettoError as error:
            self._note(str(error))
        else:
            self._note(said_of(given))

    async def _fork(self, said: str) -> None:
        turns = await past(self._graph, self._turn.thread)
        unfinished = bool((await self._snapshot()).next)
        number = int(said) if said.isdigit() else len(turns) - (not unfinished)
        if not turns or number == 0:
            self._note("no turn has ended before it. /quit, and start a conversation of its own")
            return
        if not 1 <= number <= len(turns):
            self._note(f"there is no turn {number}. See /history; /fork 1 goes to after the first.")
            return
        try:
            await fork(
                self._turn.graph,
                self._turn.thread,
                turns[number - 1].checkpoint,
                storage=self._storage,
            )
        except StrettoError as error:
            self._note(str(error))
            return
        self._note(f"back to after turn {number}: {turns[number - 1].said}")

    async def _snapshot(self) -> StateSnapshot:
        config: Any = {"configurable": {"thread_id": self._turn.thread}}
        return await self._graph.aget_state(config)

    def _note(self, said: str) -> None:
        self._console.print(Text(said, "yellow"))

    def _tell(self, failed: RunFailed) -> None:
        if isinstance(failed.error, RunStopped):
            self._note(
                "stopped; what was done is stored. An empty line goes on, /fork drops the turn"
            )
            return
        errors().print(Text.assemble(("error", "bold red"), ": ", text(failed)))
