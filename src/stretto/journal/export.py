"""A thread as JSON Lines that a script which knows nothing of Stretto can verify.

The first line is the header: `format`, `version`, `thread`, `records`, `payloads` (whether they are
told). Then comes a line for each record, in the order of the chain: `position`, `seq`, `prev`,
`hash`, `body` (its exact text) and `payloads`, each under its digest at the first record that uses
it: `kind`, and the body as `text` or as `base64`. Last come the anchors of the thread, each as
`anchor`.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from stretto.journal.uses import Uses

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from stretto.journal.anchors import Anchor
    from stretto.journal.chain import Entry
    from stretto.journal.payloads import Payload

FORMAT = "stretto-audit"
VERSION = 1


def export_lines(
    thread: str,
    entries: Sequence[Entry],
    payloads: Mapping[str, Payload | None],
    anchors: Iterable[Anchor] = (),
    *,
    said: bool = True,
) -> Iterator[str]:
    """The lines, without line feeds.

    Args:
        thread: Its id.
        entries: Its records, in the order of the chain.
        payloads: Its payloads by digest; one that cannot be read is left out.
        anchors: Those of other threads are left out.
        said: Whether to tell payloads.
    """
    yield _line(format=FORMAT, version=VERSION, thread=thread, records=len(entries), payloads=said)
    uses = Uses(payloads)
    told: set[str] = set()
    for entry in entries:
        held: dict[str, dict[str, str]] = {}
        for digest in uses.of(entry) if said else ():
            if digest not in told and (payload := payloads.get(digest)) is not None:
                told.add(digest)
                held[digest] = _payload(payload)
        yield _line(
            position=entry.position,
            seq=entry.seq,
            prev=entry.prev,
            hash=entry.hash,
            body=entry.body,
            payloads=held,
        )
    for anchor in anchors:
        if anchor.thread == thread:
            signed = anchor._asdict()
            del signed["line"]
            yield _line(anchor=signed)


def _line(**told: Any) -> str:
    return json.dumps(told, ensure_ascii=False)


def _payload(payload: Payload) -> dict[str, str]:
    try:
        text = payload.body.decode()
    except UnicodeDecodeError:
        return {"kind": payload.kind, "base64": base64.b64encode(payload.body).decode()}
    return {"kind": payload.kind, "text": text}
