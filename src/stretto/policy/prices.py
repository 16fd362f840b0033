"""What models cost: a table that the user supplies, or a function."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stretto.errors import InvalidInput

PRICES = "STRETTO_PRICES"
"""The environment variable that names the file with the prices of models."""
_MILLION = 1_000_000


class Price(BaseModel):
    """What a model costs, in money for a million tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: float = Field(ge=0, allow_inf_nan=False)
    output: float = Field(ge=0, allow_inf_nan=False)


class Prices(BaseModel):
    """What models cost, all in one currency, by name or by a pattern such as `gpt-5*`.

    A name counts before a pattern, an earlier pattern before a later one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    models: dict[str, Price] = Field(default_factory=dict[str, Price])

    def cost(self, model: str, input_tokens: int, output_tokens: int) -> float | None:
        """What a call has cost; `None` without a price, or when no tokens were told."""
        price = self.models.get(model) or next(
            (p for name, p in self.models.items() if fnmatchcase(model, name)), None
        )
        if price is None or not (input_tokens or output_tokens):
            return None
        return (price.input * input_tokens + price.output * output_tokens) / _MILLION

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


def prices_from_environment() -> Prices:
    """The prices in the file that `STRETTO_PRICES` names, read once; none when it is not set.

    Raises:
        InvalidInput: The file cannot be read, or says something else.
    """
    path = os.environ.get(PRICES, "").strip()
    return _prices(path) if path else Prices()


@cache
def _prices(path: str) -> Prices:
    return Prices.from_file(path)


def _loaded(text: str) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise ValueError(str(error)) from error
