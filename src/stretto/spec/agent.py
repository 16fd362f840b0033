"""An agent as a value: pure data that a pattern turns into a node."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError

from stretto.policy import Policy, Screen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from langchain_core.language_models import BaseChatModel
    from langchain_core.tools import BaseTool

    Tool: TypeAlias = Callable[..., Any] | BaseTool
    Model: TypeAlias = str | BaseChatModel
    Tools: TypeAlias = Sequence[Tool]
    Output: TypeAlias = type[BaseModel] | dict[str, Any]
else:
    Tool = Model = Output = Any
    Tools = tuple[Any, ...]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def tool_name(tool: Tool) -> str:
    """Give the name under which a model calls a tool, empty when it has none."""
    for attribute in ("name", "__name__"):
        if isinstance(name := getattr(tool, attribute, None), str):
            return name
    return ""


def valid_name(name: str) -> str:
    """Return `name` if it can name a node, a tool and a message's author alike.

    Raises:
        ValueError: It cannot.
    """
    if _NAME.fullmatch(name):
        return name
    raise ValueError(
        f"{name!r} cannot name an agent. Use a letter, then letters, digits, '_' or '-', "
        "64 in all at most"
    )


def _valid_model(model: Any) -> Any:
    if isinstance(model, str) and not model.strip():
        raise ValueError("the model's name is empty. Name one, or leave `model` out")
    if model is None or isinstance(model, str) or hasattr(model, "bind_tools"):
        return model
    raise ValueError(
        f"{model!r} is not a model. Give a name such as 'openai:NAME', or a LangChain chat model"
    )


def _tool_tuple(tools: Any) -> tuple[Any, ...]:
    if isinstance(tools, str | bytes | dict) or not hasattr(tools, "__iter__"):
        raise ValueError(f"tools is {tools!r}. Give a list of tools")
    return tuple(tools)


def _valid_tools(tools: tuple[Any, ...]) -> tuple[Any, ...]:
    for tool in tools:
        _check_tool(tool)
    names = [tool_name(tool) for tool in tools]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(
            f"two tools are called {', '.join(map(repr, twice))}. A model tells tools apart "
            "by name: rename one or leave it out"
        )
    return tools


def _check_tool(tool: Any) -> None:
    is_base_tool = hasattr(tool, "args_schema") and hasattr(tool, "ainvoke")
    if not is_base_tool and not (callable(tool) and not isinstance(tool, type)):
        raise ValueError(f"{tool!r} is not a tool. Give a function or a LangChain tool")
    if not _TOOL_NAME.fullmatch(name := tool_name(tool)):
        raise ValueError(
            f"a tool cannot be called {name!r}. Define it as a function whose name has letters, "
            "digits, '_' or '-', 64 at most"
        )
    if not is_base_tool and not (tool.__doc__ or "").strip():
        raise ValueError(
            f"the tool {name!r} has no docstring, and a model chooses tools by it. Write one"
        )


class _ObjectSchema(BaseModel):
    """The least that a JSON Schema of an output says."""

    title: str = "Output"
    """Names the tool by which a model gives the output."""
    type: Literal["object"]
    properties: dict[str, Any]
    required: list[str] = []


def _valid_output(output: Any) -> Any:
    if isinstance(output, dict):
        return _object_schema(cast("dict[str, Any]", output))
    if output is None or (isinstance(output, type) and issubclass(output, BaseModel)):
        return output
    raise ValueError(f"{output!r} is not an output. Give a pydantic class or a JSON Schema")


def _object_schema(output: dict[str, Any]) -> dict[str, Any]:
    try:
        schema = _ObjectSchema.model_validate(output)
    except ValidationError:
        raise ValueError(
            "the output's JSON Schema does not describe an object. "
            "Write `type: object` and `properties:`"
        ) from None
    if unknown := [key for key in schema.required if key not in schema.properties]:
        raise ValueError(
            f"`required` names {', '.join(unknown)}, which `properties` does not have. "
            "Add them there or leave them out"
        )
    if not _TOOL_NAME.fullmatch(schema.title):
        raise ValueError(
            f"the output's title is {schema.title!r}, and a model sees it as a tool's name. "
            "Use letters, digits, '_' or '-', 64 at most"
        )
    return {"title": schema.title, **deepcopy(output)}


AgentName = Annotated[str, AfterValidator(valid_name)]
"""The name of an agent; see `valid_name`."""


class Agent(BaseModel, frozen=True, extra="forbid"):
    """A model with a prompt, tools and perhaps a typed output; compared by content.

    The same values give an equal agent, whether written in Python or in `agents/NAME.yaml`.
    Raises `pydantic.ValidationError` when a value cannot be.
    """

    name: AgentName
    """Names its node, and the author of what it says."""
    role: str = ""
    """What it is good for, in a few words: how planners and managers choose among agents."""
    model: Annotated[Model | None, BeforeValidator(_valid_model)] = None
    """A name such as `openai:NAME`, or a LangChain chat model; `None` is the run's default."""
    prompt: str = ""
    """The system prompt, as the model gets it."""
    tools: Annotated[Tools, BeforeValidator(_tool_tuple), AfterValidator(_valid_tools)] = ()
    """Functions with docstrings and type hints, or LangChain tools, as a tuple; names differ."""
    output: Annotated[Output | None, BeforeValidator(_valid_output)] = None
    """What it answers with: a pydantic class, or a JSON Schema of an object; `None` is text.

    A schema without a `title` gets "Output"."""
    version: str = "1"
    """Changes when the agent's behaviour does."""
    max_model_calls: int = Field(default=12, ge=1, strict=True)
    """The most model calls it makes for one task."""
    policy: Policy | None = None
    """How its calls are bounded, repeated and replaced; `None` adds nothing."""
    screen: Screen | None = None
    """What personal data its model is not sent, and it does not answer with; `None` lets all
    through."""

    @property
    def description(self) -> str:
        """What a planner or manager is told of it."""
        return self.role

    def __hash__(self) -> int:
        return hash((self.name, self.version, self.prompt))
