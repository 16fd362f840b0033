from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stretto.errors import InvalidInput
from stretto.routing import Examples
from stretto.routing.saved import Settings, digest_of, load
from tests.routing.talk import TALK


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a classifier."""
    path = tmp_path_factory.mktemp("kept") / "talk.npz"
    Examples(TALK).save(path)
    return path


def test_a_digest_is_that_of_examples_and_settings() -> None:
    """In any order."""
    one, two, settings = ("a", "x"), ("b", "y"), Settings(0.1, None)
    assert digest_of([one, two], settings) == digest_of([two, one], settings)
    assert digest_of([one], settings) != digest_of([two], settings)
    assert digest_of([one], settings) != digest_of([one], Settings(0.2, None))


def test_a_damaged_file_is_refused(kept: Path, tmp_path: Path) -> None:
    """Wherever a byte is changed, and wherever the file is cut."""
    whole = kept.read_bytes()
    damaged = tmp_path / "damaged"
    for at in range(0, len(whole), max(1, len(whole) // 50)):
        for content in (whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :], whole[:at]):
            damaged.write_bytes(content)
            with pytest.raises(InvalidInput, match=r"its digest does not fit\. Train it again"):
                load(damaged)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"version": 9}, "it has layout 9, and this program reads 1"),
        ({"classes": ["x"]}, "weights has the shape"),
        ({"sure": [1]}, "not enough values"),
        ({"settings": {}}, "missing 2 required"),
    ],
)
def test_a_file_of_another_layout_is_refused(
    kept: Path, tmp_path: Path, change: dict, problem: str
) -> None:
    """Even when its digest fits."""
    whole = kept.read_bytes().partition(b"\n")[2]
    with np.load(io.BytesIO(whole)) as file:
        arrays = dict(file)
    head = {**json.loads(arrays["head"].tobytes()), **change}
    arrays["head"] = np.frombuffer(json.dumps(head).encode(), dtype=np.uint8)
    with pytest.raises(InvalidInput, match=f"cannot be read: .*{problem}"):
        load(sealed(tmp_path / "changed", arrays))


def sealed(path: Path, arrays: dict[str, Any]) -> Path:
    """A file with these arrays, and the digest that fits."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()
    path.write_bytes(f"stretto classifier, sha256 {digest}\n".encode() + buffer.getvalue())
    return path


def test_nothing_in_a_file_is_executed(tmp_path: Path) -> None:
    """A pickle is refused unread, even when the digest fits."""

    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "sprung",))

    trap = np.array([Trap()], dtype=object)
    arrays = dict.fromkeys(("idf", "weights", "offsets", "head"), trap)
    with pytest.raises(InvalidInput, match=r"cannot be read: .*allow_pickle=False"):
        load(sealed(tmp_path / "trap", arrays))
    assert not (tmp_path / "sprung").exists()


def test_a_file_must_be_there_and_its_folder_too(tmp_path: Path) -> None:
    """Each with the remedy."""
    with pytest.raises(InvalidInput, match=r"there is no classifier at .*none.npz'. Train one"):
        load(tmp_path / "none.npz")
    with pytest.raises(InvalidInput, match=r"cannot be read"):
        load(tmp_path)
    with pytest.raises(InvalidInput, match=r"cannot be written to .* Make its folder"):
        Examples(TALK).save(tmp_path / "none" / "talk.npz")
