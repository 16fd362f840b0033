"""Types by their names in a team file, and the state that its fields make."""

from __future__ import annotations

import ast
import operator
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from typing_extensions import TypedDict

from stretto.errors import InvalidInput, StrettoError, UnknownName
from stretto.spec.named import StepName, TypeName

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stretto.spec.fields import StateField

    Find: TypeAlias = Callable[[str], Any]

_PLAIN: dict[str, Any] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "list": list[Any],
    "dict": dict[str, Any],
    "any": Any,
}
_RECORDS = import_module("stretto.state")


def type_named(name: str, find: Find) -> Any:
    """Give the type that a file names.

    Args:
        name: `str`, `list[str]`, `dict[str, float]`, `int | None`, `Finding`, `loans.Application`.
        find: Gives what `steps/` defines under `family.Class`.

    Raises:
        InvalidInput: It cannot be read.
        UnknownName: There is no such type.
    """
    try:
        tree = ast.parse(name.strip(), mode="eval").body
    except SyntaxError:
        raise InvalidInput(f"{name!r} is no type. {_FORM}") from None
    return _type(tree, name, find)


_FORM = "Write one such as `str`, `list[float]`, `dict[str, int]`, `int | None`, `Finding`"


def _type(tree: ast.expr, whole: str, find: Find) -> Any:
    match tree:
        case ast.Name(id=name):
            return _named(name)
        case ast.Attribute(value=ast.Name(id=family), attr=name):
            return _class(f"{family}.{name}", find)
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
            return _type(left, whole, find) | None
        case ast.Subscript(value=ast.Name(id="list"), slice=inner):
            return list[_type(inner, whole, find)]  # type: ignore[misc]  # made as the file says
        case ast.Subscript(
            value=ast.Name(id="dict"), slice=ast.Tuple(elts=[ast.Name(id="str"), inner])
        ):
            return dict[str, _type(inner, whole, find)]  # type: ignore[misc]
        case _:
            raise InvalidInput(f"{whole!r} is no type. {_FORM}")


def _class(name: str, find: Find) -> Any:
    found = find(name)
    if not isinstance(found, type):
        raise InvalidInput(f"{name!r} is no class. Name one of `steps/`, or one of `str`, `int`")
    return found


def _named(name: str) -> Any:
    if name in _PLAIN:
        return _PLAIN[name]
    found = getattr(_RECORDS, name, None)
    if isinstance(found, type) and found.__module__ == _RECORDS.__name__:
        return found
    known = [each for each, value in vars(_RECORDS).items() if isinstance(value, type)]
    raise UnknownName("type", name, [*_PLAIN, *known])


def state_of(
    fields: Mapping[str, TypeName | StateField],
    find: Find,
    tell: Callable[[StrettoError, str], None],
) -> Any:
    """Make the `TypedDict` of the fields of a team's state.

    Args:
        fields: As the file declares them.
        find: Gives what `steps/` defines.
        tell: Is told what is wrong with which field.
    """
    kinds: dict[str, Any] = {}
    for name, declared in fields.items():
        try:
            kinds[name] = _field(declared, find)
        except StrettoError as error:
            tell(error, name)
    made: Any = TypedDict
    return made("Fields", kinds, total=False)


def _field(declared: TypeName | StateField, find: Find) -> Any:
    if isinstance(declared, TypeName):
        return type_named(declared.root, find)
    if declared.one_of:
        kind: Any = Literal[tuple(declared.one_of)]
    else:
        kind = type_named(declared.type.root, find)
    match declared.merge:
        case "append":
            return Annotated[kind, operator.add]
        case StepName(root=name):
            return Annotated[kind, find(name)]
        case _:
            return kind
