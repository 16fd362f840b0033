"""A model whose name is a slip of the pen fails with the first request, not before.

Nothing asks a provider for its models when an agent is made. A name that is one or two letters away
from a known one is most likely misspelt, and so is a provider's (`opnai:gpt-5`), which fails when
the agent is made. Names that are like none are left alone, since new models come every week, and so
are those of servers of your own.

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
import re
from typing import TYPE_CHECKING, Any

from stretto.check.mutating import inserted
from stretto.check.reading.agents import model_of
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


PROVIDERS = (
    "anthropic", "anthropic_bedrock", "azure_ai", "azure_openai", "baseten", "bedrock",
    "bedrock_converse", "cohere", "deepseek", "fireworks", "google_anthropic_vertex",
    "google_genai", "google_vertexai", "groq", "huggingface", "ibm", "litellm", "meta",
    "mistralai", "nvidia", "offline", "ollama", "openai", "openrouter", "perplexity", "together",
    "upstage", "xai",
)  # fmt: skip
"""Whose models LangChain can make by their names."""
_FREE = frozenset({"azure_ai", "azure_openai", "huggingface", "litellm", "ollama", "openrouter"})
"""Providers with whom models are called as whoever sets them up likes."""
_OWN_SERVER = ("openai_api_base", "base_url", "azure_endpoint", "anthropic_api_url")
_DIGITS = re.compile(r"\d+")


def check(graph: Graph) -> Iterator[Finding]:
    """Name the models of agents that are nearly known ones."""
    for box in toolboxes(graph):
        inner = graph.nodes[box.node].graph if box.node else graph
        if box.agent is None or (inner is not None and _is_elsewhere(model_of(inner))):
            continue
        name, near = _nearly(box.agent.model)
        if near:
            yield RULE.finding(
                graph,
                f"no known model is called {name!r}, as that of {box.owner!r} is",
                f"Write {near!r} if that is meant.",
                certainty="possible",
                node=box.node,
                place=box.place,
            )


def _nearly(name: str) -> tuple[str, str]:
    """The part of a name that is nearly known, and what it is near; nothing for other names."""
    provider, colon, rest = name.partition(":")
    model = rest if colon and provider in PROVIDERS else name
    if colon and model == name and not _DIGITS.search(provider):
        near = difflib.get_close_matches(provider, PROVIDERS, n=1, cutoff=0.8)
        return name, f"{near[0]}:{rest}" if near else ""
    if provider in _FREE or not model or model in KNOWN or model.startswith(FAMILIES):
        return model, ""
    near = difflib.get_close_matches(model, KNOWN, n=1, cutoff=0.8)
    newer = bool(near) and _DIGITS.sub("", near[0]) == _DIGITS.sub("", model)
    return model, near[0] if near and not newer else ""


def _is_elsewhere(model: Any) -> bool:
    """Whether a model is on a server of its own, which may call it what it likes."""
    return any(getattr(model, name, None) for name in _OWN_SERVER)


def mutate(builder: Builder) -> Builder:
    """Put an agent at the front whose model is misspelt."""
    from langchain_core.language_models.fake_chat_models import GenericFakeChatModel

    class Named(GenericFakeChatModel):
        model_name: str = "gtp-5-mini"

    agent = agent_of(model=Named(messages=iter([])))
    return inserted(builder, "misspelt_clerk", asking(agent))


RULE = Rule("A509", "unknown-model", "warning", __doc__, check, mutate)
