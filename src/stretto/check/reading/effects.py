"""Which calls change the world, and which of them may be done twice without harm."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Literal


class Told(NamedTuple):
    """What a call says of itself."""

    kind: Literal["world", "named"]
    again: bool = False
    """Whether doing it twice is as doing it once."""


_HTTP = re.compile(r"^(requests|httpx)\.(.*\.)?(post|put|patch|delete)$")
_READING_URL = re.compile(
    r"search|query|graphql|embed|complet|rerank|classif|predict|generat|tokeniz|/chat|token\b|"
    r"login|auth|lookup|validate",
    re.IGNORECASE,
)
"""Addresses that are asked by POST and keep nothing of it."""
_ASKS = frozenset({"query", "q", "prompt", "inputs", "documents", "model", "temperature"})
"""Keys of what is sent to be answered, not to be kept."""
_RAISES_AGAIN = frozenset({"remove", "unlink", "rename", "rmdir", "mkdir", "removedirs"})
_SHELLS = frozenset({"os.system", "posix.system", "os.popen"})
_PROGRAMS = re.compile(r"^subprocess\.(run|call|check_call|check_output|Popen)$")
_READING_PROGRAM = re.compile(
    r"^(ls|cat|head|tail|grep|rg|find|which|whoami|date|pwd|echo|wc|df|du|ps|env|uname|file|stat|"
    r"ruff|mypy|pyright|pytest|pdftotext|ffprobe|nvidia-smi)$|"
    r"^git (status|log|diff|show|branch|rev-parse|ls-files|blame)$"
)
_SDKS = ("boto3.", "stripe.", "slack_sdk.", "twilio.", "sendgrid.")
_SDK_VERBS = re.compile(
    r"^(create|send|post|delete|put|update|publish|upload|refund|capture|charge|cancel|modify|"
    r"confirm|pay|chat_post)"
)
_METHODS = frozenset({
    "sendmail", "put_object", "delete_object", "insert_one", "insert_many", "update_one",
    "delete_one", "delete_many", "chat_postMessage",
})  # fmt: skip
"""Methods that no library has for anything else."""
_CLIENT = re.compile(r"(^|_)(client|session|https?|httpx|requests|api)(_|$)|client$", re.IGNORECASE)
_MAILER = re.compile(
    r"mail|smtp|sms|(^|_)bot$|slack|telegram|twilio|notif|whatsapp|discord|(^|_)server$",
    re.IGNORECASE,
)
_BUS = re.compile(r"(^|_)(producer|bus|broker|publisher|pubsub)$", re.IGNORECASE)
_ACTS = re.compile(
    r"^send_(e?mails?|sms|slack|invoice|tweet|money|payment|reply|invite|invitation|"
    r"newsletter|order|letter|offer|reminder|gift|parcel|whatsapp|telegram)(_to_\w+|_message)?$|"
    r"^(charge|refund|buy|purchase|pay|withdraw)_\w+$|"
    r"^book_(a_)?(flight|hotel|room|table|trip|car|appointment|meeting|ticket)s?$|"
    r"^(place|submit|create|cancel|confirm)_(order|payment|invoice|refund|transfer|booking|"
    r"reservation|subscription|purchase|trade)s?$|"
    r"^(transfer|wire)_(money|funds|balance|amount)$|"
    r"^notify_(user|customer|team|admin|manager|owner|oncall|support|slack|client)s?$|"
    r"^publish_(post|article|tweet|page|site|package|release)s?$|"
    r"^deploy(_(to_\w+|app|service|release|site|model))?$|"
    r"^(delete|drop|remove)_(user|account|customer|order|database|table|bucket)s?$"
)
"""Names of functions that say what they do to the world."""
_SQL = re.compile(r"\s*(insert|update|delete|replace|drop|create|alter)\b", re.IGNORECASE)
_SQL_AGAIN = re.compile(
    r"\s*(insert\s+or\s+(replace|ignore)|replace|delete|(create|drop)\b.*\bif\s+(not\s+)?exists)|"
    r"\bon\s+(conflict|duplicate)\b",
    re.IGNORECASE | re.DOTALL,
)
_SQL_COUNTS = re.compile(r"\bset\b.*\b(\w+)\s*=\s*\1\s*[-+*|]", re.IGNORECASE | re.DOTALL)
_KEYED = re.compile(r"idempot|dedup|client_(request_)?token|request_id|upsert", re.IGNORECASE)
_TEMPORARY = re.compile(r"te?mp|scratch|cache", re.IGNORECASE)

CHANGES = frozenset({
    "append", "extend", "insert", "add", "update", "remove", "pop", "popitem", "clear", "sort",
    "reverse", "setdefault", "discard", "appendleft", "popleft", "extendleft",
})  # fmt: skip
"""Methods that change a list, set or dictionary in place."""
ADDS = frozenset({
    "append", "extend", "insert", "pop", "popitem", "appendleft", "popleft", "extendleft",
})  # fmt: skip
"""Those that do more when they are called again."""
ASIDE = re.compile(
    r"log|trace|debug|metric|stat(s|istics)?$|seen|visited|cache|memo|histor|timing|span|telemetry",
    re.IGNORECASE,
)
"""Names of lists whose doubles harm nobody."""

NOTES = re.compile(r"(^|_)(log|logs|audit|trace|metrics?|telemetry|debug)(_|$)", re.IGNORECASE)
"""Names of functions that only note what happens."""


def told(name: str, call: ast.Call, value: Callable[[ast.expr], object]) -> Told | None:
    """Tell whether a call of a known function writes to the world; `None` when it does not.

    Args:
        name: Its dotted name.
        call: The call.
        value: Gives the constant behind an expression.
    """
    found = _told(name, call, value)
    return found._replace(again=found.again or is_keyed(call)) if found is not None else None


def is_keyed(call: ast.Call) -> bool:
    """Whether a call gives a key by which the other side knows it again."""
    return bool(_KEYED.search(_words(call)))


def _told(name: str, call: ast.Call, value: Callable[[ast.expr], object]) -> Told | None:
    module, _, last = name.rpartition(".")
    owner = _owner(call)
    if _HTTP.match(name) or (last in {"post", "put", "patch", "delete"} and _CLIENT.search(owner)):
        return None if _reads(call, value) else Told("world", again=last in {"put", "delete"})
    if module in {"os", "posix", "shutil", "nt"}:
        return _of_files(name, last, call)
    if _PROGRAMS.match(name) or name in _SHELLS:
        return _of_program(call, value)
    if name.startswith(_SDKS):
        return Told("world") if _SDK_VERBS.match(last) else None
    if last in _METHODS:
        return Told("world", again=last in {"put_object", "delete_object", "delete_one"})
    if last in {"unlink", "rmdir"} and "." in name:
        return Told("world", again=any(k.arg == "missing_ok" for k in call.keywords))
    if last in {"write_text", "write_bytes"}:
        return None if _TEMPORARY.search(owner) else Told("world", again=True)
    if last in {"open", "fdopen"} and module in {"", "io", "_io", "builtins", "codecs", "pathlib"}:
        return _of_open(call, value)
    if last in {"execute", "executemany", "executescript"} and call.args:
        return _of_sql(call.args[0], value)
    return _by_owner(last, owner)


def _by_owner(last: str, owner: str) -> Told | None:
    """Methods that say little; what they are called on must tell the rest."""
    if last in {"send_message", "send", "send_email"} and _MAILER.search(owner):
        return Told("named")
    if last == "publish" and _BUS.search(owner):
        return Told("named")
    if last in {"add", "add_all"} and re.search(r"(^|_)session$", owner):
        return Told("named")
    return None


def looks_like_effect(name: str) -> bool:
    """Whether a function that is not known is called after something that the world keeps."""
    return bool(_ACTS.match(name.rpartition(".")[2].lstrip("_")))


def _owner(call: ast.Call) -> str:
    """The last name of what a method is called on."""
    match call.func:
        case ast.Attribute(value=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name
        case ast.Attribute(value=ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name))):
            return name
        case _:
            return ""


def keyed(given: Iterable[ast.AST]) -> bool:
    """Whether there is a key among what is given by which the other side knows a thing again."""
    return bool(_KEYED.search(" ".join(_texts(given))))


def _words(call: ast.Call) -> str:
    """All names and texts within a call's arguments."""
    return " ".join(_texts([*call.args, *call.keywords]))


def _texts(given: Iterable[ast.AST]) -> Iterable[str]:
    for each in given:
        for node in ast.walk(each):
            match node:
                case ast.Constant(value=str() as text):
                    yield text
                case ast.Name(id=text) | ast.Attribute(attr=text):
                    yield text
                case ast.keyword(arg=str() as text):
                    yield text
                case _:
                    pass


def _reads(call: ast.Call, value: Callable[[ast.expr], object]) -> bool:
    """Whether an address is one that is asked by POST and keeps nothing."""
    url = [k.value for k in call.keywords if k.arg == "url"] or call.args[:1]
    known = [given for each in url if isinstance(given := value(each), str)]
    sent = [k.value for k in call.keywords if k.arg in {"json", "data"}]
    keys = {
        k.value for each in sent if isinstance(each, ast.Dict) for k in each.keys if _is_text(k)
    }
    return bool(keys & _ASKS) or any(_READING_URL.search(text) for text in [*known, *_texts(url)])


def _is_text(key: ast.expr | None) -> TypeGuard[ast.Constant]:
    return isinstance(key, ast.Constant) and isinstance(key.value, str)


def _of_files(name: str, last: str, call: ast.Call) -> Told | None:
    words = {k.arg for k in call.keywords}
    if last in _RAISES_AGAIN or name in {"shutil.rmtree", "shutil.move"}:
        harmless = bool(words & {"ignore_errors", "exist_ok"})
        return None if _TEMPORARY.search(_words(call)) else Told("world", again=harmless)
    if last in {"replace", "copy", "copy2", "copyfile", "copytree", "makedirs"}:
        return None if last == "makedirs" else Told("world", again=True)
    if last == "kill":
        return Told("world", again=True)
    return _of_program(call, lambda _: None) if name in _SHELLS else None


def _of_program(call: ast.Call, value: Callable[[ast.expr], object]) -> Told | None:
    """What a program does is seldom known."""
    first = call.args[0] if call.args else None
    parts: list[ast.expr] = first.elts if isinstance(first, ast.List | ast.Tuple) else []
    texts = [given for each in parts if isinstance(given := value(each), str)]
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        texts = first.value.split()
    program = texts[0].rpartition("/")[2] if texts else ""
    if _READING_PROGRAM.match(program) or _READING_PROGRAM.match(" ".join([program, *texts[1:2]])):
        return None
    return Told("named")


def _of_open(call: ast.Call, value: Callable[[ast.expr], object]) -> Told | None:
    """Opening a file to add to it; to write it anew may be done twice."""
    position = 1 if isinstance(call.func, ast.Name) or _owner(call) in {"io", "codecs"} else 0
    given = call.args[position : position + 1] + [k.value for k in call.keywords if k.arg == "mode"]
    for each in given:
        mode = each.value if isinstance(each, ast.Constant) else value(each)
        if not isinstance(mode, str) or len(mode) > 4 or _TEMPORARY.search(_words(call)):
            continue
        if set(mode) & set("wax+"):
            adds = "a" in mode and not ASIDE.search(_words(call))
            return Told("world", again=not adds and "x" not in mode)
    return None


def _of_sql(given: ast.expr, value: Callable[[ast.expr], object]) -> Told | None:
    match given:
        case ast.JoinedStr(values=[ast.Constant(value=str() as text), *_]):
            pass
        case ast.Call(args=[inner, *_]):
            return _of_sql(inner, value)
        case _:
            known = value(given)
            text = known if isinstance(known, str) else ""
    if not _SQL.match(text):
        return None
    sets = bool(re.match(r"\s*update\b", text, re.IGNORECASE)) and not _SQL_COUNTS.search(text)
    return Told("world", again=sets or bool(_SQL_AGAIN.search(text)))
