"""What of the journal may lie on a disk, and in which form: redaction and encryption together."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

from stretto.errors import InvalidInput, KeyUnknown, UnknownName
from stretto.journal.redaction import Rule, Rules
from stretto.journal.rules import PII, SECRETS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stretto.journal.cipher import Cipher

__all__ = ["PII", "SECRETS", "Exact", "Privacy", "Rule", "privacy_from_environment"]

Exact = Literal["keep", "encrypt"]
"""What is done with what must be given back unchanged and so cannot be redacted: `keep` it
readable when there is no key, or store none of it without one."""

SEALED = b"\xc1stretto-sealed\x01"
"""How a sealed body begins; neither JSON, nor msgpack, nor UTF-8 begins with this byte."""
_PLAIN = b"\xc1stretto-plain\x01"
_MARK = SEALED[:1]


@dataclass(frozen=True)
class Privacy:
    """How a journal keeps what was said.

    Args:
        rules: What is looked for in readable texts and replaced; the rules for secrets unless
            given. `()` redacts nothing.
        exact: `keep`, or `encrypt`, which needs a cipher.
        cipher: Seals every payload; `None` stores them readable.

    Raises:
        InvalidInput: `exact="encrypt"` without a cipher.
    """

    rules: tuple[Rule, ...] = SECRETS
    exact: Exact = "keep"
    cipher: Cipher | None = None
    _rules: Rules = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.exact not in {"keep", "encrypt"}:
            raise InvalidInput(f"exact is {self.exact!r}. Set it to 'keep' or 'encrypt'.")
        if self.exact == "encrypt" and self.cipher is None:
            raise InvalidInput(
                "what must be given back unchanged is to be encrypted, but there is no key. "
                "Set STRETTO_KEY or STRETTO_KEY_FILE, or STRETTO_EXACT=keep."
            )
        object.__setattr__(self, "_rules", Rules(self.rules))

    def redacted(self, value: Any) -> Any:
        """The JSON value with every secret in it replaced by `[redacted:NAME]`.

        Texts are looked through wherever they are, names of fields too; a value that needs no
        change is returned itself.
        """
        return self._rules.redacted(value) if self.rules else value

    def seal(self, body: bytes) -> bytes:
        """The body as it is stored; without a cipher as it is."""
        if self.cipher is not None:
            return SEALED + self.cipher.seal(body)
        return _PLAIN + body if body[:1] == _MARK else body

    def unseal(self, body: bytes) -> bytes:
        """The body as it was before `seal`; one that was stored without a key, too.

        Raises:
            KeyUnknown: It is sealed and there is no key, or another one.
            StateUnreadable: It is damaged.
        """
        if body.startswith(_PLAIN):
            return body[len(_PLAIN) :]
        if not body.startswith(SEALED):
            return body
        if self.cipher is None:
            raise KeyUnknown(
                f"what is stored was encrypted with the key {_sealed_with(body)}, and there is "
                "no key. "
                "Set STRETTO_KEY or STRETTO_KEY_FILE to the key it was written with."
            )
        return self.cipher.unseal(body[len(SEALED) :])


def _sealed_with(body: bytes) -> str:
    """The id of the key that sealed a body, as `Cipher` writes it at its beginning."""
    return body[len(SEALED) : len(SEALED) + 8].hex()


def privacy_from_environment(environment: Mapping[str, str] | None = None) -> Privacy:
    """What the environment asks for (`os.environ` unless given).

    `STRETTO_REDACT` names sets of rules and single rules with commas between (`secrets` unless
    set; `secrets,pii`; `none`); `STRETTO_KEY` or `STRETTO_KEY_FILE` give the key; `STRETTO_EXACT`
    is `keep` or `encrypt`.

    Raises:
        InvalidInput: One of them says something that cannot be.
        MissingExtra: There is a key and the extra `trust` is not installed.
        StateUnavailable: The key file cannot be read.
    """
    given = os.environ if environment is None else environment
    exact = given.get("STRETTO_EXACT", "").strip() or "keep"
    if exact not in {"keep", "encrypt"}:
        raise InvalidInput(f"STRETTO_EXACT is {exact!r}. Set it to keep or encrypt.")
    return Privacy(
        rules=_named(given.get("STRETTO_REDACT", "").strip() or "secrets"),
        exact=cast("Exact", exact),
        cipher=_cipher(given),
    )


def _cipher(given: Mapping[str, str]) -> Cipher | None:
    text, path = given.get("STRETTO_KEY", "").strip(), given.get("STRETTO_KEY_FILE", "").strip()
    if not text and not path:
        return None
    from stretto.journal.cipher import Cipher, key_file, parse_keys

    return Cipher(*(parse_keys(text, "STRETTO_KEY") if text else key_file(path)))


def _named(text: str) -> tuple[Rule, ...]:
    """The rules a list of names stands for, each once."""
    known: dict[str, tuple[Rule, ...]] = {"none": (), "secrets": SECRETS, "pii": PII}
    for rule in (*SECRETS, *PII):
        known[rule.name] = (*known.get(rule.name, ()), rule)
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise UnknownName("redaction rule", name, known, where="STRETTO_REDACT")
    return tuple(dict.fromkeys(rule for name in names for rule in known[name]))
