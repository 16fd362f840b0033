"""Recordings in files, and comparison with what was redacted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.errors import InvalidInput, Unreplayable
from stretto.replay import load_recording, recorded, replay_recording, save_recording
from stretto.replay.recording import matches
from stretto.runs import run
from tests.replay.agents import agent

if TYPE_CHECKING:
    from pathlib import Path

    from stretto.runs import Storage
    from tests.replay.agents import Counted


async def test_a_saved_recording_is_the_same_recording(
    files: Storage, happened: Counted, tmp_path: Path
) -> None:
    """Records and payloads come back as they were, and replay as they do from the journal."""
    await run(agent(happened), "add", thread="t", storage=files)
    made = await recorded(files.journal, "t")
    path = tmp_path / "tests" / "run.jsonl"
    save_recording(made, path)
    assert load_recording(path) == made
    assert (await replay_recording(agent(happened), load_recording(path))).same


async def test_a_damaged_file_names_its_line(
    files: Storage, happened: Counted, tmp_path: Path
) -> None:
    """Cut lines, other files and later versions are refused."""
    await run(agent(happened), "add", thread="t", storage=files)
    path = tmp_path / "run.jsonl"
    save_recording(await recorded(files.journal, "t"), path)
    lines = path.read_text().split("\n")
    path.write_text("\n".join([*lines[:2], lines[2][:-5], *lines[3:]]))
    with pytest.raises(InvalidInput, match=r"run\.jsonl:3"):
        load_recording(path)
    for head in ("", "{}", '{"stretto_recording": 99}', "[]"):
        path.write_text(head)
        with pytest.raises(InvalidInput):
            load_recording(path)


async def test_a_recording_without_its_payloads_says_so(
    files: Storage, happened: Counted, tmp_path: Path
) -> None:
    """It is not replayed on what is left."""
    await run(agent(happened), "add", thread="t", storage=files)
    path = tmp_path / "run.jsonl"
    save_recording(await recorded(files.journal, "t"), path)
    kept = [line for line in path.read_text().splitlines() if '"payload' not in line[:12]]
    path.write_text("\n".join(kept))
    with pytest.raises(Unreplayable):
        await replay_recording(agent(happened), load_recording(path))


def test_what_was_redacted_fits_what_it_stood_for() -> None:
    """The rest of the text must be the same."""
    then = {"said": ["my key is [redacted:key], keep it", 3]}
    assert matches(then, {"said": ["my key is sk-123, keep it", 3]})
    assert not matches(then, {"said": ["my key is sk-123, lose it", 3]})
    assert not matches(then, {"said": ["my key is sk-123, keep it", 4]})
    assert matches("[redacted:card]", 4111111111111111)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@given(JSON)
def test_a_value_matches_itself_as_json(value: Any) -> None:
    """Whatever it is."""
    assert matches(value, json.loads(json.dumps(value)))


@given(st.lists(st.text(alphabet="ab [", max_size=4), min_size=2, max_size=4), st.data())
def test_any_secret_in_place_of_a_mark_matches(parts: list[str], data: st.DataObject) -> None:
    """However often it was redacted."""
    secrets = [data.draw(st.text(alphabet="abc", max_size=5)) for _ in parts[1:]]
    now = parts[0] + "".join(s + p for s, p in zip(secrets, parts[1:], strict=True))
    assert matches("[redacted:x]".join(parts), now)
