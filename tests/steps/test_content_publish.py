"""Posts that are written once, and channels that are told of them."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import pytest

from stretto import Project
from stretto.errors import StrettoError

if TYPE_CHECKING:
    from pathlib import Path

step = Project.at(__file__).step
written, added = step("content_publish.written"), step("content_channels.added")
EDITED = {
    "title": 'Kilns: "hot"', "slug": "kilns", "summary": "They are <hot>.", "body": "Hot. [1]\n",
    "sources": ["kiln.md"], "score": 9.0,
}  # fmt: skip


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the key of the effect that is being done."""

    def set_to(value: str) -> None:
        monkeypatch.setattr(sys.modules[written.__module__], "idempotency_key", lambda: value)

    set_to("a" * 16)
    return set_to


def test_a_post_is_written_once_under_a_key(tmp_path: Path, key: Any) -> None:
    """Done again under its key it is there; another post of that name gets a number."""
    first = written(str(tmp_path), EDITED)
    assert written(str(tmp_path), EDITED) | {"date": ""} == first | {"date": ""}
    key("b" * 16)
    second = written(str(tmp_path), EDITED)
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["kilns-2.md", "kilns.md"]
    assert second["path"].endswith("kilns-2.md")
    text = (tmp_path / "kilns.md").read_text()
    assert text.startswith('---\nid: "aaaaaaaaaaaaaaaa"\ntitle: "Kilns: \\"hot\\""\n')
    assert 'sources: ["kiln.md"]\n---\n\n# Kilns' in text


def test_the_feed_holds_each_post_once(tmp_path: Path, key: Any) -> None:
    """The newest first, at most so many, and nothing in them is taken for XML."""
    for number in range(52):
        key(f"{number:016}")
        post = written(str(tmp_path), EDITED)
        added(str(tmp_path), post)
    added(str(tmp_path), post)
    entries = ET.parse(tmp_path / "feed.xml").getroot().findall("{*}entry")
    assert len(entries) == 50
    assert entries[0].findtext("{*}id") == f"urn:stretto:{51:016}"
    assert entries[0].findtext("{*}summary") == "They are <hot>."


def test_a_broken_feed_is_left_as_it_is(tmp_path: Path, key: Any) -> None:
    """The error says what to do."""
    (tmp_path / "feed.xml").write_text("<feed>")
    with pytest.raises(StrettoError, match="Mend it or move it away"):
        added(str(tmp_path), written(str(tmp_path), EDITED))
    assert (tmp_path / "feed.xml").read_text() == "<feed>"
