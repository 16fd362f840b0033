"""Signed heads: written when a run ends, appended by any number of processes, read again."""

from __future__ import annotations

import builtins
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from stretto.errors import InvalidInput, MissingExtra, StateUnavailable, StateUnreadable
from stretto.journal.anchors import (
    Anchors,
    anchors_from_environment,
    anchors_path,
    new_key,
    private_key,
    public_key,
    read_anchors,
    verifying_key,
)

if TYPE_CHECKING:
    from pathlib import Path

KEY = Ed25519PrivateKey.from_private_bytes(b"\7" * 32)


def test_only_heads_after_which_a_thread_may_rest_are_signed(tmp_path: Path) -> None:
    """One line a thread and note, of its last head; none for records within a run."""
    anchors = Anchors(tmp_path / "deep" / "anchors.jsonl", KEY, now=lambda: 1_800_000_000.5)
    anchors.note([("a", 0, "h0", "run_started"), ("a", 1, "h1", "tool_ended")])
    assert not anchors.path.exists()
    anchors.note(
        [
            ("a", 2, "h2", "run_ended"),
            ("b", 0, "g0", "forgotten"),
            ("a", 3, "h3", "run_ended"),
            ("b", 1, "g1", "run_started"),
        ]
    )
    first, second = read_anchors(anchors.path)
    assert first[:4] == ("a", 3, "h3", "2027-01-15T08:00:00.500+00:00")
    assert second[:3] == ("b", 0, "g0")
    assert (first.line, second.line) == (1, 2)
    assert all(anchor.is_signed_by(KEY.public_key()) for anchor in (first, second))


def test_signature_covers_every_field(tmp_path: Path) -> None:
    """No field can be changed and the signature kept."""
    anchors = Anchors(tmp_path / "a.jsonl", KEY)
    anchors.note([("a", 3, "h3", "run_ended")])
    (anchor,) = read_anchors(anchors.path)
    for field, value in (
        ("thread", "b"),
        ("position", 4),
        ("hash", "x"),
        ("time", "x"),
        ("key", "x"),
    ):
        assert not anchor._replace(**{field: value}).is_signed_by(KEY.public_key())
    assert not anchor._replace(signature="*").is_signed_by(KEY.public_key())
    moved = anchor._replace(thread="3\na", position=0)
    assert moved.message() != anchor.message()


def test_torn_and_foreign_lines_are_told(tmp_path: Path) -> None:
    """A line that was cut off by a crash does not swallow the next, and is not passed over."""
    path = tmp_path / "a.jsonl"
    anchors = Anchors(path, KEY)
    anchors.note([("a", 0, "h0", "run_ended")])
    path.write_bytes(path.read_bytes()[:-20])
    anchors.note([("a", 1, "h1", "run_ended")])
    with path.open("a") as file:
        file.write('\n[1]\n{"thread": "a", "position": "x"}\n')
    read = read_anchors(path)
    assert [(anchor.thread, anchor.line) for anchor in read] == [
        ("", 1),
        ("a", 2),
        ("", 4),
        ("", 5),
    ]
    assert read[1].is_signed_by(KEY.public_key())


def test_file_that_is_not_there_or_cannot_be_used(tmp_path: Path) -> None:
    """No file is no anchors; one that cannot be read or written is an error with a remedy."""
    assert read_anchors(tmp_path / "none") == []
    with pytest.raises(StateUnreadable, match="Set STRETTO_ANCHORS"):
        read_anchors(tmp_path)
    with pytest.raises(StateUnavailable, match="Set STRETTO_ANCHORS"):
        Anchors(tmp_path, KEY).note([("a", 0, "h0", "run_ended")])


def test_processes_append_to_one_file(tmp_path: Path) -> None:
    """Lines of processes that write at once are whole."""
    path = tmp_path / "a.jsonl"
    code = (
        "import sys; from pathlib import Path\n"
        "from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey\n"
        "from stretto.journal.anchors import Anchors\n"
        "a = Anchors(Path(sys.argv[1]), Ed25519PrivateKey.from_private_bytes(b'\\7' * 32))\n"
        "for n in range(50): a.note([(sys.argv[2], n, 'h' * 64, 'run_ended')])\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(path), name]) for name in ("x", "y", "z")
    ]
    assert [one.wait() for one in running] == [0, 0, 0]
    read = read_anchors(path)
    assert len(read) == 150
    assert all(anchor.is_signed_by(KEY.public_key()) for anchor in read)


def test_new_key_signs_and_its_public_one_verifies(tmp_path: Path) -> None:
    """The private key is its owner's alone; no key is written over."""
    path = tmp_path / "sign.pem"
    public = new_key(path)
    assert public == tmp_path / "sign.pub.pem"
    assert path.stat().st_mode & 0o777 == 0o600
    told = {"STRETTO_SIGNING_KEY": str(path), "STRETTO_ANCHORS": str(tmp_path / "a.jsonl")}
    anchors = anchors_from_environment(told)
    assert anchors is not None
    anchors.note([("a", 0, "h0", "run_ended")])
    (anchor,) = read_anchors(anchors_path(told))
    for key in (public_key(public), public_key(path), verifying_key(told)):
        assert key is not None
        assert anchor.is_signed_by(key)
    assert anchor.key == anchors.key
    with pytest.raises(InvalidInput, match="already there"):
        new_key(path)
    with pytest.raises(StateUnavailable, match="Give another path"):
        new_key(tmp_path / "none" / "sign.pem")


def test_key_that_openssl_made_is_read(tmp_path: Path) -> None:
    """The form is the common one: PKCS 8 in PEM."""
    path = tmp_path / "sign.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(path)], check=True)
    public = subprocess.run(
        ["openssl", "pkey", "-in", str(path), "-pubout"], check=True, capture_output=True
    )
    (tmp_path / "public.pem").write_bytes(public.stdout)
    signed = private_key(path).sign(b"x")
    public_key(tmp_path / "public.pem").verify(signed, b"x")


def test_without_a_key_nothing_is_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting, no anchors; the default file lies with the state."""
    assert anchors_from_environment({}) is None
    assert verifying_key({}) is None
    assert anchors_path({}).name == "anchors.jsonl"
    assert str(anchors_path({}).parent) == os.environ["STRETTO_HOME"]


def test_unusable_keys_are_errors_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file, no key in it, a key of another kind, or the extra is missing."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (tmp_path / "ec.pem").write_bytes(other)
    (tmp_path / "text").write_text("-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n")
    for name in ("ec.pem", "text"):
        with pytest.raises(InvalidInput, match=r"no Ed25519 private key.*--new-key"):
            private_key(tmp_path / name)
        with pytest.raises(InvalidInput, match="no Ed25519 key"):
            public_key(tmp_path / name)
    with pytest.raises(StateUnavailable, match="Set STRETTO_SIGNING_KEY"):
        private_key(tmp_path / "none")
    real = builtins.__import__

    def without(name: str, *args: Any) -> Any:
        if name.startswith("cryptography"):
            raise ImportError(name)
        return real(name, *args)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match="'trust'"):
        anchors_from_environment({"STRETTO_SIGNING_KEY": str(tmp_path / "ec.pem")})
    assert json.loads(json.dumps(read_anchors(tmp_path / "none"))) == []
