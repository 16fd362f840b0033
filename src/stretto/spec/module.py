"""A user's Python file, loaded by its path and not by a package name.

An installed package that is also called `tools` or `agents` cannot get in the way, and nothing
depends on the working directory or on `sys.path`.
"""

from __future__ import annotations

import hashlib
import sys
import threading
import traceback
from importlib.util import module_from_spec, spec_from_file_location
from typing import TYPE_CHECKING, Any

from stretto.errors import BadDefinition, StrettoError, UnknownName

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

_lock = threading.RLock()
_loading: set[Path] = set()
_loaded: dict[Path, tuple[object, ModuleType]] = {}


def load_module(path: Path) -> ModuleType:
    """Run a Python file as a module of a name of its own; once, until the file changes.

    Raises:
        BadDefinition: The file is not there, loads itself, or raised: the error names the line of
            the file, and its cause is what was raised. Errors of Stretto pass as they are.
    """
    path = path.resolve()
    with _lock:
        if not path.is_file():
            raise BadDefinition(path, None, "there is no such file", "Write it")
        stat = path.stat()
        stamp = (stat.st_mtime_ns, stat.st_size)
        known = _loaded.get(path)
        if known is None or known[0] != stamp:
            known = _loaded[path] = (stamp, _run(path))
        return known[1]


def module_name(path: Path) -> str:
    """Give the name under which `load_module` registers a file; the same in every process."""
    digest = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]
    return f"stretto_file_{digest}_{path.stem.replace('-', '_')}"


def _run(path: Path) -> ModuleType:
    if path in _loading:
        raise BadDefinition(path, None, "the file loads itself", "Leave out the call that does")
    name = module_name(path)
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise BadDefinition(path, None, "this is not a Python file", "Name a file in .py")
    module = sys.modules[name] = module_from_spec(spec)
    _loading.add(path)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        if (blamed := blame(error, path)) is error:
            raise
        raise blamed from error
    finally:
        _loading.discard(path)
    return module


def blame(error: BaseException, path: Path) -> StrettoError:
    """Give the error that says at which line of the user's file another was raised.

    Errors of Stretto already say what and where; a name looked up in vain learns the line.
    """
    line = _line_in(error, path)
    if isinstance(error, UnknownName) and not error.where:
        return UnknownName(error.kind, error.name, error.known, where=f"{path}:{line}")
    if isinstance(error, StrettoError):
        return error
    said = str(error).splitlines()
    problem = f"{type(error).__name__}: {said[0].rstrip('.')}" if said else type(error).__name__
    if isinstance(error, SyntaxError):
        problem = f"{type(error).__name__}: {error.msg}"
    return BadDefinition(path, line, problem, _remedy(error))


def _line_in(error: BaseException, path: Path) -> int | None:
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    return next((f.lineno for f in reversed(frames) if f.filename == str(path)), None)


def _remedy(error: BaseException) -> str:
    match error:
        case ImportError() if "relative import" in str(error):
            return "Files of a project are loaded by path: import absolutely, or use `Project`"
        case ImportError():
            return "Correct the import, or install what it names"
        case SystemExit():
            return "Leave out the call that exits"
        case _:
            return "Mend it there; --debug shows the whole traceback"


def attribute(path: Path, module: ModuleType, name: str) -> Any:
    """Give a module's attribute.

    Raises:
        UnknownName: It has none of that name.
    """
    if not hasattr(module, name):
        public = [known for known in vars(module) if not known.startswith("_")]
        raise UnknownName("attribute", name, public, where=str(path))
    return getattr(module, name)
