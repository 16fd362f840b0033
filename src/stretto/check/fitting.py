"""Whether a value that stands in the source fits the type of its field."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from stretto.check.reading.scope import Scope

_TAKES: Final = {
    "str": {"str"},
    "int": {"int", "bool"},
    "float": {"float", "int", "bool"},
    "bool": {"bool"},
    "bytes": {"bytes"},
    "list": {"list", "tuple"},
    "tuple": {"tuple", "list"},
    "set": {"set"},
    "dict": {"dict"},
    "None": {"None"},
    "NoneType": {"None"},
}
"""What a type takes; a list and a tuple mostly do for each other."""
_GIVES: Final = {
    "str": "str", "repr": "str", "int": "int", "float": "float", "bool": "bool", "len": "int",
    "list": "list", "sorted": "list", "tuple": "tuple", "set": "set", "dict": "dict",
    "json.dumps": "str",
}  # fmt: skip
"""What functions of the standard library give."""
_DISPLAYS: Final = (
    (ast.List | ast.ListComp, "list"),
    (ast.Tuple, "tuple"),
    (ast.Set | ast.SetComp, "set"),
    (ast.Dict | ast.DictComp, "dict"),
    (ast.JoinedStr, "str"),
)
_CLASS = re.compile(r"^<class '([\w.]+)'>$")
_MESSAGE = re.compile(r"^langchain_core\.messages\.(\w+\.)?\w+Message$")


def type_of(text: str) -> ast.expr | None:
    """The expression of an annotation; `None` where its text is none."""
    named = _CLASS.match(text)
    try:
        return ast.parse(named[1] if named else text, mode="eval").body
    except SyntaxError:
        return None


def kind_of(value: ast.expr, scope: Scope) -> str:
    """The name of the type of a value, where it is sure: "str", "list"; empty otherwise."""
    match value:
        case ast.Constant(value=None):
            return "None"
        case ast.Constant(value=str() | int() | float() | bytes() as known):
            return type(known).__name__
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str()), attr="join")):
            return "str"
        case ast.Call(func=func):
            called = scope.dotted(func).removeprefix("builtins.")
            message = _MESSAGE.match(called)
            return called.rpartition(".")[2] if message else _GIVES.get(called, "")
        case _:
            return next((name for kind, name in _DISPLAYS if isinstance(value, kind)), "")


def misfit(value: ast.expr, kind: ast.expr, scope: Scope) -> str:
    """What a value is, in a word, when it does not fit a type; empty where it may."""
    own = kind_of(value, scope)
    if not own:
        return ""
    parts = _parts(kind)
    if parts is None:
        return ""
    named = [each for each in parts if own in _takes(each)]
    if not named:
        return own
    wrong = [_within(value, each, scope) for each in named]
    return "" if "" in wrong else wrong[0]


def _parts(kind: ast.expr) -> list[ast.expr] | None:
    """The types of a union; `None` where one of them is not known."""
    match kind:
        case ast.BinOp(left=one, op=ast.BitOr(), right=other):
            inner = [_parts(one), _parts(other)]
        case ast.Subscript(value=head, slice=ast.Tuple(elts=elements)) if _last(head) == "Union":
            inner = [_parts(each) for each in elements]
        case ast.Subscript(value=head, slice=one) if _last(head) == "Optional":
            inner = [_parts(one), [ast.Constant(None)]]
        case ast.Subscript(value=head, slice=one) if _last(head) in {"Required", "NotRequired"}:
            inner = [_parts(one)]
        case _:
            return [kind] if _takes(kind) else None
    if any(each is None for each in inner):
        return None
    return [part for each in inner for part in each or ()]


def _takes(kind: ast.expr) -> set[str]:
    """The kinds of values that a type takes; empty when it is not known."""
    match kind:
        case ast.Constant(value=None):
            return {"None"}
        case ast.Subscript(value=head, slice=values) if _last(head) == "Literal":
            elements = values.elts if isinstance(values, ast.Tuple) else [values]
            known = [each for each in elements if isinstance(each, ast.Constant)]
            same = len(known) == len(elements)
            return {type(each.value).__name__ for each in known} if same else set()
        case ast.Subscript(value=head):
            return _TAKES.get(_last(head).lower(), set()) if _is_builtin(head) else set()
        case ast.Name() | ast.Attribute():
            return _TAKES.get(_last(kind), set()) if _is_builtin(kind) else set()
        case _:
            return set()


def _is_builtin(kind: ast.expr) -> bool:
    text = ast.unparse(kind)
    return text in _TAKES or text.removeprefix("typing.") in {"List", "Dict", "Set", "Tuple"}


def _last(kind: ast.expr) -> str:
    match kind:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _within(value: ast.expr, kind: ast.expr, scope: Scope) -> str:
    """What of a display or a constant does not fit the arguments of a type."""
    match kind, value:
        case ast.Subscript(value=head, slice=values), ast.Constant(value=known) if (
            _last(head) == "Literal"
        ):
            elements = values.elts if isinstance(values, ast.Tuple) else [values]
            named = [each.value for each in elements if isinstance(each, ast.Constant)]
            return "" if known in named else repr(known)
        case ast.Subscript(value=head, slice=inner), ast.List(elts=elements) if (
            _last(head).lower() == "list"
        ):
            wrong = [misfit(each, inner, scope) for each in elements if not _is_none(each)]
        case (
            ast.Subscript(value=head, slice=ast.Tuple(elts=[_, inner])),
            ast.Dict(keys=keys, values=values),
        ) if _last(head).lower() == "dict":
            items = [v for k, v in zip(keys, values, strict=True) if k and not _is_none(v)]
            wrong = [misfit(each, inner, scope) for each in items]
        case _:
            return ""
    found = next((each for each in wrong if each), "")
    return f"{_last(head).lower()} of {found}" if found else ""


def _is_none(value: ast.expr) -> bool:
    """Whether a value stands for nothing yet."""
    return isinstance(value, ast.Constant) and value.value is None
