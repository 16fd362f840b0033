"""A model whose name is a slip of the pen fails with the first request, not before.

Nothing asks a provider for its models when an agent is made. A name that is one or two letters away
from a known one is most likely misspelt; names that are like none are left alone, since new models
come every week.

Bad:

```python
from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware
from langchain_openai import ChatOpenAI

limit = ModelCallLimitMiddleware(run_limit=9)

model = ChatOpenAI(model="gtp-5-mini", api_key="none")
graph = create_agent(model, [], middleware=[limit])
```

Good:

```python
from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware
from langchain_openai import ChatOpenAI

limit = ModelCallLimitMiddleware(run_limit=9)

model = ChatOpenAI(model="gpt-5-mini", api_key="none")
graph = create_agent(model, [], middleware=[limit])
```
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from stretto.check.mutating import inserted
from stretto.check.rule import Rule
from stretto.check.toolboxes import agent_of, asking, toolboxes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


KNOWN = (
    "gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "gpt-5", "gpt-5-mini",
    "gpt-5-nano", "o1", "o3", "o3-mini", "o4-mini", "claude-sonnet-4", "claude-opus-4",
    "claude-haiku-4", "gemini-2.5-pro", "gemini-2.5-flash", "mistral-large-latest",
    "deepseek-chat", "deepseek-reasoner", "llama-3.3-70b-versatile",
)  # fmt: skip
"""Names that misspelt ones are compared with; there are others."""
FAMILIES = ("gpt-", "o1", "o3", "o4", "claude-", "gemini-", "mistral-", "deepseek-", "llama")
"""How names begin that are taken as they are."""


def check(graph: Graph) -> Iterator[Finding]:
    """Name the models of agents that are nearly known ones."""
    for box in toolboxes(graph):
        name = box.agent.model.rpartition(":")[2] if box.agent is not None else ""
        if not name or name in KNOWN or name.startswith(FAMILIES):
            continue
        near = difflib.get_close_matches(name, KNOWN, n=1, cutoff=0.85)
        if near:
            yield RULE.finding(
                graph,
                f"no known model is called {name!r}, as that of {box.owner!r} is",
                f"Write {near[0]!r} if that is meant.",
                certainty="possible",
                node=box.node,
                place=box.place,
            )


def mutate(builder: Builder) -> Builder:
    """Put an agent at the front whose model is misspelt."""
    from langchain_core.language_models.fake_chat_models import GenericFakeChatModel

    class Named(GenericFakeChatModel):
        model_name: str = "gtp-5-mini"

    agent = agent_of(model=Named(messages=iter([])))
    return inserted(builder, "misspelt_clerk", asking(agent))


RULE = Rule("A509", "unknown-model", "warning", __doc__, check, mutate)
