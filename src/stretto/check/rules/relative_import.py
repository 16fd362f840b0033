"""A relative import in a graph's file fails under LangGraph's server.

The server loads the files that langgraph.json names under made-up module names, outside of any
package. `from .parts import x` has nothing to be relative to there: at the top of the file the
graph does not load, within a function the node fails when it runs. It is asked only of graphs that
a server serves.

Bad:

```python
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    text: str


def write(state: State) -> dict:
    from .words import greeting

    return {"text": greeting}


builder = StateGraph(State)
builder.add_node("write", write)
builder.add_edge(START, "write")
builder.add_edge("write", END)
graph = builder.compile()
```

Good:

```python
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    text: str


def write(state: State) -> dict:
    from string import capwords

    return {"text": capwords("a draft")}


builder = StateGraph(State)
builder.add_node("write", write)
builder.add_edge(START, "write")
builder.add_edge("write", END)
graph = builder.compile()
```
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

from stretto.check.mutating import from_file, inserted
from stretto.check.reading.scope import placed
from stretto.check.reading.source_files import read
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the relative imports of the graph's own file, and of its nodes outside of packages."""
    source = read(graph.file) if graph.file else None
    trees: list[tuple[str, ast.AST]] = [(graph.file, source.tree)] if source else []
    codes = [node.code for node in graph.nodes.values() if node.code is not None]
    trees += [
        (code.source, code.tree)
        for code in codes
        if code.source != graph.file and not Path(code.source).with_name("__init__.py").is_file()
    ]
    trees += [(c.source, c.tree) for c in codes if c.source == graph.file and source is None]
    for file, tree in trees:
        for each in ast.walk(tree):
            if isinstance(each, ast.ImportFrom) and each.level:
                name = "." * each.level + (each.module or "")
                yield RULE.finding(
                    graph,
                    f"`from {name} import ...` fails under the server, which loads this file "
                    "outside of its package",
                    "Import by the package's whole name, and install the package.",
                    place=placed(file, each),
                )


def mutate(builder: Builder) -> Builder:
    """Put a node at the front that imports what is beside it."""
    return inserted(builder, "imports_beside", from_file(_SOURCE, "imports_beside"))


_SOURCE = """
def imports_beside(state):
    from .words import greeting
    return {}
"""


RULE = Rule("U603", "relative-import", "error", __doc__, check, mutate, served=True)
