"""A chat model that does what chance says, with the tools that it is offered.

Chance is a digest of the conversation: the same request gets the same answer in any run, in
whatever order members that work side by side come to ask.
"""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage
from pydantic import PrivateAttr
from typing_extensions import override

from bench.histories import broken
from stretto.models.answering import AnsweringModel
from stretto.testing.call import call

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from langchain_core.messages import BaseMessage

    from stretto.testing import Call

SAID = ("All is well.", "It is 42.", "I do not know.", "Done: see above. ", "Fine.\n", "Für Ada.")
TASKS = ("count the apples", "count the pears", "look at the tide", "say why")
TROUBLE = (ConnectionError("the line is dead"), TimeoutError("too late"), ValueError("odd"))


class ChanceModel(AnsweringModel):
    """Answers, calls tools, says nothing or fails.

    Args:
        seed: Tells it from others.
        wild: Whether it also calls with ids, arguments and blank words that no provider gives back:
            not for an agent that keeps a history of its own without our middleware.
        rest: Share of its answers that are nothing or a failure.
    """

    disable_streaming: bool = True
    _seed: str = PrivateAttr()
    _wild: bool = PrivateAttr()
    _rest: float = PrivateAttr()
    _asked: Counter[str] = PrivateAttr(default_factory=Counter)

    def __init__(self, seed: str, *, wild: bool = True, rest: float = 0.07) -> None:
        super().__init__()
        self._seed, self._wild, self._rest = seed, wild, rest

    @property
    @override
    def _llm_type(self) -> str:
        return "chance"

    @override
    def _answer(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, Any]
    ) -> AIMessage:
        tools, chosen = kwargs.get("tools") or (), kwargs.get("tool_choice")
        asked = call(messages, tools=tools, tool_choice=chosen)
        self._asked[asked.digest] += 1
        rng = Random(f"{self._seed} {asked.digest} {self._asked[asked.digest]}")
        kind = rng.random()
        if kind < self._rest / 2:
            raise rng.choice(TROUBLE)
        if kind < self._rest:
            return AIMessage(_nothing(rng) if self._wild else "")
        if calls := _calls(rng, asked):
            return self._calling(rng, asked, calls)
        said = rng.choice(SAID) if rng.random() < 0.9 or not self._wild else broken.content(rng)
        return AIMessage(said)

    def _calling(self, rng: Random, asked: Call, names: list[str]) -> AIMessage:
        """A message with these calls, each in order or not."""
        ids = [f"call_{asked.digest}_{n}" for n in range(len(names))]
        calls: list[Any] = [
            {"name": name, "args": _args(rng, asked, name), "id": id_, "type": "tool_call"}
            for name, id_ in zip(names, ids, strict=True)
        ]
        said: Any = rng.choice(["", "", "I look.", "Wait."])
        if not self._wild or rng.random() < 0.6:
            return AIMessage(said, tool_calls=calls)
        for one in calls:
            if rng.random() < 0.2:
                one["id"] = rng.choice(broken.IDS)
        bad = [broken.broken_call(rng)] if rng.random() < 0.15 else []
        said = rng.choice([said, broken.content(rng)])
        if rng.random() < 0.2:
            uses = [
                {"type": "tool_use", "id": c["id"], "name": c["name"], "input": c["args"]}
                for c in calls
            ]
            said = [{"type": "text", "text": said}, *uses] if isinstance(said, str) else said + uses
        return AIMessage(said, tool_calls=calls, invalid_tool_calls=bad)


def _nothing(rng: Random) -> Any:
    thought = {"type": "thinking", "thinking": "hm", "signature": "s"}
    return rng.choice(["", " \n", [], [thought], [{"type": "text", "text": " "}]])


def _calls(rng: Random, asked: Call) -> list[str]:
    """The names of the tools that it calls now; fewer the longer it is at it."""
    names = list(asked.tool_names)
    since = 0
    for message in reversed(asked.messages):
        if message.type == "human":
            break
        since += message.type == "ai"
    forced = asked.choice not in {"auto", "none"}
    if not names or asked.choice == "none":
        return ["look"] if rng.random() < 0.02 else []
    if rng.random() > (0.95 if forced else max(0.15, 0.8 - 0.2 * since)):
        return []
    forms = [name for name in names if name[:1].isupper()]
    if forms and rng.random() < 0.35 + 0.2 * since:
        return forms[:1]
    many = rng.choice([1, 1, 1, 2, 2, 3, 4])
    chosen = [rng.choice(names) for _ in range(many)]
    return [name if rng.random() < 0.95 else "no_such_tool" for name in chosen]


def _args(rng: Random, asked: Call, name: str) -> dict[str, Any]:
    schema = next((t.get("parameters", {}) for t in asked.tools if t.get("name") == name), {})
    if rng.random() < 0.06:
        return rng.choice([{}, {"x": 1}, {"task": 7, "to": None}])
    filled = fill(rng, schema, schema.get("$defs", {}), "")
    return filled if isinstance(filled, dict) else {}


def fill(rng: Random, schema: Any, known: Any, name: str) -> Any:
    """A value that a JSON schema allows; `known` are its definitions."""
    if "$ref" in schema:
        return fill(rng, known.get(schema["$ref"].rpartition("/")[2], {}), known, name)
    for one_of in ("anyOf", "oneOf", "allOf"):
        if one_of in schema:
            return fill(rng, rng.choice(schema[one_of]), known, name)
    fillers: dict[str, Callable[..., Any]] = {"object": _object, "array": _array}
    kind = "object" if "properties" in schema else schema.get("type")
    if kind in fillers:
        return fillers[kind](rng, schema, known, name)
    simple = {
        "boolean": rng.random() < 0.8,
        "integer": rng.randrange(5),
        "number": round(rng.random(), 2),
        "null": None,
    }
    words = f"t{rng.randrange(10**6)}" if name == "id" else rng.choice(TASKS)
    allowed = schema.get("enum") or [schema.get("const", words)]
    return simple[kind] if kind in simple else rng.choice(allowed)


def _object(rng: Random, schema: Any, known: Any, _name: str) -> dict[str, Any]:
    needed = schema.get("required", ())
    return {
        key: fill(rng, field, known, key)
        for key, field in schema.get("properties", {}).items()
        if key in needed or rng.random() < 0.5
    }


def _array(rng: Random, schema: Any, known: Any, name: str) -> list[Any]:
    many = 0 if name in {"needs", "citations", "revise"} else rng.randint(1, 3)
    return [fill(rng, schema.get("items", {}), known, name) for _ in range(many)]
