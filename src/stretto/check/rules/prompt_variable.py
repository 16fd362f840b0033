"""A variable in a prompt that nobody fills in is sent to the model as it stands.

`create_agent` sends its system prompt as it is; `{customer}` in it is no placeholder, the model
reads the braces. Most often an `f` in front of the text is missing, or a `.format(...)` behind it.

Bad:

```python
from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

model = GenericFakeChatModel(messages=iter([AIMessage("Done.")]))
limit = ModelCallLimitMiddleware(run_limit=9)

graph = create_agent(model, [], middleware=[limit], system_prompt="Help {customer} politely.")
```

Good:

```python
from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

model = GenericFakeChatModel(messages=iter([AIMessage("Done.")]))
limit = ModelCallLimitMiddleware(run_limit=9)

customer = "Ann"
graph = create_agent(model, [], middleware=[limit], system_prompt=f"Help {customer} politely.")
```
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stretto.check.mutating import inserted
from stretto.check.rule import Rule
from stretto.check.toolboxes import agent_of, asking, toolboxes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


_VARIABLE = re.compile(r"(?<![\w{}$\\^/`'\"])\{([a-z_][a-z0-9_]*)\}(?![}`'\"])")
"""One that stands in prose: none of a formula, a path, or a piece of code."""
_KNOWN = ("langchain.agents.middleware.", "stretto.")


def check(graph: Graph) -> Iterator[Finding]:
    """Name the variables that stand in prompts of agents."""
    for box in toolboxes(graph):
        known = box.agent is not None and all(map(_leaves_alone, box.agent.middleware))
        prompt = box.agent.prompt if box.agent is not None and known else ""
        names = list(dict.fromkeys(_VARIABLE.findall(prompt)))
        if names:
            yield RULE.finding(
                graph,
                f"the prompt of {box.owner!r} has a variable {names[0]!r} that nobody fills in",
                "Write an f-string or use `.format`; double the braces where they are meant.",
                certainty="possible",
                node=box.node,
                place=box.place,
            )


def _leaves_alone(middleware: Any) -> bool:
    """Whether it does not make a prompt of its own: middleware of LangChain's and ours does not."""
    if isinstance(middleware, str):
        return middleware.startswith(_KNOWN)
    from langchain.agents import middleware as theirs

    kind = type(middleware)
    public = kind.__name__ in theirs.__all__  # `@dynamic_prompt` makes classes there, too
    ours = kind.__module__.startswith("stretto.")
    return ours or (public and kind.__module__.startswith(_KNOWN))


def mutate(builder: Builder) -> Builder:
    """Put an agent at the front whose prompt has a variable."""
    agent = agent_of(system_prompt="Help {customer} politely.")
    return inserted(builder, "blank_clerk", asking(agent))


RULE = Rule("A504", "prompt-variable", "warning", __doc__, check, mutate)
