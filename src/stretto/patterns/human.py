"""Asks a person by interrupt, in the payload and words of LangChain's human-in-the-loop middleware.

The interrupt's value is a `HITLRequest` with one action; it is answered with
`{"decisions": [{"type": "approve" | "edit" | "reject" | "respond", ...}]}`. An answer of another
shape is refused by LangGraph before anything is saved, and can be given again.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Union, cast

from langgraph.types import interrupt
from pydantic import BaseModel, ConfigDict, Field, create_model

DecisionType = Literal["approve", "edit", "reject", "respond"]


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


Decision = Approve | Edit | Reject | Respond

_KINDS: dict[DecisionType, type[Decision]] = {
    "approve": Approve,
    "edit": Edit,
    "reject": Reject,
    "respond": Respond,
}


def _answer_type(allowed: tuple[DecisionType, ...]) -> type[BaseModel]:
    one: Any = Union[tuple(_KINDS[a] for a in allowed)]  # noqa: UP007 - made at run time
    if len(allowed) > 1:
        one = Annotated[one, Field(discriminator="type")]
    decisions: Any = Annotated[list[one], Field(min_length=1, max_length=1)]
    return create_model("HITLResponse", decisions=(decisions, ...))


def ask_person(
    action: str,
    args: dict[str, Any],
    description: str,
    *,
    allowed: tuple[DecisionType, ...] = ("approve", "edit", "reject", "respond"),
) -> Decision:
    """Ask, and wait for, a person's decision on one action.

    Args:
        action: What is to be done, as a name.
        args: Its arguments as JSON; what an edit changes.
        description: What the person reads.
        allowed: The decisions that may be taken.

    Raises:
        GraphInterrupt: Nobody has answered yet.
        pydantic.ValidationError: The answer has another shape; it can be given again.
    """
    answer = interrupt(
        {
            "action_requests": [{"name": action, "args": args, "description": description}],
            "review_configs": [{"action_name": action, "allowed_decisions": list(allowed)}],
        },
        response_schema=_answer_type(allowed),
    )
    return cast("Decision", cast("Any", answer).decisions[0])
