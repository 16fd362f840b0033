"""An exported thread holds by the words of its format alone."""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from stretto.journal.anchors import Anchors, read_anchors
from stretto.journal.evidence import evidence
from stretto.journal.export import export_lines
from stretto.journal.payloads import json_payload, object_payload
from stretto.records import Decided, ModelStarted, RunEnded, RunStarted, ToolEnded

if TYPE_CHECKING:
    from pathlib import Path

    from stretto.journal import Journal

KEY = Ed25519PrivateKey.from_private_bytes(b"\7" * 32)


async def written(journal: Journal) -> None:
    """Two runs with all that a record may refer to."""
    for number in range(2):
        base = {"time": 1000.0 + number, "thread": "t", "run": f"r{number}"}
        said = json_payload({"before": "", "message": {"type": "human", "content": "why?"}})
        asked = json_payload({"messages": said.digest, "tools": [], "settings": {}})
        given = object_payload({"number": number})
        journal.append(RunStarted(**base, team="team", question=f"number {number}"))
        journal.append(
            ModelStarted(**base, model="m", messages=1, input=asked.digest), [said, asked]
        )
        told = {"tool": "look", "status": "done", "result": "x", "output": given.digest}
        journal.append(ToolEnded(**base, **told, seconds=1), [given])
        journal.append(Decided(**base, by="planner", decision="plan", reason=f"why {number}"))
        journal.append(RunEnded(**base, status="done", seconds=2))
    await journal.flush()


async def test_export_can_be_verified_by_a_script_of_its_own(
    journal: Journal, tmp_path: Path
) -> None:
    """Chain, payloads and anchors hold by the words of the format alone."""
    anchors = Anchors(tmp_path / "anchors.jsonl", KEY)
    journal.on_stored = anchors.note
    await written(journal)
    held = await evidence(journal, "t")
    signed = read_anchors(anchors.path)
    header, *rest = map(json.loads, export_lines("t", *held, signed))
    assert header == {
        "format": "stretto-audit",
        "version": 1,
        "thread": "t",
        "records": 10,
        "payloads": True,
    }
    records = [line for line in rest if "body" in line]
    prev, told = "", {}
    for number, line in enumerate(records):
        mine = sha256(f"{prev}\n{line['body']}".encode()).hexdigest()
        assert (line["position"], line["prev"], line["hash"]) == (number, prev, mine)
        prev = mine
        told |= line["payloads"]
    for digest, payload in told.items():
        body = (
            payload["text"].encode() if "text" in payload else base64.b64decode(payload["base64"])
        )
        assert sha256(body).hexdigest() == digest
    assert set(told) == set(held.payloads)
    (anchor,) = [line["anchor"] for line in rest if "anchor" in line]
    message = "\n".join(
        [
            "stretto-anchor-1",
            *(str(anchor[k]) for k in ("position", "hash", "time", "key", "thread")),
        ]
    )
    KEY.public_key().verify(base64.b64decode(anchor["signature"]), message.encode())
    bare = [json.loads(line) for line in export_lines("t", *held, said=False)]
    assert all(line["payloads"] == {} for line in bare[1:])
    assert bare[0]["payloads"] is False
