"""Asks a person by interrupt, in the payload and words of LangChain's human-in-the-loop middleware.

The interrupt's value is a `HITLRequest` with one action; it is answered with
`{"decisions": [{"type": "approve" | "edit" | "reject" | "respond", ...}]}`. An answer of another
shape is refused by LangGraph before anything is saved, and can be given again.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, cast

from langgraph.types import interrupt
from pydantic import BaseModel, ConfigDict, Field, create_model

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DecisionType = Literal["approve", "edit", "reject", "respond", "expire"]


class _Decision(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Approve(_Decision):
    """It is good as it is."""

    type: Literal["approve"]


class Action(_Decision):
    """A name and its arguments, as in LangChain."""

    name: str
    args: dict[str, Any]


class Edit(_Decision):
    """It is good with these changes."""

    type: Literal["edit"]
    edited_action: Action


class Reject(_Decision):
    """It is not to be done."""

    type: Literal["reject"]
    message: str = ""
    """Why; what says nothing ends it, what says something sends it back to be done better."""


class Respond(_Decision):
    """The person answers in its place."""

    type: Literal["respond"]
    message: str


class Expire(_Decision):
    """Nobody answered in time; given by whoever looks after deadlines, when one is over."""

    type: Literal["expire"]


Decision = Approve | Edit | Reject | Respond

_KINDS: dict[DecisionType, type[_Decision]] = {
    "approve": Approve,
    "edit": Edit,
    "reject": Reject,
    "respond": Respond,
    "expire": Expire,
}


def _answer_type(allowed: tuple[DecisionType, ...]) -> type[BaseModel]:
    one: Any = Union[tuple(_KINDS[a] for a in allowed)]  # noqa: UP007 - made at run time
    if len(allowed) > 1:
        one = Annotated[one, Field(discriminator="type")]
    decisions: Any = Annotated[list[one], Field(min_length=1, max_length=1)]
    return create_model("HITLResponse", decisions=(decisions, ...))


def edit_problem(args: Mapping[str, Any], edited: Mapping[str, Any]) -> str:
    """Say why an edit cannot be taken over, and nothing when it can.

    It names arguments that were asked about, gives values of their kind, and empties no text.
    """
    for name, value in edited.items():
        if name not in args:
            return f"there is no {name!r} to change, only {', '.join(map(repr, args))}"
        whole_for_real = type(value) is int and type(args[name]) is float  # JSON has one kind
        if type(value) is not type(args[name]) and not whole_for_real:
            return f"{name!r} is to be {type(args[name]).__name__}, not {type(value).__name__}"
        if isinstance(value, str) and not value.strip():
            return f"{name!r} is empty"
    return "" if edited else "nothing is changed"


def ask_person(
    action: str,
    args: dict[str, Any],
    description: str,
    *,
    allowed: tuple[DecisionType, ...] = ("approve", "edit", "reject", "respond"),
    problem_of: Callable[[Mapping[str, Any]], str] | None = None,
    about: Mapping[str, Any] | None = None,
) -> Decision:
    """Ask, and wait for, a person's decision on one action.

    An edit or a response that cannot be taken over is asked for again, with the reason.

    Args:
        action: What is to be done, as a name.
        args: Its arguments as JSON; what an edit changes.
        description: What the person reads.
        allowed: The decisions that may be taken.
        problem_of: Says what is wrong with edited arguments; `edit_problem` by default.
        about: What else the question tells: who is asked, until when.

    Raises:
        GraphInterrupt: Nobody has answered yet.
        pydantic.ValidationError: The answer has another shape; it can be given again.
    """
    refused = ""
    while True:
        decision = _asked(action, args, f"{refused}{description}", allowed, about or {})
        match decision:
            case Edit(edited_action=edited):
                check = problem_of or partial(edit_problem, args)
                problem = check(edited.args)
            case Respond(message=message):
                problem = "" if message.strip() else "the response is empty"
            case _:
                problem = ""
        if not problem:
            return decision
        refused = f"The last answer could not be taken over: {problem}.\n\n"


def _asked(
    action: str,
    args: dict[str, Any],
    description: str,
    allowed: tuple[DecisionType, ...],
    about: Mapping[str, Any],
) -> Decision:
    answer = interrupt(
        {
            **about,
            "action_requests": [{"name": action, "args": args, "description": description}],
            "review_configs": [{"action_name": action, "allowed_decisions": list(allowed)}],
        },
        response_schema=_answer_type(allowed),
    )
    return cast("Decision", cast("Any", answer).decisions[0])
