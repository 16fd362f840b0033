"""Packages whose names are loaded when they are first used, so that importing them costs little."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def load_lazily(package: str, homes: Mapping[str, Sequence[str]]) -> Callable[[str], Any]:
    """Let a package's names be loaded from their modules when somebody asks for them.

    A name may be that of a submodule, too: `stretto.check` is the function, and
    `from stretto.check.rules import all_rules` still finds the package.

    Args:
        package: Its own `__name__`.
        homes: Names, by the module that defines them.

    Returns:
        What gives a name's value: the package's `__getattr__`, by which type checkers and linters
        know that its names are there.
    """
    module = sys.modules[package]
    setattr(module, _HOMES, {name: home for home, names in homes.items() for name in names})
    module.__class__ = _Lazy
    return module.__getattr__


_HOMES = "__homes__"


class _Lazy(ModuleType):
    """A package that looks for its names where they are defined."""

    @property
    def _homes(self) -> dict[str, str]:
        homes: dict[str, str] = self.__dict__[_HOMES]
        return homes

    def __getattr__(self, name: str) -> Any:
        home = self._homes.get(name)
        if home is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(home), name)
        self.__dict__[name] = value
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        """Keep a submodule from taking the place of the function that is called as it is."""
        if not (isinstance(value, ModuleType) and name in self._homes):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*self._homes, *super().__dir__()})
