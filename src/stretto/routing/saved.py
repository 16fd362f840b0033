"""A trained classifier as a file: a digest, then arrays and JSON; nothing in it is executed."""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import zipfile
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, cast

from stretto.errors import InvalidInput
from stretto.routing.model import Model, numpy
from stretto.routing.training import Measured

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

VERSION = 1
"""Of the file's layout."""
ARRAYS = ("idf", "weights", "offsets")


@dataclass(frozen=True)
class Settings:
    """What a classifier is trained with beside its examples; see `Examples`."""

    refuse: float
    threshold: float | None


@dataclass(frozen=True)
class Trained:
    """A classifier, and where it comes from."""

    model: Model
    measured: Measured
    digest: str
    """Of the examples and settings."""
    settings: Settings


def digest_of(examples: Sequence[tuple[str, str]], settings: Settings) -> str:
    """SHA-256 of examples, in any order, and of the settings they are trained with."""
    return hashlib.sha256(_json([sorted(examples), asdict(settings), VERSION])).hexdigest()


def save(path: Path, trained: Trained) -> None:
    """Write a classifier, whole or not at all; the file's folder must be there.

    Raises:
        InvalidInput: The file cannot be written.
    """
    whole = _packed(trained)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(_seal(whole) + whole)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise InvalidInput(
            f"the classifier cannot be written to {str(path)!r}: {error}. Make its folder, or name "
            "another file."
        ) from error


def load(path: Path) -> Trained:
    """Read a classifier. Nothing of the file is looked at before its digest is found right.

    Raises:
        InvalidInput: The file is not there, is damaged, or has another layout.
    """
    try:
        seal, _, whole = path.read_bytes().partition(b"\n")
        if seal + b"\n" != _seal(whole):
            raise ValueError("it is damaged, or no classifier: its digest does not fit")
        return _unpacked(whole)
    except FileNotFoundError as error:
        raise InvalidInput(
            f"there is no classifier at {str(path)!r}. Train one, and `save` it there."
        ) from error
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        problem = " ".join(str(error).split()) or type(error).__name__
        raise InvalidInput(
            f"the classifier in {str(path)!r} cannot be read: {problem}. Train it again, and "
            "`save` it there."
        ) from error


def _seal(whole: bytes) -> bytes:
    """The line that begins the file."""
    return f"stretto classifier, sha256 {hashlib.sha256(whole).hexdigest()}\n".encode()


def _packed(trained: Trained) -> bytes:
    """An archive of arrays (npz), of which `head` is JSON."""
    np, model = numpy(), trained.model
    head = {
        "version": VERSION,
        "digest": trained.digest,
        "settings": asdict(trained.settings),
        "classes": model.classes,
        "terms": list(model.vocabulary),
        "sure": model.sure,
        "bound": None if math.isinf(model.bound) else model.bound,
        "measured": asdict(trained.measured),
    }
    arrays = {name: getattr(model, name) for name in ARRAYS}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, head=np.frombuffer(_json(head), dtype=np.uint8), **arrays)
    return buffer.getvalue()


def _unpacked(whole: bytes) -> Trained:
    with numpy().load(io.BytesIO(whole), allow_pickle=False) as file:
        arrays = {name: file[name] for name in (*ARRAYS, "head")}
    head = cast("dict[str, Any]", json.loads(arrays["head"].tobytes()))
    if head["version"] != VERSION:
        raise ValueError(f"it has layout {head['version']}, and this program reads {VERSION}")
    measured, settings = Measured(**head["measured"]), Settings(**head["settings"])
    return Trained(_model(head, arrays), measured, head["digest"], settings)


def _model(head: Mapping[str, Any], arrays: Mapping[str, Any]) -> Model:
    terms, classes = head["terms"], tuple(head["classes"])
    shapes: dict[str, tuple[int, ...]] = {
        "idf": (len(terms),),
        "weights": (len(terms), len(classes)),
        "offsets": (len(classes),),
    }
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            raise ValueError(f"{name} has the shape {arrays[name].shape} instead of {shape}")
    bound = -math.inf if head["bound"] is None else float(head["bound"])
    vocabulary = {term: row for row, term in enumerate(terms)}
    by_scope, by_gap, base = head["sure"]
    return Model(
        classes,
        vocabulary,
        arrays["idf"],
        arrays["weights"],
        arrays["offsets"],
        (by_scope, by_gap, base),
        bound,
    )


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True).encode()
