"""A folder of the project that is called like an installed package is never imported.

`langgraph dev` appends the project's folder to Python's path, it does not put it first. So
`import agents` gives the installed package `agents` where there is one, not the folder beside the
graph; on a machine without that package it gives the folder.

Bad:

```python
from pathlib import Path

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

Path(__file__).with_name("idna").mkdir(exist_ok=True)  # stands for a folder of the project


class State(TypedDict):
    text: str


def write(state: State) -> dict:
    import idna

    return {"text": idna.__name__}


builder = StateGraph(State)
builder.add_node("write", write)
builder.add_edge(START, "write")
builder.add_edge("write", END)
graph = builder.compile()
```

Good:

```python
from pathlib import Path

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

Path(__file__).with_name("names_of_domains").mkdir(exist_ok=True)


class State(TypedDict):
    text: str


def write(state: State) -> dict:
    import idna

    return {"text": idna.__name__}


builder = StateGraph(State)
builder.add_node("write", write)
builder.add_edge(START, "write")
builder.add_edge("write", END)
graph = builder.compile()
```
"""

from __future__ import annotations

import ast
import importlib.machinery
import sys
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
    """Name the imports that find an installed package where a folder of the project is meant."""
    files = {node.code.source for node in graph.nodes.values() if node.code is not None}
    if graph.file:
        files.add(graph.file)
    for file in sorted(files):
        source = read(file)
        root = _root(Path(file))
        for node in ast.walk(source.tree) if source else ():
            for name in _imported(node):
                if (root / name).is_dir() and _installed(name, root):
                    yield RULE.finding(
                        graph,
                        f"`{name}` is a folder of the project and an installed package: the "
                        "package is imported, not the folder",
                        f"Rename the folder {name!r}.",
                        place=placed(file, node),
                    )


def _root(file: Path) -> Path:
    """The folder with langgraph.json above a file, else the file's own."""
    above = [folder for folder in file.parents if (folder / "langgraph.json").is_file()]
    return above[0] if above else file.parent


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        for each in node.names:
            yield each.name.partition(".")[0]
    elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
        yield node.module.partition(".")[0]


def _installed(name: str, root: Path) -> bool:
    """Whether the path without the project's folder has a package of that name."""
    rest = [each for each in sys.path if each and Path(each).resolve() != root.resolve()]
    found = importlib.machinery.PathFinder.find_spec(name, rest)
    if found is None or found.origin is None:
        return False
    return root.resolve() not in Path(found.origin).resolve().parents


def mutate(builder: Builder) -> Builder:
    """Put a node at the front that imports a package called like a folder beside it."""
    return inserted(builder, "imports_it", from_file(_SOURCE, "imports_it", beside="idna"))


_SOURCE = """
def imports_it(state):
    import idna
    return {} if idna else {}
"""


RULE = Rule("U604", "shadowed-folder", "error", __doc__, check, mutate, served=True, static=False)
