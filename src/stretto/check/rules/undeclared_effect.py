"""A tool that does not say what it does to the world is asked about after every crash.

With Stretto's effects a call that was begun and never came back is repeated, put to a person or
refused, as its tool declares; what declares nothing counts as "ask". It is asked only where other
tools of the graph do declare, so that this one was most likely forgotten.

Bad:

```python
from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from stretto import tool

model = GenericFakeChatModel(messages=iter([AIMessage("Done.")]))
limit = ModelCallLimitMiddleware(run_limit=9)


@tool(effect="reads")
def look_up(words: str) -> str:
    "Look something up."
    return words


def add(first: int, second: int) -> int:
    "Add two numbers."
    return first + second


graph = create_agent(model, [look_up, add], middleware=[limit])
```

Good:

```python
from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from stretto import tool

model = GenericFakeChatModel(messages=iter([AIMessage("Done.")]))
limit = ModelCallLimitMiddleware(run_limit=9)


@tool(effect="reads")
def look_up(words: str) -> str:
    "Look something up."
    return words


@tool(effect="reads")
def add(first: int, second: int) -> int:
    "Add two numbers."
    return first + second


graph = create_agent(model, [look_up, add], middleware=[limit])
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stretto.check.mutating import inserted
from stretto.check.rule import Rule
from stretto.check.toolboxes import agent_of, asking, toolboxes
from stretto.spec.tool import EFFECT_KEY
from stretto.spec.tool import tool as declare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph, Tool
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the tools that declare nothing beside those that do."""
    for box in toolboxes(graph):
        for tool in box.tools if any(map(_declares, box.tools)) else ():
            if not tool.effect and tool.code is not None and not (tool.code.jumps or _hinted(tool)):
                yield RULE.finding(
                    graph,
                    f"tool {tool.name!r} of {box.owner!r} declares no effect, other tools do",
                    "Say what it does with `stretto.tool(effect=...)`.",
                    node=box.node,
                    place=tool.place or box.place,
                )


def _declares(tool: Tool) -> bool:
    """Whether it declares an effect of ours; hints of an MCP server are not the author's."""
    if tool.live is None:
        return bool(tool.effect)
    layers = (tool.live, *(getattr(tool.live, name, None) for name in ("coroutine", "func")))
    return EFFECT_KEY in _metadata(tool) or any(hasattr(each, EFFECT_KEY) for each in layers)


def _hinted(tool: Tool) -> bool:
    return any(str(key).endswith("Hint") for key in _metadata(tool))


def _metadata(tool: Tool) -> dict[str, Any]:
    return getattr(tool.live, "metadata", None) or {}


def mutate(builder: Builder) -> Builder:
    """Put an agent at the front of whose two tools one declares nothing."""
    return inserted(builder, "forgetful_clerk", asking(agent_of(_declared, _undeclared)))


@declare(effect="reads")
def _declared(words: str) -> str:
    """Look something up."""
    return words


def _undeclared(words: str) -> str:
    """Look something else up."""
    return words


RULE = Rule("A502", "undeclared-effect", "warning", __doc__, check, mutate)
