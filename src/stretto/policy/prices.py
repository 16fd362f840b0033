"""What models cost: a table that the user supplies, or a function."""

from __future__ import annotations

import importlib
import math
import os
import re
import sys
from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stretto.errors import InvalidInput

PRICES = "STRETTO_PRICES"
"""The environment variable that names the file with the prices of models, or `module:attribute`."""
FREE = "offline"
"""The model that costs nothing, unless a price is given for its name."""
_MILLION = 1_000_000
_ATTRIBUTE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")

Cost = Callable[[str, int, int], float | None]
"""What a call of a model with so many input and output tokens costs; `None`: not known."""


class Price(BaseModel):
    """What a model costs, in money for a million tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    input: float = Field(ge=0, allow_inf_nan=False)
    output: float = Field(ge=0, allow_inf_nan=False)


class Prices(BaseModel):
    """What models cost, all in one currency, by name or by a pattern such as `gpt-5*`.

    A name counts before a pattern, an earlier pattern before a later one, a pattern before the
    function. The model `offline` costs nothing unless its name has a price.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    models: dict[str, Price] = Field(default_factory=dict[str, Price])
    by: Cost | None = Field(default=None, exclude=True, repr=False)
    """Asked for models that the table does not name: `by(model, input_tokens, output_tokens)`
    gives money or `None`. More tokens must not cost less."""

    def cost(self, model: str, input_tokens: int, output_tokens: int) -> float | None:
        """What a call has cost; `None` without a price, or when no tokens were told.

        Raises:
            InvalidInput: The function `by` raised, or gave what is no price.
        """
        if not (input_tokens or output_tokens):
            return None
        price = self._price(model)
        if price is None:
            return None if self.by is None else _asked(self.by, model, input_tokens, output_tokens)
        return (price.input * input_tokens + price.output * output_tokens) / _MILLION

    def has(self, model: str) -> bool:
        """Whether a model has a price."""
        return self.cost(model, 1, 1) is not None

    def affordable(self, model: str, input_tokens: int, money: float, most: int) -> int:
        """How many output tokens, up to `most`, a call can have for at most so much money."""
        low, high = 0, most
        while low < high:
            middle = (low + high + 1) // 2
            fits = (self.cost(model, input_tokens, middle) or 0.0) <= money
            low, high = (middle, high) if fits else (low, middle - 1)
        return low

    def _price(self, model: str) -> Price | None:
        found = self.models.get(model)
        if found is not None:
            return found
        if model == FREE:
            return _NOTHING
        return next((p for name, p in self.models.items() if fnmatchcase(model, name)), None)

    @classmethod
    def from_file(cls, path: str | Path) -> Prices:
        """Read prices from YAML or JSON: each model's name with its `input` and `output`.

        Raises:
            InvalidInput: The file cannot be read, or says something else.
        """
        try:
            told = _loaded(Path(path).expanduser().read_text(encoding="utf-8"))
            return cls.model_validate({"models": {} if told is None else told})
        except (OSError, UnicodeDecodeError) as error:
            problem = str(error)
        except ValidationError as error:
            first = error.errors()[0]
            problem = f"{'.'.join(map(str, first['loc'][1:])) or 'the file'}: {first['msg']}"
        except ValueError as error:
            problem = " ".join(str(error).split())
        raise InvalidInput(
            f"the prices in {str(path)!r} cannot be read: {problem}. Write a line for each model, "
            f"such as `gpt-5-mini: {{input: 0.25, output: 2.0}}`, and name the file in {PRICES}."
        )


_NOTHING = Price(input=0, output=0)


def prices_from_environment() -> Prices:
    """The prices that `STRETTO_PRICES` names, read once; none when it is not set.

    It names a file, or `module:attribute`: `Prices`, a table as in the file, or a function as
    `Prices.by`. Modules are found in the working directory as well.

    Raises:
        InvalidInput: They cannot be read, or say something else.
    """
    named = os.environ.get(PRICES, "").strip()
    return _prices(named) if named else Prices()


@cache
def _prices(named: str) -> Prices:
    is_file = Path(named).expanduser().exists()
    if _ATTRIBUTE.fullmatch(named) and not is_file:
        return _imported(named)
    return Prices.from_file(named)


def _imported(named: str) -> Prices:
    module, _, attribute = named.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    try:
        found: Any = getattr(importlib.import_module(module), attribute)
        if isinstance(found, Prices):
            return found
        if callable(found):
            return Prices(by=cast("Cost", found))
        return Prices.model_validate({"models": found})
    except Exception as error:
        problem = " ".join(str(error).split())
        raise InvalidInput(
            f"the prices in {named!r} cannot be used: {problem}. Let {PRICES} name a file, or a "
            "`Prices`, a table or a function as `module:attribute`."
        ) from error


def _asked(by: Cost, model: str, input_tokens: int, output_tokens: int) -> float | None:
    try:
        cost = by(model, input_tokens, output_tokens)
    except Exception as error:
        raise InvalidInput(
            f"the function for prices raised {type(error).__name__} for the model {model!r}: "
            f"{error}. Let it give a number, or None for a model that it does not know."
        ) from error
    if cost is None or (math.isfinite(cost) and cost >= 0):
        return cost
    raise InvalidInput(
        f"the function for prices gave {cost!r} for the model {model!r}. Let it give a number, "
        "0 or more, or None for a model that it does not know."
    )


def _loaded(text: str) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise ValueError(str(error)) from error
