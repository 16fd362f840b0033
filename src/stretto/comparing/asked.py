"""Whether what a node has asked, called or begun still means the same in its new version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stretto.check.asking import ASKING_MIDDLEWARE, node_asks
from stretto.comparing.agents import arguments
from stretto.comparing.nodes import kept_calls, questions, same_work
from stretto.comparing.reason import Reason
from stretto.comparing.schemas import differences

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stretto.check.facts import Function, Node, Tool

_UNORDERED = "what it had done is kept by the order of its tasks and effects, and that changed"


def asked_reasons(old: Node, new: Node) -> Iterator[Reason]:
    """Tell what is otherwise with a node's questions, its kept results and its tools' calls.

    Args:
        old: The node that a thread waits in.
        new: The node of that name in the new version.
    """
    yield from _code(old.code, new.code)
    if old.code is None and node_asks(old) and old.graph is None:
        if not node_asks(new):
            yield Reason("it asks nobody any more: the answer would be lost")
        elif not same_work(old, new):
            yield Reason("it asks otherwise now", fatal=False)
    if old.name.startswith(f"{ASKING_MIDDLEWARE}.") and _asked_for(old) != _asked_for(new):
        yield Reason("it asks for other tools now, so the answers may not fit the calls")
    yield from _tools(_by_name(old.tools), _by_name(new.tools))


def _asked_for(node: Node) -> object:
    runnable: Any = getattr(node.live, "runnable", None)
    function = getattr(runnable, "func", None) or getattr(runnable, "afunc", None)
    return str(getattr(getattr(function, "__self__", None), "interrupt_on", ""))


def _code(old: Function | None, new: Function | None) -> Iterator[Reason]:
    yield from _questions(questions(old), questions(new))
    before, after = kept_calls(old), kept_calls(new)
    if before and after[: len(before)] != before:
        yield Reason(_UNORDERED)


def _questions(old: Sequence[str], new: Sequence[str]) -> Iterator[Reason]:
    if not old or new[: len(old)] == old:
        return
    if not new:
        yield Reason("it asks nobody any more: the answer would be lost")
    elif len(old) == len(new) == 1:
        told = f"its question changed, and takes the answer to the old one: {old[0]} -> {new[0]}"
        yield Reason(told, fatal=False)
    else:
        yield Reason(
            "answers are told apart by the order of its questions, and that changed: "
            f"{'; '.join(old)} -> {'; '.join(new)}"
        )


def _by_name(tools: Sequence[Tool]) -> dict[str, Tool]:
    return {each.name: each for each in tools}


def _tools(old: Mapping[str, Tool], new: Mapping[str, Tool]) -> Iterator[Reason]:
    for name, tool in old.items():
        now = new.get(name)
        if now is None:
            yield Reason(f"tool {name!r} is gone, and a call of it may wait here")
            continue
        yield from _code(tool.code, now.code)
        for each in differences(arguments(tool), arguments(now), "given", "argument"):
            if each.breaking:
                told = f"a call of tool {name!r} that waits may not fit: {each.text}"
                yield Reason(told, fatal=False)
