"""A thread's records and all that they refer to, from the journal or from a file."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from stretto.errors import InvalidInput, ThreadUnknown, Unreplayable
from stretto.journal.payloads import JSON_KIND, Payload, json_payload, value_of
from stretto.journal.requests import request_of
from stretto.records import AnyRecord, Pruned, RunStarted, parse, said_fields

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from stretto.journal import Journal

FORMAT = 1
"""Version of a saved recording."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What was recorded of a thread."""

    thread: str
    records: tuple[AnyRecord, ...]
    payloads: Mapping[str, Payload]

    def value(self, digest: str) -> Any:
        """The value under a digest.

        Raises:
            Unreplayable: It was not kept.
        """
        payload = self.payloads.get(digest)
        if payload is None:
            raise Unreplayable(
                f"thread {self.thread!r} cannot be replayed: what was said in it is not kept any "
                "more. Replay a thread that was not forgotten."
            )
        return value_of(payload)

    def request(self, digest: str) -> dict[str, Any]:
        """The model request under a digest: messages, tools, settings.

        Raises:
            Unreplayable: Part of it was not kept.
        """
        try:
            return request_of(digest, self.payloads)
        except KeyError as error:
            self.value(str(error.args[0]))
            raise AssertionError from error  # pragma: no cover - the line above has raised


async def recorded(journal: Journal, thread: str) -> Recording:
    """Read a thread from the journal, whole.

    Raises:
        ThreadUnknown: It has no records.
        StateUnavailable, StateUnreadable: As `Journal.records`.
    """
    records = tuple(await journal.records(thread))
    if not records:
        raise ThreadUnknown(f"no thread {thread!r}. See them with `stretto threads`.")
    found: dict[str, Payload] = {}
    wanted = {digest for record in records for digest in _digests(record)}
    while wanted:
        read = await journal.payloads(thread, wanted)
        found |= read
        wanted = {link for one in read.values() for link in _links(one)} - set(found)
    return Recording(thread, records, found)


def _digests(record: AnyRecord) -> list[str]:
    named = (getattr(record, "input", ""), getattr(record, "output", ""))
    return [digest for digest in named if digest]


def _links(payload: Payload) -> list[str]:
    """Digests that the payload of a request, or of a message in one, refers to."""
    if payload.kind != JSON_KIND or not payload.body.startswith((b'{"before"', b'{"messages"')):
        return []
    value = value_of(payload)
    told = value.get("before", value.get("messages")) if isinstance(value, dict) else None
    return [told] if isinstance(told, str) and told else []


def check(recording: Recording) -> None:
    """Refuse a recording that lacks its beginning or what was said.

    Raises:
        Unreplayable: It does; says why.
    """
    thread = recording.thread
    if any(isinstance(record, Pruned) for record in recording.records):
        raise Unreplayable(
            f"thread {thread!r} cannot be replayed: its older records were pruned, and a replay "
            "begins with the first run. Keep more of them (`stretto prune --keep`) next time."
        )
    if any(record.forgotten or record.type == "forgotten" for record in recording.records):
        raise Unreplayable(
            f"thread {thread!r} cannot be replayed: what was said in it was forgotten. "
            "Replay another thread."
        )
    first = next((r for r in recording.records if isinstance(r, RunStarted)), None)
    if first is None or (not first.input and not first.resumed):
        raise Unreplayable(
            f"thread {thread!r} cannot be replayed: its requests were not recorded (by a Stretto "
            "before journals of version 2, or too large to store). Run it again."
        )


def save_recording(recording: Recording, path: Path) -> None:
    """Write a recording as JSON Lines: a head, then records, then payloads.

    It holds exactly what was said: models, tools and people, unredacted.

    Raises:
        InvalidInput: The file cannot be written.
    """
    head = {"stretto_recording": FORMAT, "thread": recording.thread}
    lines = [json.dumps(head)]
    lines += [_record_line(record) for record in recording.records]
    lines += [_payload_line(payload) for payload in recording.payloads.values()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise InvalidInput(
            f"cannot write {str(path)!r}: {error.strerror}. Name a file that can be written."
        ) from error


def _record_line(record: AnyRecord) -> str:
    told = record.model_dump(mode="json", exclude_defaults=True)
    told = {"type": record.type, "schema_version": record.schema_version, **told}
    return json.dumps(told, ensure_ascii=False)


def _payload_line(payload: Payload) -> str:
    if payload.kind == JSON_KIND:
        return json.dumps({"payload": value_of(payload)}, ensure_ascii=False)
    body = base64.b64encode(payload.body).decode()
    return json.dumps({"payload_of": payload.digest, "kind": payload.kind, "body": body})


def load_recording(path: Path) -> Recording:
    """Read a saved recording.

    Raises:
        InvalidInput: It is none, or a line of it is damaged; names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
        head = json.loads(lines[0])
        version = head["stretto_recording"]
    except (OSError, ValueError, IndexError, KeyError, TypeError) as error:
        raise InvalidInput(
            f"{path}: no recording ({error}). Save one: stretto replay THREAD --save PATH"
        ) from error
    if version != FORMAT:
        raise InvalidInput(
            f"{path}: a recording of version {version}, and this Stretto reads version {FORMAT}. "
            "Save it again: stretto replay THREAD --save PATH"
        )
    records: list[AnyRecord] = []
    payloads: dict[str, Payload] = {}
    for number, line in enumerate(lines[1:], 2):
        try:
            _read_line(line, records, payloads)
        except (ValueError, KeyError, TypeError, ValidationError) as error:
            raise InvalidInput(
                f"{path}:{number}: this line of the recording is damaged ({error}). "
                "Save it again: stretto replay THREAD --save PATH"
            ) from error
    return Recording(str(head.get("thread", path.stem)), tuple(records), payloads)


def _read_line(line: str, records: list[AnyRecord], payloads: dict[str, Payload]) -> None:
    told = cast("dict[str, Any]", json.loads(line))
    if "payload" in told and "type" not in told:
        payload = json_payload(told["payload"])
    elif "payload_of" in told:
        body = base64.b64decode(told["body"], validate=True)
        payload = Payload(told["payload_of"], told["kind"], body, exact=True)
    else:
        records.append(parse(line))
        return
    payloads[payload.digest] = payload


def matches(recorded: Any, now: Any) -> bool:
    """Whether two values are the same where the recorded one was not redacted."""
    if isinstance(recorded, str) and isinstance(now, str) and REDACTED in recorded:
        return _fits(recorded, now)
    if isinstance(recorded, dict) and isinstance(now, dict):
        then, other = cast("dict[str, Any]", recorded), cast("dict[str, Any]", now)
        return then.keys() == other.keys() and all(matches(then[k], other[k]) for k in then)
    if isinstance(recorded, list | tuple) and isinstance(now, list | tuple):
        return len(recorded) == len(now) and all(map(matches, recorded, now))
    if isinstance(recorded, str) and recorded.startswith(REDACTED):
        return True
    return bool(recorded == now)


REDACTED = "[redacted:"


def _fits(recorded: str, now: str) -> bool:
    """Whether a text could be what was redacted: its other parts come in it, in order."""
    head, *parts = recorded.split(REDACTED)
    rest = [part.partition("]")[2] for part in parts]
    if not now.startswith(head) or not now.endswith(rest[-1]):
        return False
    at = len(head)
    for part in rest[:-1]:
        found = now.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return at <= len(now) - len(rest[-1])


def said_of(record: AnyRecord) -> dict[str, Any]:
    """What a record says, as JSON."""
    return record.model_dump(mode="json", include=set(said_fields(type(record))))
