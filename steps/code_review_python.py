"""Rules about Python, told from the syntax tree of the new file; only what was added counts."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stretto.parsing import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Function = (ast.FunctionDef, ast.AsyncFunctionDef)
MUTABLE = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
DEBUG = {"breakpoint", "pdb.set_trace", "ipdb.set_trace"}
RUNS = {"eval", "exec"}
UNSAFE = {
    "pickle.load": "data that is loaded can run code",
    "pickle.loads": "data that is loaded can run code",
    "marshal.loads": "data that is loaded can run code",
    "os.system": "a shell reads the command",
    "os.popen": "a shell reads the command",
    "tempfile.mktemp": "another process can take the name first",
}
SAFE_LOADERS = {"SafeLoader", "CSafeLoader", "BaseLoader"}


@dataclass(frozen=True, slots=True)
class Fault:
    """What a rule has found at a line."""

    area: str
    rule: str
    line: int
    severity: str
    why: str
    suggestion: str


def faults(source: str, added: set[int], *, test: bool) -> list[Fault]:
    """What is wrong with the added lines of a Python file.

    Args:
        source: The whole new file.
        added: Numbers of its added lines.
        test: Whether it is a file of tests.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = parse(source)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        near = min(added, key=lambda each: abs(each - line), default=line)
        why = f"the file does not parse: {getattr(error, 'msg', error)}"
        return [Fault("correctness", "syntax", near, "high", why, "Mend the syntax.")]
    rules: list[Callable[[ast.AST], Iterator[Fault]]] = [_errors, _values, _calls]
    rules += [_tests] if test else [_asserts, _docstrings]
    found = [fault for node in ast.walk(tree) for rule in rules for fault in rule(node)]
    return [fault for fault in found if fault.line in added]


def changed_functions(source: str, added: set[int]) -> dict[str, int]:
    """Public functions and methods with an added line, each with the first such line."""
    try:
        tree = parse(source)
    except (SyntaxError, ValueError):
        return {}
    found: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, Function) and not node.name.startswith("_"):
            own = sorted(added & set(range(node.lineno, (node.end_lineno or node.lineno) + 1)))
            if own:
                found.setdefault(node.name, own[0])
    return found


def _errors(node: ast.AST) -> Iterator[Fault]:
    if not isinstance(node, ast.ExceptHandler):
        return
    broad = node.type is None or _name(node.type) in {"Exception", "BaseException"}
    silent = all(isinstance(each, ast.Pass) for each in node.body)
    if node.type is None:
        why = "a bare except also catches the end of the process and typing errors"
        yield _wrong("bare-except", node, "high", why, "Name the errors that can be dealt with.")
    elif broad and silent:
        why = "every error is swallowed here, so nobody learns that it happened"
        yield _wrong("swallowed", node, "medium", why, "Name the error, or tell that it happened.")


def _values(node: ast.AST) -> Iterator[Fault]:
    if isinstance(node, Function):
        given = [*node.args.defaults, *node.args.kw_defaults]
        for default in given:
            if isinstance(default, MUTABLE) or _call(default) in {"list", "dict", "set"}:
                why = f"the default of {node.name!r} is one object that all calls share and change"
                yield _wrong(
                    "mutable-default", default, "high", why, "Take None, and make it in the body."
                )
    if isinstance(node, ast.Compare):
        for op, right in zip(node.ops, node.comparators, strict=True):
            none = isinstance(right, ast.Constant) and right.value is None
            if isinstance(op, (ast.Eq, ast.NotEq)) and none:
                why = "an object can say that it equals None; identity cannot be wrong"
                yield _wrong("none-equality", node, "low", why, "Compare with `is None`.")
            literal = isinstance(right, ast.Constant) and isinstance(right.value, (str, int, float))
            if (
                isinstance(op, (ast.Is, ast.IsNot))
                and literal
                and not isinstance(getattr(right, "value", None), bool)
            ):
                why = "identity with a literal depends on how Python stores it"
                yield _wrong("literal-identity", node, "high", why, "Compare with `==`.")


def _calls(node: ast.AST) -> Iterator[Fault]:
    name = _call(node)
    if not name or not isinstance(node, ast.Call):
        return
    if name in DEBUG:
        why = "the program stops here and waits for somebody at a terminal"
        yield _wrong("debugger", node, "high", why, "Take it out.")
    if name in RUNS:
        why = f"{name} runs whatever the text says"
        tip = "Use ast.literal_eval, a parser or a table of functions."
        yield Fault("security", "eval", node.lineno, "high", why, tip)
    if name in UNSAFE:
        tip = "Use a form that cannot run code, such as JSON or a list of arguments."
        yield Fault("security", "unsafe-call", node.lineno, "high", UNSAFE[name], tip)
    given: Mapping[str | None, Any] = {each.arg: each.value for each in node.keywords}
    if _is(given.get("shell"), value=True):
        why = "a shell reads the command, and whatever was put into it"
        tip = "Give a list of arguments, without shell=True."
        yield Fault("security", "shell", node.lineno, "high", why, tip)
    if _is(given.get("verify"), value=False):
        why = "the other side's certificate is not looked at"
        yield Fault("security", "no-verify", node.lineno, "high", why, "Leave verify as it is.")
    if name == "yaml.load" and _name(given.get("Loader")).split(".")[-1] not in SAFE_LOADERS:
        why = "a YAML file can make any Python object"
        yield Fault("security", "yaml-load", node.lineno, "high", why, "Use yaml.safe_load.")
    if name.split(".")[-1] in {"execute", "executemany"} and node.args and _built(node.args[0]):
        why = "the statement is put together from text, so a value can end it and begin another"
        tip = "Give the values as parameters."
        yield Fault("security", "sql", node.lineno, "high", why, tip)


def _asserts(node: ast.AST) -> Iterator[Fault]:
    if isinstance(node, ast.Assert):
        why = "python -O leaves assertions out, so nothing is checked then"
        yield _wrong("assert", node, "medium", why, "Raise an error that says what is wrong.")


def _docstrings(node: ast.AST) -> Iterator[Fault]:
    if not isinstance(node, (*Function, ast.ClassDef)) or node.name.startswith("_"):
        return
    if ast.get_docstring(node) is None and not _overloaded(node):
        kind = "class" if isinstance(node, ast.ClassDef) else "function"
        why = f"the public {kind} {node.name!r} has no docstring"
        tip = "Say in a sentence what it does, what it takes and what it gives."
        yield Fault("docs", "docstring", node.lineno, "low", why, tip)


def _tests(node: ast.AST) -> Iterator[Fault]:
    if isinstance(node, Function):
        for mark in node.decorator_list:
            if (_call(mark) or _name(mark)).endswith((".skip", ".xfail")):
                why = f"{node.name!r} does not count: it is skipped or may fail"
                yield Fault("tests", "skip", mark.lineno, "medium", why, "Mend it, or take it out.")
        if node.name.startswith("test_") and not _asserts_something(node):
            why = f"{node.name!r} asserts nothing, so it passes whatever the code does"
            yield Fault("tests", "no-assertion", node.lineno, "medium", why, "Assert a result.")
    if _call(node) == "time.sleep":
        why = "a test that sleeps is slow, and fails on a slow machine"
        tip = "Wait for what happens, or give the time as a value."
        yield Fault("tests", "sleep", node.lineno, "low", why, tip)  # type: ignore[attr-defined]


def _asserts_something(node: ast.AST) -> bool:
    for each in ast.walk(node):
        name = _call(each).lower()
        if isinstance(each, ast.Assert) or any(
            word in name for word in ("assert", "raises", "warns", "fail", "check", "expect")
        ):
            return True
    return False


def _overloaded(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    marks = {_name(each).split(".")[-1] for each in node.decorator_list}
    return bool(marks & {"overload", "override", "setter"})


def _wrong(rule: str, node: Any, severity: str, why: str, suggestion: str) -> Fault:
    return Fault("correctness", rule, node.lineno, severity, why, suggestion)


def _is(node: Any, *, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _built(node: ast.expr) -> bool:
    """Whether a text is put together of parts that are no literals."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(each, ast.FormattedValue) for each in node.values)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, (ast.Mod, ast.Add)) and not isinstance(node.right, ast.Constant)
    return _call(node).endswith(".format") or (
        isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "format"
    )


def _call(node: Any) -> str:
    return _name(node.func) if isinstance(node, ast.Call) else ""


def _name(node: Any) -> str:
    """A dotted name, empty when it is none."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = _name(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""
