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
from typing import TYPE_CHECKING

from stretto.check.mutating import inserted
from stretto.check.rule import Rule
from stretto.check.toolboxes import agent_of, asking, toolboxes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


_VARIABLE = re.compile(r"(?<![{$])\{([a-z_][a-z0-9_]*)\}(?!\})")


def check(graph: Graph) -> Iterator[Finding]:
    """Name the variables that stand in prompts of agents."""
    for box in toolboxes(graph):
        prompt = box.agent.prompt if box.agent is not None else ""
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


def mutate(builder: Builder) -> Builder:
    """Put an agent at the front whose prompt has a variable."""
    agent = agent_of(system_prompt="Help {customer} politely.")
    return inserted(builder, "blank_clerk", asking(agent))


RULE = Rule("A504", "prompt-variable", "warning", __doc__, check, mutate)
