"""A tool without a description, or with parameters without types, leaves the model to guess.

What a model knows of a tool is its description and the schema of its arguments, which are made of
the docstring and the type hints. A parameter without a type may be given anything: a number as
text, a list as one item.

Bad:

```python
from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

model = GenericFakeChatModel(messages=iter([AIMessage("Done.")]))
limit = ModelCallLimitMiddleware(run_limit=9)


def add(first, second) -> int:
    "Add two numbers."
    return first + second


graph = create_agent(model, [add], middleware=[limit])
```

Good:

```python
from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

model = GenericFakeChatModel(messages=iter([AIMessage("Done.")]))
limit = ModelCallLimitMiddleware(run_limit=9)


def add(first: int, second: int) -> int:
    "Add two numbers."
    return first + second


graph = create_agent(model, [add], middleware=[limit])
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stretto.check.mutating import inserted
from stretto.check.rule import Rule
from stretto.check.toolboxes import agent_of, asking, toolboxes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph, Tool
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the tools of which a model is told too little."""
    for box in toolboxes(graph):
        for tool in box.tools:
            missing = _missing(tool)
            if missing:
                yield RULE.finding(
                    graph,
                    f"tool {tool.name!r} of {box.owner!r} has no {missing}",
                    "Write a docstring, and a type for each parameter: a model sees no more.",
                    node=box.node,
                    place=tool.place or box.place,
                )


def _missing(tool: Tool) -> str:
    if tool.untyped:
        return f"type for {', '.join(map(repr, tool.untyped))}"
    told = tool.description.strip() or isinstance(tool.live, dict)  # one of the provider's own
    return "" if told else "description"


def mutate(builder: Builder) -> Builder:
    """Put an agent at the front with a tool whose parameter may be anything."""
    return inserted(builder, "guessing_clerk", asking(agent_of(_look_up)))


def _look_up(words) -> str:  # type: ignore[no-untyped-def]  # noqa: ANN001 - the fault
    """Look something up."""
    return str(words)


RULE = Rule("A501", "bare-tool", "warning", __doc__, check, mutate)
