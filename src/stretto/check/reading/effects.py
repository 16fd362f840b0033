"""Which calls change the world."""

from __future__ import annotations

import ast
import re

_PREFIXES = (
    "smtplib.",
    "subprocess.",
    "shutil.rmtree",
    "shutil.move",
    "shutil.copy",
    "boto3.",
    "ftplib.",
    "telnetlib.",
    "twilio.",
    "stripe.",
    "slack_sdk.",
)
_NAMES = frozenset(
    {
        "os.remove",
        "os.unlink",
        "os.rename",
        "os.replace",
        "os.mkdir",
        "os.makedirs",
        "os.rmdir",
        "os.system",
        "os.kill",
        "posix.remove",
        "posix.unlink",
        "posix.rename",
        "posix.mkdir",
        "posix.system",
        "posix.rmdir",
        "posix.replace",
        *(
            f"{library}.{verb}"
            for library in ("requests", "requests.api", "httpx", "httpx._api")
            for verb in ("post", "put", "patch", "delete")
        ),
    }
)
_METHODS = frozenset(
    {
        ".write_text",
        ".write_bytes",
        ".unlink",
        ".send_message",
        ".sendmail",
        ".commit",
        ".publish",
        ".put_object",
        ".delete_object",
        ".insert_one",
        ".insert_many",
        ".update_one",
        ".delete_one",
    }
)
_CLIENTS = frozenset({".post", ".put", ".patch", ".delete"})
"""Of something called client, session or http."""
_VERBS = re.compile(
    r"^(send|charge|pay|refund|delete|remove|publish|book|notify|email|transfer|deploy|cancel|"
    r"order|purchase|buy|withdraw|wire|submit)(_|$)"
)
_SQL = re.compile(r"\s*(insert|update|delete|replace|drop|create|alter)\b", re.IGNORECASE)
CHANGES = frozenset(
    {
        "append",
        "extend",
        "insert",
        "add",
        "update",
        "remove",
        "pop",
        "popitem",
        "clear",
        "sort",
        "reverse",
        "setdefault",
        "discard",
        "appendleft",
        "popleft",
        "extendleft",
    }
)
"""Methods that change a list, set or dictionary in place."""


def is_effect(name: str, call: ast.Call) -> bool:
    """Whether a call of a known function writes to the world.

    Args:
        name: Its dotted name.
        call: The call.
    """
    if name in _NAMES or name.startswith(_PREFIXES):
        return True
    last = "." + name.rpartition(".")[2]
    if last in _METHODS:
        return True
    if last in _CLIENTS and _of_client(call):
        return True
    if name in {"open", "io.open", "_io.open"} or last == ".open":
        return _writes_file(call)
    if last in {".execute", ".executemany", ".executescript"}:
        return bool(call.args) and _is_writing_sql(call.args[0])
    return False


def looks_like_effect(name: str) -> bool:
    """Whether a function of the user is called after something that the world keeps."""
    return bool(_VERBS.match(name.rpartition(".")[2].lstrip("_")))


def _of_client(call: ast.Call) -> bool:
    match call.func:
        case ast.Attribute(value=ast.Name(id=name)) | ast.Attribute(value=ast.Attribute(attr=name)):
            return bool(re.search(r"client|session|http|api", name, re.IGNORECASE))
        case _:
            return False


def _writes_file(call: ast.Call) -> bool:
    position = 1 if isinstance(call.func, ast.Name) else 0
    given = call.args[position : position + 1] + [k.value for k in call.keywords if k.arg == "mode"]
    return any(
        isinstance(mode, ast.Constant)
        and isinstance(mode.value, str)
        and len(mode.value) <= 4
        and any(letter in mode.value for letter in "wax+")
        for mode in given
    )


def _is_writing_sql(given: ast.expr) -> bool:
    match given:
        case ast.Constant(value=str() as text):
            return bool(_SQL.match(text))
        case ast.JoinedStr(values=[ast.Constant(value=str() as text), *_]):
            return bool(_SQL.match(text))
        case _:
            return False
