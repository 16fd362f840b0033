"""Prompts: Markdown with a small YAML header and `{variables}`.

A header may stand between two lines of `---` and may say `version:` and `variables:`, a list of
names or a mapping of names to defaults. In the text, `{name}` is replaced by the variable's value.
Only a plain name between single braces counts, so that JSON, `{}` and `{"a": {"b": 1}}` stay as
they are. To show `{name}` itself, double its braces: of more than one pair, one is taken away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from stretto.errors import BadDefinition, UnknownName
from stretto.spec.definition import Definition, nearest, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Value = str | int | float
"""What a variable may be; numbers are written out."""

_FENCE = "---"
_VARIABLE = re.compile(r"(\{+)([A-Za-z_][A-Za-z0-9_]*)(\}+)")


def _by_name(variables: Any) -> Any:
    return dict.fromkeys(variables) if isinstance(variables, list) else variables


class _Header(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    version: Annotated[str, BeforeValidator(lambda v: str(v) if type(v) is int else v)] = "1"
    variables: Annotated[dict[str, Value | None], BeforeValidator(_by_name)] = {}


@dataclass(frozen=True)
class Prompt:
    """A text with variables; `render` fills them in."""

    name: str
    text: str
    version: str = "1"
    variables: Mapping[str, Value | None] = field(default_factory=dict[str, Value | None])
    """The declared variables and their defaults; `None` must be given."""
    path: str = "<prompt>"
    first_line: int = 1
    """Line of the file at which the text begins, 1-based."""

    @classmethod
    def load(cls, path: Path) -> Prompt:
        """Read `prompts/NAME.md`.

        Raises:
            BadDefinition: The file cannot be read, its header is wrong, or variables do not match.
        """
        return cls.parse(read_text(path), path, name=path.stem)

    @classmethod
    def parse(cls, text: str, path: object, *, name: str) -> Prompt:
        """Read a prompt from the text of its file; errors name `path`.

        Raises:
            BadDefinition: The header is wrong, or variables do not match.
        """
        head, body, first_line = _split(text, path)
        header, definition = _header(head, path)
        if not body.strip():
            raise BadDefinition(path, first_line, "the prompt has no text", "Write it here")
        first_line += body.count("\n", 0, len(body) - len(body.lstrip()))
        prompt = cls(name, body.strip(), header.version, header.variables, str(path), first_line)
        refuse(path, [*prompt._undeclared(), *prompt._unused(definition)])
        return prompt

    def line_of(self, variable: str) -> int:
        """Line of the file at which `variable` is first used."""
        places = (m.start() for m in _VARIABLE.finditer(self.text) if _is_used(m, variable))
        return self.first_line + self.text.count("\n", 0, next(places, 0))

    def required(self) -> list[str]:
        """Names of the variables that have no default."""
        return [name for name, default in self.variables.items() if default is None]

    def render(self, **values: Value) -> str:
        """Give the text with its variables replaced by `values`, or else their defaults.

        Raises:
            BadDefinition: A variable has neither a value nor a default.
            UnknownName: A value is given for a variable that the prompt does not declare.
        """
        for name in values:
            if name not in self.variables:
                raise UnknownName("variable", name, self.variables, where=self.path)
        refuse(
            self.path,
            [
                BadDefinition(
                    self.path,
                    self.line_of(name),
                    f"the variable {name!r} has no value",
                    f"Give `{name}`, or a default for it in the header",
                )
                for name in self.required()
                if name not in values
            ],
        )
        return fill(self.text, {**self.variables, **values})

    def _undeclared(self) -> Iterator[BadDefinition]:
        for name in used(self.text):
            if name not in self.variables:
                hint = nearest(name, self.variables) if self.variables else ""
                yield BadDefinition(
                    self.path,
                    self.line_of(name),
                    f"the variable {name!r} is not declared",
                    f"{hint} Declare it under `variables:` in the header, or write "
                    f"{{{{{name}}}}} to show the braces".lstrip(),
                )

    def _unused(self, header: Definition | None) -> Iterator[BadDefinition]:
        names = used(self.text)
        for name in self.variables:
            if name not in names and header is not None:
                yield header.bad(
                    ("variables", name),
                    f"the variable {name!r} is declared but not used",
                    f"Use {{{name}}} in the text, or leave it out",
                )


def used(text: str) -> list[str]:
    """Names of the variables in `text`, each once, in order."""
    return list(dict.fromkeys(m[2] for m in _VARIABLE.finditer(text) if _is_used(m)))


def fill(text: str, values: Mapping[str, Any]) -> str:
    """Replace each `{name}` by its value, and take one pair of braces from each `{{name}}`."""

    def replaced(match: re.Match[str]) -> str:
        opening, name, closing = match.groups()
        inner = str(values[name]) if _is_used(match) else name
        return f"{opening[1:]}{inner}{closing[1:]}"

    return _VARIABLE.sub(replaced, text)


def escape(text: str) -> str:
    """Double braces so that `fill` gives `text` back."""
    return _VARIABLE.sub(lambda match: f"{{{match[0]}}}", text)


def read_text(path: Path) -> str:
    """Read a definition's file.

    Raises:
        BadDefinition: It is not there, cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise BadDefinition(path, None, "there is no such file", "Write it") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise BadDefinition(path, line, "this is not UTF-8", "Save it as UTF-8") from error
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
        raise BadDefinition(path, None, problem, "Make it a readable file") from error


def _is_used(match: re.Match[str], name: str | None = None) -> bool:
    """Tell whether the match is a variable (called `name`) rather than doubled braces."""
    return 1 in (len(match[1]), len(match[3])) and name in (None, match[2])


def _split(text: str, path: object) -> tuple[str, str, int]:
    """Give header, body and the line at which the body begins."""
    lines = text.split("\n")
    if lines[0].rstrip() != _FENCE:
        return "", text, 1
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == _FENCE:
            return "\n".join(lines[1:number]), "\n".join(lines[number + 1 :]), number + 2
    raise BadDefinition(path, 1, "the header does not end", f"Close it with a line of `{_FENCE}`")


def _header(text: str, path: object) -> tuple[_Header, Definition | None]:
    if not text.strip():
        return _Header(), None
    definition = Definition.parse(text, path, first_line=2)
    try:
        return _Header.model_validate(definition.data), definition
    except ValidationError as error:
        refuse(path, list(definition.faults(error, _Header)))
        raise
