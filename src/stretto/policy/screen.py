"""What personal data an agent is neither sent nor answers with."""

from __future__ import annotations

import re
from typing import Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Strategy: TypeAlias = Literal["redact", "mask", "hash", "block"]
"""`redact` puts a word in its place, `mask` leaves a little of it, `hash` a short digest by which
the same value is known again, and `block` ends the work with an error."""

_KIND = re.compile(r"[a-z][a-z0-9_]{0,63}")


class Pattern(BaseModel):
    """A kind of data told by a regular expression, in Python's syntax."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pattern: str = Field(description="a regular expression; what it matches is replaced")
    strategy: Strategy = "redact"

    @field_validator("pattern")
    @classmethod
    def _finds(cls, value: str) -> str:
        try:
            found = re.compile(value).match("")
        except re.error as error:
            raise ValueError(f"{value!r} is no regular expression: {error}. Mend it") from None
        if found is not None:
            raise ValueError(
                f"{value!r} matches where there is nothing. Let it ask for a character at least"
            )
        return value


class Screen(BaseModel):
    """What is looked for in all that an agent's model is sent, and in what the agent answers.

    Each kind says what becomes of it; `None` lets it through. The kinds are looked for in the order
    in which they stand here, `patterns` last. Raises `pydantic.ValidationError` where nothing is
    looked for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: Strategy | None = Field(default=None, description="addresses of e-mail")
    credit_card: Strategy | None = Field(
        default=None, description="numbers of 16 digits whose check digit is right"
    )
    ip: Strategy | None = Field(default=None, description="IPv4 addresses")
    mac_address: Strategy | None = Field(default=None, description="addresses of network cards")
    url: Strategy | None = Field(default=None, description="addresses of web pages")
    patterns: dict[str, Pattern] = Field(
        default_factory=dict[str, Pattern], description="kinds of your own, by name"
    )

    @field_validator("patterns")
    @classmethod
    def _named(cls, value: dict[str, Pattern]) -> dict[str, Pattern]:
        for kind in value:
            if not _KIND.fullmatch(kind):
                raise ValueError(f"{kind!r} names no kind. Use small letters, digits and '_'")
            if kind in BUILT_IN:
                raise ValueError(f"the kind {kind!r} is there already. Give yours another name")
        return value

    @model_validator(mode="after")
    def _looks_for_something(self) -> Self:
        if not self.patterns and not any(getattr(self, kind) for kind in BUILT_IN):
            raise ValueError("the screen looks for nothing. Name a kind, such as `email: redact`")
        return self


BUILT_IN = ("email", "credit_card", "ip", "mac_address", "url")
"""The kinds that need no pattern."""
