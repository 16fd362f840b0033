"""What a team file says by name: functions, types, rules, and the places that hold them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, RootModel


class Said(BaseModel):
    """A part of a team file: frozen, and nothing in it that is not known."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True, defer_build=True
    )


class _Name(RootModel[str]):
    model_config = ConfigDict(frozen=True, strict=True, defer_build=True)

    def __str__(self) -> str:
        return self.root


class StepName(_Name):
    """A function or value of `steps/`, as `family.name`; or `package.module:name`."""


class TypeName(_Name):
    """A type, such as `str`, `list[float]`, `int | None`, `Finding`, or `family.Class` of `steps/`.

    Plain ones are `str`, `int`, `float`, `bool`, `dict`, `list` and `any`.
    """


class RuleName(_Name):
    """A rule of Stretto (`answered`, `cited`, `quoted`, `covers`), or one of `steps/`."""


class Step(Said):
    """A function or value of `steps/`, where a value could stand as well."""

    step: str
    """`family.name` of `steps/`, or `package.module:name`."""
