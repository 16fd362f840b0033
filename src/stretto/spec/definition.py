"""What a YAML file says, with the line of everything it says, and what is wrong with it."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, get_args

from pydantic import BaseModel, RootModel
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode
from ruamel.yaml.reader import ReaderError

from stretto.errors import BadDefinition, BadDefinitions, InvalidInput, UnknownName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from stretto.errors import StrettoError

Place: TypeAlias = tuple[int | str, ...]
"""The way to a value: keys and positions from the top of the file."""

_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
}


class Mark(NamedTuple):
    """Where something stands in a file; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Definition:
    """The mapping that a YAML text holds, and where it says what."""

    path: str
    data: dict[str, Any]
    marks: Mapping[Place, Mark]
    """Where each key and list item stands; where the whole begins, under the empty place."""

    @classmethod
    def parse(cls, text: str, path: object, *, first_line: int = 1, form: str = "") -> Definition:
        """Read a mapping from YAML.

        Args:
            text: What is read.
            path: Of the file, for errors.
            first_line: The line of the file at which `text` begins.
            form: What to write where there are no keys; by default an agent's.

        Raises:
            BadDefinition: The text is no YAML, no mapping, or has a key twice.
        """
        try:
            node = _yaml().compose(text)
            data: Any = _yaml().load(text) if _once(node, path, first_line) else None
        except (YAMLError, ValueError, RecursionError) as error:  # a date may be none
            raise _syntax(error, path, first_line, text) from error
        if not isinstance(data, dict):
            problem = "no keys here" if data is None else "not a mapping"
            raise BadDefinition(path, first_line, problem, form or _FORM, 1)
        return cls(str(path), data, dict(_marks(node, (), first_line)))

    def within(self, *place: int | str) -> Definition:
        """Give the mapping at a place as a definition of its own, of the same file."""
        data: Any = self.data
        for part in place:
            data = data[part]
        depth = len(place)
        marks = {at[depth:]: mark for at, mark in self.marks.items() if at[:depth] == place}
        return Definition(self.path, data, marks)

    def mark(self, *place: int | str) -> Mark:
        """Where `place` stands, or the innermost known part of the way to it."""
        while place not in self.marks:
            place = place[:-1]
        return self.marks[place]

    def bad(self, place: Sequence[int | str], problem: str, remedy: str) -> BadDefinition:
        """Give the error that tells of a problem at `place`."""
        mark = self.mark(*place)
        return BadDefinition(self.path, mark.line, problem, remedy, mark.column)

    def located(self, error: StrettoError, *place: int | str) -> StrettoError:
        """Say where in this file the fault lies, if the error does not say it yet."""
        mark = self.mark(*place)
        if isinstance(error, UnknownName) and not _IN_A_FILE.search(error.where):
            where = f"{self.path}:{mark.line}:{mark.column}{': ' if error.where else ''}"
            return UnknownName(error.kind, error.name, error.known, where=where + error.where)
        if isinstance(error, InvalidInput) and not isinstance(error, BadDefinition | UnknownName):
            problem, _, remedy = str(error).rpartition(". ")
            return self.bad(place, problem, remedy)
        if (
            isinstance(error, BadDefinition)
            and error.line is None
            and not isinstance(error, BadDefinitions)
        ):
            return self.bad(place, f"{error.path}: {error.problem}", error.remedy)
        return error

    def faults(
        self,
        error: ValidationError,
        model: type[BaseModel],
        kinds: Mapping[str, type[BaseModel]] | None = None,
    ) -> Iterator[BadDefinition]:
        """Give what pydantic found, reading the file as `model`, as errors with place and remedy.

        `kinds` are the classes of its tagged unions, by tag.
        """
        details = [(self._place(detail), detail) for detail in error.errors(include_url=False)]
        told = set[Place]()
        for place, detail in details:
            inner = any(at != place and at[: len(place)] == place for at, _ in details if place)
            if place not in told and not inner:  # a union gives a fault for each of its members
                yield self.bad(place, *_explained(detail, place, _keys(model, detail, kinds or {})))
            told.add(place)

    def _place(self, detail: ErrorDetails) -> Place:
        """Give the place in the file, without the names of union members in pydantic's."""
        place: Place = ()
        for part in (*detail["loc"], *_TAGGED.get(detail["type"], ())):
            if (*place, part) in self.marks:
                place = (*place, part)
        missing = detail["type"] == "missing"
        return (*place, detail["loc"][-1]) if missing else place


def _keys(
    model: type[BaseModel], detail: ErrorDetails, kinds: Mapping[str, type[BaseModel]]
) -> list[str]:
    """The keys that may stand where the fault is."""
    place = detail["loc"]
    tags = [at for at, part in enumerate(place[:-1]) if part in kinds]
    if tags:
        model, place = kinds[str(place[tags[-1]])], place[tags[-1] + 1 :]
    for key in place[:-1]:
        field = model.model_fields.get(str(key))
        inside = () if field is None else (field.annotation, *get_args(field.annotation))
        found = [
            k
            for k in inside
            if isinstance(k, type) and issubclass(k, BaseModel) and not issubclass(k, RootModel)
        ]
        if not found:
            break
        model = found[0]
    return sorted(model.model_fields)


_SAYING = "Name an agent, or write one of `agent:`, `step:`, `team:`, `graph:`, `pattern:`"
_IN_A_FILE = re.compile(r":\d+$|^/")
"""How the place of a fault ends that stands in a file."""
_TAGGED = {"union_tag_invalid": ("pattern",)}
_FORM = "Write `key: value` lines, such as `role: reads the sources`"


def refuse(path: object, faults: Sequence[StrettoError]) -> None:
    """Raise what is wrong with a file, all at once; nothing when nothing is.

    Raises:
        StrettoError: The only fault, as it is.
        BadDefinitions: Several.
    """
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise BadDefinitions(path, faults)


def nearest(name: str, known: Iterable[str]) -> str:
    """Give the sentence that offers the nearest known name, or else all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    return f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(names) or 'none'}."


def _yaml() -> YAML:
    return YAML(typ="safe", pure=True)


def _once(node: Node | None, path: object, first_line: int) -> bool:
    """Tell whether there is anything at all, having refused keys that stand twice."""
    faults = list(_twice(node, path, first_line, ())) if node else []
    refuse(path, faults)
    return node is not None


def _twice(
    node: Node, path: object, first: int, within: tuple[Node, ...]
) -> Iterator[BadDefinition]:
    if any(node is outer for outer in within):
        mark = node.start_mark
        problem, remedy = "an alias within what it stands for", "Write it out"
        yield BadDefinition(path, mark.line + first, problem, remedy, mark.column + 1)
        return
    seen: dict[Any, int] = {}
    for key, value in _children(node):
        if isinstance(key, Node):
            line = key.start_mark.line + first
            if key.value in seen:
                problem = f"the key {key.value!r} stands here and in line {seen[key.value]}"
                column = key.start_mark.column + 1
                yield BadDefinition(path, line, problem, "Leave one of them out", column)
            seen.setdefault(key.value, line)
        yield from _twice(value, path, first, (*within, node))


def _children(node: Node) -> Iterator[tuple[Node | int, Node]]:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if isinstance(key.value, str):
                yield key, value
    elif isinstance(node, SequenceNode):
        yield from enumerate(node.value)


def _marks(node: Node, place: Place, first: int) -> Iterator[tuple[Place, Mark]]:
    yield place, Mark(node.start_mark.line + first, node.start_mark.column + 1)
    for key, value in _children(node):
        within = (*place, key.value if isinstance(key, Node) else key)
        yield from _marks(value, within, first)
        mark = key.start_mark if isinstance(key, Node) else value.start_mark
        yield within, Mark(mark.line + first, mark.column + 1)


def _syntax(error: Exception, path: object, first: int, text: str) -> BadDefinition:
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    if isinstance(error, ReaderError):
        before = text[: error.position]
        line, column = before.count("\n") + first, error.position - before.rfind("\n")
        problem = f"a character that YAML does not allow, {text[error.position]!r}"
        return BadDefinition(path, line, problem, "Take it out, or write it escaped", column)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    if "'\\t'" in problem:
        remedy = "Indent with spaces"
        return BadDefinition(path, mark and mark.line + first, "a tab", remedy, _column(mark))
    return BadDefinition(
        path,
        mark.line + first if mark else first,
        f"this is not YAML: {problem}",
        _mending(problem),
        _column(mark) or 1,
    )


def _column(mark: Any) -> int | None:
    return mark.column + 1 if mark else None


def _mending(problem: str) -> str:
    """What helps where the YAML itself cannot be read."""
    if "expected <block end>" in problem:
        return "Indent it as deep as the lines beside it; put text with ':' or '#' in quotes"
    return "Put text with ':', '#' or quotes in quotes"


def _explained(detail: ErrorDetails, place: Place, known: Sequence[str]) -> tuple[str, str]:
    """Say a pydantic error as problem and remedy."""
    kind, value = detail["type"], detail["input"]
    key = next((part for part in reversed(place) if isinstance(part, str)), "")
    if explain := _EXPLAINED.get(kind):
        return explain(key, value, detail)
    if kind == "extra_forbidden":
        return f"unknown key {key!r}", nearest(key, known)
    if wanted := _WANTED.get(kind):
        quotes = wanted == "text" and not isinstance(value, list | dict)
        remedy = "Put it in quotes" if quotes and value is not None else f"Write {wanted}"
        return f"{key!r} must be {wanted}, not {_said(value)}", remedy
    return f"{key!r}: {detail['msg']}", f"It is {_said(value)}: change it"


def _refused(key: str, _value: Any, detail: ErrorDetails) -> tuple[str, str]:
    problem, _, remedy = detail["msg"].removeprefix("Value error, ").rpartition(". ")
    return f"{key}: {problem}", remedy


def _no_pattern(_key: str, value: Any, detail: ErrorDetails) -> tuple[str, str]:
    if not isinstance(value, dict) or "pattern" not in value:
        return f"{_said(value)} here is no pattern", "Write a `pattern:` with its keys"
    known = re.findall(r"'(\w+)'", _context(detail, "expected_tags"))
    return f"unknown pattern {value['pattern']!r}", nearest(str(value["pattern"]), known)


def _no_choice(key: str, value: Any, detail: ErrorDetails) -> tuple[str, str]:
    known = re.findall(r"'([^']+)'", _context(detail, "expected"))
    return f"{key!r} cannot be {value!r}", nearest(str(value), known)


def _context(detail: ErrorDetails, name: str) -> str:
    return str(detail.get("ctx", {}).get(name, ""))


_EXPLAINED: Mapping[str, Callable[[str, Any, ErrorDetails], tuple[str, str]]] = {
    "missing": lambda key, _value, _detail: (f"the key {key!r} is missing", f"Add `{key}:`"),
    "value_error": _refused,
    "unsaid": _refused,
    "union_tag_invalid": _no_pattern,
    "union_tag_not_found": lambda _key, value, _detail: (
        f"{_said(value)} here does not say what it is",
        _SAYING,
    ),
    "too_short": lambda key, _value, _detail: (f"{key!r} is empty", "Write at least one"),
    "literal_error": _no_choice,
}
"""What is said of an error by its type, where it needs words of its own."""


def _said(value: Any) -> str:
    match value:
        case None:
            return "empty"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case _:
            return str(value)
