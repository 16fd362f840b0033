"""The history that a model is asked with: the nearest one that strict providers accept.

Teams make histories that no single conversation has: a handoff beside a tool call, a branch that
failed before its result came, messages of agents that never met. OpenAI and Anthropic answer 400 to
most of them. Here is mended what they would refuse, and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.messages import (
    AIMessage,
    AnyMessage,
    ChatMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from stretto.members.tool_calls import (
    BLOCKS,
    Ids,
    answered,
    calls_of,
    renamed,
    safe,
    with_calls,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stretto.members.tool_calls import Content, Result, Results

OPENING = "<note>The conversation began before this.</note>"
"""Said by the human in front of a history in which no human speaks."""
FAILED = "The tool failed and said nothing."
"""Said in place of an error without words."""
_MOST_CALLS = 128
"""Tool calls that OpenAI takes in one message."""
_UNSAID = frozenset({*BLOCKS, "reasoning", "reasoning_content", "redacted_thinking", "thinking"})
"""Content blocks that do not make a message: with these alone it is empty."""


def valid_history(messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """Give the nearest history to this one that strict providers accept.

    What they accept comes back as it is, object for object; otherwise

    - each tool call is followed at once by one result: results that come later move up, of several
      the last counts, a result without a call before it goes, and so does a call without a result,
      with its message when that says nothing else. A result answers the latest call of its id;
    - a call whose id an earlier one has, or whose id or name no provider takes, gets another, and
      so does its result. More than 128 calls of one message become several messages;
    - empty messages go, and blank blocks of text; only spaces count as nothing. Messages that are
      no part of a conversation go (`RemoveMessage`, results of the old function calls);
    - system messages stay in front. One after the first human message becomes a human message, its
      text in a `<note>`, so that it keeps its place;
    - what the model said before the first human message goes. Where no human speaks at all, a
      `<note>` in front says that the conversation began before;
    - names get letters that OpenAI takes, and a last word of the model has no spaces at its end.

    The same for a valid history, and for its own result; linear in the length. Nothing is left of a
    history in which nobody says anything.
    """
    plain = [part for message in messages for part in _plain(message)]
    ids, flat = Ids(), list[AnyMessage]()
    for message, results in _with_results(plain):
        match message:
            case AIMessage():
                flat.extend(_spoken(_clean(message), results, ids))
            case ToolMessage():
                continue
            case _ if _says(message.content):
                flat.append(_clean(message))
            case _:
                continue
    return _closed(_opened(flat))


def ends_open(messages: Sequence[AnyMessage]) -> bool:
    """Whether the last message of a model has tool calls that no later message answers."""
    results: set[str] = set()
    for message in reversed(messages):
        if isinstance(message, ToolMessage):
            results.add(message.tool_call_id)
        if isinstance(message, AIMessage):
            return any(call["id"] not in results for call in message.tool_calls)
    return False


def _plain(message: AnyMessage) -> Iterator[AnyMessage]:
    """The message as one of the four kinds, if it is part of a conversation."""
    match message:
        case HumanMessage() if not isinstance(message.content, str):
            yield from _without_results(message, message.content)
        case HumanMessage() | AIMessage() | SystemMessage() | ToolMessage():
            yield message
        case ChatMessage():
            about: dict[str, Any] = {"id": message.id, "name": message.name}
            if message.role in ("assistant", "ai"):
                yield AIMessage(message.content, **about)
            elif message.role in ("system", "developer"):
                yield SystemMessage(message.content, **about)
            else:
                yield HumanMessage(message.content, **about)
        case _:
            return


def _without_results(message: HumanMessage, content: list[Any]) -> Iterator[AnyMessage]:
    """The tool results in it, which is how Anthropic says them, then the rest of it."""
    results = [block for block in content if _is_result(block)]
    for block in results:
        yield ToolMessage(
            block.get("content") or "",
            tool_call_id=str(block.get("tool_use_id") or ""),
            status="error" if block.get("is_error") else "success",
        )
    rest = [block for block in content if not _is_result(block)]
    yield message.model_copy(update={"content": rest}) if results else message


def _is_result(block: Any) -> bool:
    return isinstance(block, dict) and _kind(block) == "tool_result"


def _with_results(messages: Iterable[AnyMessage]) -> list[tuple[AnyMessage, Results]]:
    """Each message with the results of its tool calls, by id, in the order in which they came."""
    latest: dict[str, list[Result]] = {}
    found: list[tuple[AnyMessage, Results]] = []
    for place, message in enumerate(messages):
        own: dict[str, list[Result]] = {}
        if isinstance(message, AIMessage):
            own = {call["id"] or "": [] for call in calls_of(message)}
            latest |= own
        elif isinstance(message, ToolMessage) and message.tool_call_id in latest:
            latest[message.tool_call_id].append((place, message))
        found.append((message, own))
    return found


def _spoken(message: AIMessage, results: Results, ids: Ids) -> Iterator[AnyMessage]:
    """What the model said, with the calls that were answered and their results behind it."""
    pairs = [(old, renamed(old, ids), r) for old, r in answered(calls_of(message), results)]
    for start in range(0, len(pairs) or 1, _MOST_CALLS):
        part = pairs[start : start + _MOST_CALLS]
        content = message.content if start == 0 else ""
        said = with_calls(message, [(old, new) for old, new, _ in part], content)
        if part or _says(said.content):
            yield said
        for _, call, (_, result) in sorted(part, key=lambda pair: pair[2][0]):
            yield _result(result, call["id"] or "")


def _result(message: ToolMessage, call: str) -> ToolMessage:
    content = _words(message.content) or ""
    if not _says(content):
        content = FAILED if message.status == "error" else ""
    changed: dict[str, Any] = {}
    if content != message.content:
        changed["content"] = content
    if call != message.tool_call_id:
        changed["tool_call_id"] = call
    return message.model_copy(update=changed) if changed else message


def _clean(message: AnyMessage) -> Any:
    """The message with a name that OpenAI takes and without blank words."""
    changed: dict[str, Any] = {}
    content = _words(message.content)
    if content is not message.content:
        changed["content"] = content
    more = message.additional_kwargs
    name = message.name or more.get("name")  # OpenAI is told of either
    if name is not None and safe(name) != (name or None):
        rest = {key: value for key, value in more.items() if key != "name"}
        changed |= {"name": safe(name) or None, "additional_kwargs": rest}
    return message.model_copy(update=changed) if changed else message


def _words(content: Content) -> Content:
    """The content without blank words; each word of a list a block."""
    if isinstance(content, str):
        return content if content.strip() or not content else ""
    if all(isinstance(block, dict) and _speaks(block) for block in content):
        return content
    blocks = [{"type": "text", "text": b} if isinstance(b, str) else b for b in content]
    return [block for block in blocks if _speaks(block)]


def _speaks(block: dict[Any, Any]) -> bool:
    """Whether a block is no text, or has some."""
    return block.get("type") != "text" or bool(str(block.get("text") or "").strip())


def _says(content: Content) -> bool:
    """Whether there is anything in it but spaces, thoughts and tool calls."""
    if isinstance(content, str):
        return bool(content.strip())
    return any(
        block.strip() if isinstance(block, str) else _speaks(block) and _kind(block) not in _UNSAID
        for block in content
    )


def _kind(block: dict[Any, Any]) -> str:
    return str(block.get("type"))


def _opened(messages: list[AnyMessage]) -> list[AnyMessage]:
    """System messages in front, then a human one; where a model spoke first, an opening."""
    spoken = [i for i, m in enumerate(messages) if not isinstance(m, SystemMessage)]
    if not spoken:
        return messages
    rest: list[AnyMessage] = [_noted(message) for message in messages[spoken[0] :]]
    opening = [] if isinstance(rest[0], HumanMessage) else [HumanMessage(OPENING)]
    return [*messages[: spoken[0]], *opening, *rest]


def _noted(message: AnyMessage) -> AnyMessage:
    if not isinstance(message, SystemMessage):
        return message
    return HumanMessage(f"<note>{message.text}</note>", id=message.id, name=message.name)


def _closed(messages: list[AnyMessage]) -> list[AnyMessage]:
    """The model's last word without spaces at its end."""
    last = messages[-1] if messages else None
    if not isinstance(last, AIMessage):
        return messages
    content = _ended(last.content)
    if content == last.content:
        return messages
    return [*messages[:-1], last.model_copy(update={"content": content})]


def _ended(content: Content) -> Content:
    if isinstance(content, str):
        return content.rstrip()
    ended = list(content)
    for place in range(len(ended) - 1, -1, -1):
        block = ended[place]
        if isinstance(block, dict) and _kind(block) not in _UNSAID:
            if isinstance(text := block.get("text"), str):
                ended[place] = {**block, "text": text.rstrip()}
            break
    return ended
