"""Of two tools with one name an agent has only one, without a word.

An agent and a ToolNode keep tools by name: the later one takes the place of the earlier, which is
then neither offered to the model nor ever called. `bind_tools` sends both, and providers refuse
them.

Bad:

```python
from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.tools import tool

model = GenericFakeChatModel(messages=iter([AIMessage("Done.")]))
limit = ModelCallLimitMiddleware(run_limit=9)


def look_up(words: str) -> str:
    "Look words up in the handbook."
    return words


@tool("look_up")
def look_up_elsewhere(words: str) -> str:
    "Look words up on the web."
    return words


graph = create_agent(model, [look_up, look_up_elsewhere], middleware=[limit])
```

Good:

```python
from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.tools import tool

model = GenericFakeChatModel(messages=iter([AIMessage("Done.")]))
limit = ModelCallLimitMiddleware(run_limit=9)


def look_up(words: str) -> str:
    "Look words up in the handbook."
    return words


@tool("search_web")
def look_up_elsewhere(words: str) -> str:
    "Look words up on the web."
    return words


graph = create_agent(model, [look_up, look_up_elsewhere], middleware=[limit])
```
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.tools import BaseTool

from stretto.check.mutating import from_file, inserted
from stretto.check.reading.scope import placed
from stretto.check.reading.source_files import read
from stretto.check.reading.spaces import Project
from stretto.check.reading.tools import tool_in
from stretto.check.rule import Rule
from stretto.check.toolboxes import toolboxes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph, Tool
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder
    from stretto.check.reading.spaces import Space

_TAKES_TOOLS = {"create_agent": 1, "create_react_agent": 1, "ToolNode": 0, "bind_tools": 0}
"""What is given tools, and at which place: LangChain keeps one of each name, so only the source
tells that there were two."""


def check(graph: Graph) -> Iterator[Finding]:
    """Name the tools of one name that something is given, in the files of the graph."""
    if graph.path:
        return
    yield from _of_middleware(graph)
    for file in _files(graph):
        source = read(file)
        if source is None:
            continue
        space = Project(Path(file).parent).made(Path(file), source.tree)
        for call in ast.walk(source.tree):
            if isinstance(call, ast.Call):
                yield from _of_call(graph, call, space)


def _of_middleware(graph: Graph) -> Iterator[Finding]:
    """Name the tools of middleware whose place one of the agent's own has taken."""
    for box in (box for each in graph.below() for box in toolboxes(each)):
        kept = {tool.name: tool.live for tool in box.tools}
        around = box.agent.middleware if box.agent is not None else ()
        for middleware in around:
            for tool in getattr(middleware, "tools", ()):
                name = str(getattr(tool, "name", ""))
                if name in kept and isinstance(tool, BaseTool) and kept[name] is not tool:
                    yield RULE.finding(
                        graph,
                        f"{box.owner!r} has a tool {name!r}, and its middleware "
                        f"{type(middleware).__name__!r} another of that name",
                        "Give each a name of its own.",
                        node=box.node if box.node in graph.nodes else "",
                        place=box.place,
                    )


def _files(graph: Graph) -> list[str]:
    found = [graph.file, *(graph.places.files if graph.places is not None else ())]
    for each in graph.below():
        found += [node.code.source for node in each.nodes.values() if node.code is not None]
    return list(dict.fromkeys(file for file in found if file))


def _of_call(graph: Graph, call: ast.Call, space: Space) -> Iterator[Finding]:
    name = space.dotted(call.func).rpartition(".")[2]
    if name not in _TAKES_TOOLS:
        return
    at = _TAKES_TOOLS[name]
    given = call.args[at] if len(call.args) > at else None
    given = next((word.value for word in call.keywords if word.arg == "tools"), given)
    listed = space.resolved(given) if given is not None else None
    if listed is None or not isinstance(listed[0], ast.List | ast.Tuple):
        return
    given_once = {ast.unparse(each): each for each in listed[0].elts}.values()
    tools = [tool_in(each, listed[1]) for each in given_once]
    names = [tool.name for tool in tools if tool is not None]
    for twice in sorted({each for each in names if names.count(each) > 1}):
        last: Tool = [tool for tool in tools if tool is not None and tool.name == twice][-1]
        yield RULE.finding(
            graph,
            f"`{name}` is given {names.count(twice)} tools named {twice!r}",
            "Give each a name of its own.",
            place=last.place or placed(space.file, call),
        )


def mutate(builder: Builder) -> Builder:
    """Put a node at the front whose tools have one name."""
    return inserted(builder, "confused_clerk", from_file(_SOURCE, "confused_clerk"))


_SOURCE = """
from langchain_core.tools import tool
from langgraph.prebuilt import ToolNode

@tool("look_up")
def one(words: str) -> str:
    'Look words up.'
    return words

@tool("look_up")
def other(words: str) -> str:
    'Look other words up.'
    return words

tools = ToolNode([one, other])

def confused_clerk(state):
    return {} if tools else {}
"""


RULE = Rule("A506", "same-tool-name", "error", __doc__, check, mutate)
